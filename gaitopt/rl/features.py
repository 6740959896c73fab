"""Features phi(s, a) of linear policies and critics."""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import check_shape


class DiscreteFeatures:
    """phi_p(s, a) = sum_d s_d T[d, a, p]: any features that are linear in the observation."""

    def __init__(self, table: Array) -> None:
        """Take the table T, shape (d, actions, p)."""
        check_shape("table of features", table, (None, None, None))
        self.table = np.array(table, dtype=np.float64)
        self.inputs, self.actions, self.size = self.table.shape
        self._flat = self.table.reshape(self.inputs, -1)

    @classmethod
    def products(cls, inputs: int, actions: int) -> DiscreteFeatures:
        """Return one feature for each pair of an observed value and an action: 1(a = action) s_d."""
        return cls(np.eye(inputs * actions).reshape(inputs, actions, inputs * actions))

    def all(self, observations: Array) -> Array:
        """Return phi(s, .) for every action, shape (n, actions, p)."""
        return (observations @ self._flat).reshape(-1, self.actions, self.size)

    def of(self, observations: Array, actions: Array) -> Array:
        """Return phi(s, a) of each pair, shape (n, p)."""
        return self.all(observations)[np.arange(len(actions)), actions]


class ContinuousFeatures:
    """phi(s, a) = (1, s) x (1, a, a^2): a Q that is quadratic in each continuous action."""

    def __init__(self, inputs: int, actions: int) -> None:
        self.size = (1 + inputs) * (1 + 2 * actions)

    def of(self, observations: Array, actions: Array) -> Array:
        """Return phi(s, a) of each pair, shape (n, p), for actions (n, k)."""
        of_state = with_one(observations)  # (n, 1 + d)
        of_action = np.concatenate([np.ones((len(actions), 1)), actions, actions**2], axis=1)  # (n, 1 + 2 k)
        return (of_state[:, :, None] * of_action[:, None, :]).reshape(len(actions), self.size)


def with_one(observations: Array) -> Array:
    """Return phi(s) = (s, 1), shape (n, d + 1)."""
    return np.concatenate([observations, np.ones((len(observations), 1), observations.dtype)], axis=1)
