"""Gaussian policy whose mean is linear in the features: mu(s) = phi(s)^T theta, phi(s) = (s, 1).

Score function: psi = (a - mu(s)) phi(s) / sigma^2. Sigma is fixed, or learned as log sigma.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.features import with_one
from gaitopt.rl.policies.gaussian import GaussianPolicy, LinearizedMean


class LinearGaussianPolicy(GaussianPolicy):
    """A linear Gaussian policy; with theta = 0 its mean is 0."""

    kind = "linear-gaussian"

    def __init__(
        self,
        observation_size: int,
        actions: int,
        sigma: float = 1.0,
        learn_sigma: bool = False,
        normalize: bool = False,
    ) -> None:
        """Initialize.

        Args:
            observation_size: d.
            actions: k, number of action components.
            sigma: initial standard deviation.
            learn_sigma: whether log sigma is part of theta.
            normalize: whether observations are normalized by their running mean and standard deviation.
        """
        of_mean = (observation_size + 1) * actions
        theta = np.zeros(of_mean + (actions if learn_sigma else 0))
        super().__init__(theta, observation_size, actions, sigma, learn_sigma, normalize)
        self._weights = theta[:of_mean].reshape(-1, actions)  # (d + 1, k)

    @property
    def layers(self) -> list[tuple[Array, Array]]:
        """One layer: theta without its last row, and its last row; see `GaussianPolicy`."""
        return [(self._weights[:-1], self._weights[-1])]

    def mode(self, observations: Array) -> Array:
        """Return mu(s) = phi(s)^T theta, shape (n, k)."""
        return self._seen(observations) @ self._weights[:-1] + self._weights[-1]

    def _linearize_mean(self, observations: Array) -> LinearizedMean:
        phi = with_one(self._seen(observations))  # (n, d + 1)

        def write(by_mean: Array, gradient: Array) -> None:
            gradient[: self._weights.size] = (phi.T @ by_mean).ravel()

        def gradients(by_mean: Array) -> Array:
            return (phi[:, :, None] * by_mean[:, None, :]).reshape(len(phi), -1)

        return LinearizedMean(phi @ self._weights, write, gradients)

    def options(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            "observation_size": self.observation_size,
            "actions": self.actions,
            "sigma": self._sigma_start,
            "learn_sigma": self._learns_sigma,
            "normalize": self.normalizer is not None,
        }
