"""A surrogate model of the function: a Gaussian process with all measurements."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.gaussian_process import GaussianProcess, Posterior
from gaitopt.optim.informed_process import InformedProcess

LEARN_FROM = 250
"""Maximum number of points, drawn at random, to which the hyperparameters are fitted: the cost grows as n^3."""
LEARN_AGAIN = 1.15
"""Growth factor of the number of points after which the hyperparameters are fitted again."""


class Surrogate:
    """Stores points (m, n) and scores (m,), and predicts others by a process."""

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
        """Length scale of each coordinate, shape (n,)."""
        return self._process.lengths

    def tell(self, points: Array, scores: Array) -> None:
        """Add points (k, n) with scores (k,), and fit the hyperparameters again when they are due."""
        self.remember(points, scores)
        if len(self.points) >= self._learn_at:
            some = self._rng.permutation(len(self.points))[:LEARN_FROM]
            self._process.learn(self.points[some], self.scores[some])
            self._learn_at = int(LEARN_AGAIN * len(self.points)) + 1

    def remember(self, points: Array, scores: Array) -> None:
        """Add points (k, n) with scores (k,), with unchanged hyperparameters."""
        self.points, self.scores = np.vstack([self.points, points]), np.append(self.scores, scores)

    def posterior(self, newest: int | None = None) -> Posterior:
        """Return the posterior given all points, or only the newest."""
        since = 0 if newest is None else max(len(self.points) - newest, 0)
        return self.given(self.points[since:], self.scores[since:])

    def given(self, points: Array, scores: Array) -> Posterior:
        """Return the posterior given these points (m, n) and scores (m,) only."""
        return self._process.given(points, scores)
