"""Normalization of observations by their running mean and standard deviation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.arrays import State, entry

LIMIT = 10.0
"""Normalized observations are clipped to plus or minus this."""


class Normalizer:
    """Computes (observation - mean) / deviation; the identity before the first update.

    Means and sums of squares of two sets are combined exactly: Chan, Golub & LeVeque, Algorithms for Computing
    the Sample Variance (1983).
    """

    def __init__(self, size: int) -> None:
        self.count = 0.0
        self.mean: Array = np.zeros(size)
        self._squares: Array = np.zeros(size)
        self._scale: Array = np.ones(size)

    @property
    def deviation(self) -> Array:
        """Standard deviation that observations are divided by, shape (d,)."""
        return 1.0 / self._scale

    def update(self, observations: Array) -> None:
        """Include observations (n, d)."""
        n = len(observations)
        mean = observations.mean(axis=0)
        apart = mean - self.mean
        total = self.count + n
        self._squares += ((observations - mean) ** 2).sum(axis=0) + apart**2 * (self.count * n / total)
        self.mean = self.mean + apart * (n / total)
        self.count = total
        self._rescale()

    def __call__(self, observations: Array) -> Array:
        """Return the observations (n, d) normalized, as float64."""
        normalized = (observations - self.mean) * self._scale
        # np.clip costs more than both of these
        return np.minimum(np.maximum(normalized, -LIMIT, out=normalized), LIMIT, out=normalized)

    def state(self) -> State:
        """Return its state."""
        return {"count": np.array(self.count), "mean": self.mean.copy(), "squares": self._squares.copy()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of observations of another size.
        """
        self.count = float(entry(state, "count", ()))
        self.mean = entry(state, "mean", self.mean.shape).copy()
        self._squares = entry(state, "squares", self.mean.shape).copy()
        if self.count < 0 or (self._squares < 0).any():
            raise InputError("state of a normalizer: got a negative count or sum of squares; it is damaged")
        self._rescale()

    def _rescale(self) -> None:
        if self.count:
            deviation = np.sqrt(self._squares / self.count)
            # A value that never changed has no scale: it is normalized to 0 until it does.
            self._scale = np.where(deviation > 1e-8, 1.0 / np.maximum(deviation, 1e-8), 1.0)
        else:
            self._scale = np.ones_like(self.mean)
