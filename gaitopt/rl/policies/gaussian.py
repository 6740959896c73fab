"""The base of Gaussian policies: a ~ N(mu(s), sigma^2) in each dimension, sigma the same in all states.

    log pi(a | s) = -sum_k (z_k^2 / 2 + log sigma_k + log(2 pi) / 2),   z = (a - mu(s)) / sigma
    grad_mu log pi = z / sigma,   grad_(log sigma) log pi = z^2 - 1

The parameters of mu come first in theta; log sigma, if it is learned, comes last.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.policies.base import Linearization, Policy

LOG_2_PI = math.log(2.0 * math.pi)


class LinearizedMean(NamedTuple):
    """Mu at some states, and its derivatives by theta."""

    mu: Array
    """mu(s), shape (n, k)."""
    write_gradient: Callable[[Array, Array], None]
    """Writes sum_i g_i^T dmu_i/dtheta for g (n, k) into the first part of a gradient (p,)."""
    gradients: Callable[[Array], Array]
    """Returns g_i^T dmu_i/dtheta of each step for g (n, k), shape (n, p of mu)."""


class GaussianPolicy(Policy):
    """A Gaussian policy; a subclass defines mu(s)."""

    def __init__(
        self, theta: Array, observation_size: int, actions: int, sigma: float, learn_sigma: bool, normalize: bool
    ) -> None:
        """Take theta, whose last elements are log sigma (k,) if that is learned."""
        if not 0 < sigma < math.inf:
            raise InputError(f"sigma: got {sigma}, expected a number above 0")
        super().__init__(theta, observation_size, normalize)
        self.actions = actions
        self._sigma_start = sigma
        self._learns_sigma = learn_sigma
        self._log_sigma = theta[-actions:] if learn_sigma else np.zeros(actions, theta.dtype)  # (k,)
        self._log_sigma[:] = math.log(sigma)

    @property
    def sigma(self) -> Array:
        """Standard deviation of each action, shape (k,)."""
        return np.exp(self._log_sigma)

    @property
    @abstractmethod
    def layers(self) -> list[tuple[Array, Array]]:
        """Mu as affine layers with tanh in between, after the normalization: W (in, out) and b (out,)."""

    @abstractmethod
    def mode(self, observations: Array) -> Array:
        """Return mu(s), shape (n, k)."""

    @abstractmethod
    def _linearize_mean(self, observations: Array) -> LinearizedMean:
        """Return mu and its derivatives."""

    def draw(self, observations: Array, rng: np.random.Generator) -> Array:
        """Sample actions (n, k)."""
        actions = self.mode(observations)
        z = rng.standard_normal(actions.shape, dtype=actions.dtype)
        z *= np.exp(self._log_sigma)
        actions += z
        return actions

    def linearize(self, observations: Array, actions: Array) -> Linearization:
        """See `Policy`."""
        mean = self._linearize_mean(observations)
        inverse = np.exp(-self._log_sigma)
        z = (actions - mean.mu) * inverse  # (n, k)

        def pull_back(weights: Array, entropy_weight: float) -> Array:
            weights = weights.astype(z.dtype, copy=False)[:, None]
            gradient = np.empty_like(self._theta)
            weighted = weights * z
            mean.write_gradient(weighted * inverse, gradient)
            if self._learns_sigma:
                by_log_sigma = np.add.reduce(weighted * z - weights, axis=0)
                # The gradient of the entropy is 1 for each log sigma.
                gradient[-self.actions :] = by_log_sigma + entropy_weight
            return gradient

        total = float(self._log_sigma.sum())
        log_prob = -0.5 * np.add.reduce(z * z, axis=1) - (total + 0.5 * self.actions * LOG_2_PI)
        return Linearization(log_prob, total + 0.5 * self.actions * (1.0 + LOG_2_PI), pull_back)

    def score_function(self, observations: Array, actions: Array) -> Array:
        """Return psi(s, a), shape (n, p)."""
        mean, sigma = self._linearize_mean(observations), self.sigma
        z = (actions - mean.mu) / sigma
        of_mean = mean.gradients(z / sigma)
        return np.concatenate([of_mean, z**2 - 1.0], axis=1) if self._learns_sigma else of_mean
