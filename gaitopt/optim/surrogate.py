"""A model of the function that stands in for it: a Gaussian process and all that was measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.gaussian_process import GaussianProcess, Posterior
from gaitopt.optim.informed_process import InformedProcess

LEARN_FROM = 250
"""At most so many points, drawn by chance, decide on the process's settings: the cost grows by the cube."""
LEARN_AGAIN = 1.15
"""The settings are learned again when there are so many times as many points."""


class Surrogate:
    """Remembers points (m, n) and scores (m,), and predicts others by a process."""

    def __init__(
        self, make_process: Callable[[], GaussianProcess | InformedProcess], n: int, rng: np.random.Generator
    ) -> None:
        """Model a function of `n` coordinates; the process is made when it is first needed, as that takes a second."""
        self._make_process, self._rng = make_process, rng
        self._learn_at = 0
        self.points: Array = np.empty((0, n))  # (m, n)
        self.scores: Array = np.empty(0)  # (m,)

    @cached_property
    def _process(self) -> GaussianProcess | InformedProcess:
        return self._make_process()

    @property
    def lengths(self) -> Array:
        """How far one has to go along each coordinate for another score, shape (n,)."""
        return self._process.lengths

    def tell(self, points: Array, scores: Array) -> None:
        """Take in the scores (k,) of points (k, n), and learn the process's settings again when it is time."""
        self.remember(points, scores)
        if len(self.points) >= self._learn_at:
            some = self._rng.permutation(len(self.points))[:LEARN_FROM]
            self._process.learn(self.points[some], self.scores[some])
            self._learn_at = int(LEARN_AGAIN * len(self.points)) + 1

    def remember(self, points: Array, scores: Array) -> None:
        """Take in the scores (k,) of points (k, n), and leave the settings as they are."""
        self.points, self.scores = np.vstack([self.points, points]), np.append(self.scores, scores)

    def posterior(self, newest: int | None = None) -> Posterior:
        """Return what is predicted given all that was told, or the newest points only."""
        since = 0 if newest is None else max(len(self.points) - newest, 0)
        return self.given(self.points[since:], self.scores[since:])

    def given(self, points: Array, scores: Array) -> Posterior:
        """Return what would be predicted given just these points (m, n) and scores (m,)."""
        return self._process.given(points, scores)
