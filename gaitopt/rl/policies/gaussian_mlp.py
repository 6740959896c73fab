"""Gaussian policy whose mean is a multilayer perceptron, by default of 64 x 64 tanh units.

The initial weights are orthogonal, those of the output layer 100 times smaller, so that the first actions are noise
around 0: M. Andrychowicz et al., What Matters for On-Policy Deep Actor-Critic Methods? (2021), section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.mlp import Perceptron
from gaitopt.rl.policies.gaussian import GaussianPolicy, LinearizedMean

Precision = Literal["float32", "float64"]


class GaussianMLPPolicy(GaussianPolicy):
    """A Gaussian perceptron policy."""

    kind = "gaussian-mlp"

    def __init__(
        self,
        observation_size: int,
        actions: int,
        rng: np.random.Generator | None = None,
        hidden: Sequence[int] = (64, 64),
        sigma: float = 1.0,
        learn_sigma: bool = True,
        normalize: bool = True,
        precision: Precision = "float32",
    ) -> None:
        """Initialize.

        Args:
            observation_size: d.
            actions: k, number of action components.
            rng: draws the initial weights; not needed if they are restored from a file.
            hidden: sizes of the hidden layers.
            sigma: initial standard deviation.
            learn_sigma: whether log sigma is part of theta.
            normalize: whether observations are normalized by their running mean and standard deviation.
            precision: precision of all weights.
        """
        if precision not in get_args(Precision):
            raise ValueError(f"precision: got {precision!r}; expected {' or '.join(get_args(Precision))}")
        rng = np.random.default_rng(0) if rng is None else rng
        self._network = Perceptron((observation_size, *hidden, actions), rng, 0.01, precision)
        weights = len(self._network.parameters)
        theta = np.zeros(weights + (actions if learn_sigma else 0), precision)
        self._network.move_into(theta[:weights])
        super().__init__(theta, observation_size, actions, sigma, learn_sigma, normalize)
        self._precision = precision
        self._hidden = tuple(hidden)

    @property
    def layers(self) -> list[tuple[Array, Array]]:
        """Layers of the network; see `GaussianPolicy`."""
        return self._network.layers

    def mode(self, observations: Array) -> Array:
        """Return mu(s), shape (n, k)."""
        return self._network(self._seen(observations))

    def _linearize_mean(self, observations: Array) -> LinearizedMean:
        layers = self._network.forward(self._seen(observations))

        def write(by_mean: Array, gradient: Array) -> None:
            self._network.backward(layers, by_mean, gradient[: len(self._network.parameters)])

        return LinearizedMean(layers[-1], write, lambda by_mean: self._network.jacobian(layers, by_mean))

    def options(self) -> dict[str, Any]:
        """Return the arguments of `__init__`, without rng."""
        return {
            "observation_size": self.observation_size,
            "actions": self.actions,
            "hidden": list(self._hidden),
            "sigma": self._sigma_start,
            "learn_sigma": self._learns_sigma,
            "normalize": self.normalizer is not None,
            "precision": self._precision,
        }
