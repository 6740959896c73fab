"""Uniform random search, the baseline. The work is done in `RandomSearch._propose`."""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.spec import Count


class RandomSearchOptions(OptimizerOptions):
    """By default an iteration costs as much as one of Kohl & Stone's: 15 x 3 evaluations."""

    points: Count = 15
    """Number of random points per iteration."""


class RandomSearch(Optimizer):
    """Draws points from the whole cube, after the start; epsilon has no effect."""

    Options = RandomSearchOptions
    _options: RandomSearchOptions

    def _prepare(self) -> None:
        self._begun = False

    @property
    def batch(self) -> int:
        """The points of an iteration."""
        return self._options.points

    def _propose(self) -> Array:
        points = self._rng.random((self._options.points, len(self._start)))  # (k, n)
        if not self._begun:
            points[0] = self._start
        self._begun = True
        return points

    def _learn(self, points: Array, scores: Array) -> None:
        top = int(np.argmax(scores))
        self._consider(points[top], float(scores[top]))  # best: the highest mean score of all points
