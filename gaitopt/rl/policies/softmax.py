"""Linear softmax over features: pi(a | s) ~ exp(phi(s, a)^T theta), for discrete actions.

Score function: psi(s, a) = phi(s, a) - E_pi[phi(s, .)].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.policies.base import Linearization, Policy


class SoftmaxPolicy(Policy):
    """A softmax policy; with theta = 0 every action is equally probable."""

    kind = "softmax"

    def __init__(self, features: DiscreteFeatures, normalize: bool = False) -> None:
        super().__init__(np.zeros(features.size), features.inputs, normalize)
        self.features = features

    @property
    def weights(self) -> Array:
        """W, shape (d, actions), with logits phi(s, .)^T theta = s^T W, after the normalization."""
        weights: Array = self.features.table @ self._theta
        return weights

    def probabilities(self, observations: Array) -> Array:
        """Return pi(. | s), shape (n, actions)."""
        return np.exp(self._log_probabilities(self.features.all(self._seen(observations))))

    def draw(self, observations: Array, rng: np.random.Generator) -> Array:
        """Sample actions (n,) by inverting the cumulative probabilities."""
        logits = self.features.all(self._seen(observations)) @ self._theta  # (n, A)
        logits -= np.maximum.reduce(logits, axis=1, keepdims=True)
        cumulative = np.exp(logits).cumsum(axis=1)
        thresholds = rng.random((len(logits), 1)) * cumulative[:, -1:]
        drawn: Array = (cumulative >= thresholds).argmax(axis=1)  # the first to reach it; the last always does
        return drawn

    def mode(self, observations: Array) -> Array:
        """Return the most probable actions (n,); the first of equals."""
        return (self.features.all(self._seen(observations)) @ self._theta).argmax(axis=1)

    def linearize(self, observations: Array, actions: Array) -> Linearization:
        """See `Policy`."""
        phi = self.features.all(self._seen(observations))  # (n, A, p)
        log_pi = self._log_probabilities(phi)
        pi = np.exp(log_pi)
        rows = np.arange(len(actions))
        entropies = -(pi * log_pi).sum(axis=1)  # (n,)

        def pull_back(weights: Array, entropy_weight: float) -> Array:
            by_action = -weights[:, None] * pi  # gradient for phi^T theta, (n, A)
            by_action[rows, actions] += weights
            by_action -= entropy_weight / len(actions) * pi * (log_pi + entropies[:, None])
            return by_action.ravel() @ phi.reshape(-1, phi.shape[2])

        return Linearization(log_pi[rows, actions], float(entropies.mean()), pull_back)

    def score_function(self, observations: Array, actions: Array) -> Array:
        """Return phi(s, a) - E_pi[phi(s, .)], shape (n, p)."""
        phi = self.features.all(self._seen(observations))
        pi = np.exp(self._log_probabilities(phi))
        return phi[np.arange(len(actions)), actions] - np.einsum("na,nap->np", pi, phi)

    def options(self) -> dict[str, Any]:
        """Return the table of features, as lists."""
        return {"features": self.features.table.tolist(), "normalize": self.normalizer is not None}

    def _log_probabilities(self, phi: Array) -> Array:
        logits = phi @ self._theta  # (n, A)
        logits -= logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
