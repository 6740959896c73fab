"""One-step MDPs: a state drawn from d(s), one action and its reward. So J = E[r] and grad J = E[psi r]."""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array

TARGETS = np.array([[1.0, -0.5], [-1.0, 0.5], [0.5, 1.5]])
"""The best action (2,) in each of the three states of `OneStepReach`."""


class OneStepReach:
    """One step with continuous actions: r = -|a - c(s)|^2, in one of three equally probable states.

    For a Gaussian policy J = -E[|mu(s) - c(s)|^2 + sum sigma^2], so dJ/dmu(s) = -2 d(s) (mu(s) - c(s)) and
    dJ/d(log sigma_k) = -2 sigma_k^2.
    """

    observation_size = 3
    actions = 2

    def __init__(self) -> None:
        self._state = 0

    def reset(self, rng: np.random.Generator) -> Array:
        """Draw a state; return it one-hot encoded."""
        self._state = int(rng.integers(len(TARGETS)))
        return np.eye(len(TARGETS))[self._state]

    def step(self, action: Array) -> tuple[Array, float, bool, bool]:
        """Return the reward and terminate."""
        miss = np.asarray(action, dtype=np.float64) - TARGETS[self._state]
        return np.zeros(self.observation_size), -float(miss @ miss), True, False
