"""Bayesian optimization first, CMA-ES from where it came to. The real work is done in `bayesian` and `cma_es`.

H. Mohammadi, R. Le Riche and E. Touboul, "Making EGO and CMA-ES Complementary for Global Optimization", LION 9, LNCS
8994, 2015: a Gaussian process makes the most of the first evaluations, and then hardly gains; CMA-ES needs many at
first, and gains on. So:

1. Search by Bayesian optimization for some evaluations.
2. Start CMA-ES at what it recommends, and go on by that.

The paper gives CMA-ES the process's curvature as its first covariance; here that is noise, and epsilon shapes it as
usual.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from gaitopt.files import Positive
from gaitopt.optim.arrays import Array
from gaitopt.optim.base import Count, Features, Optimizer, OptimizerOptions
from gaitopt.optim.bayesian import Bayesian, BayesianOptions
from gaitopt.optim.cma_es import CMAES, CMAESOptions


class EgoCMAOptions(OptimizerOptions):
    """A batch, or a generation, costs its points * repeats evaluations."""

    repeats: Count = 1
    """How often every point is measured: once, as in both methods."""
    switch: Count = 150
    """CMA-ES begins after so many points."""
    sigma: Positive = 2.0
    """Its first standard deviation, in units of epsilon, as for `cma-es`: a smaller one stays on its first hill."""
    points: Annotated[int, Field(strict=True, ge=1)] = 4
    """How many points Bayesian optimization measures at once."""
    informed: Annotated[bool, Field(strict=True)] = False
    """Whether it sees features of the points, as `bayesian` may."""


class EgoCMA(Optimizer):
    """One method after the other."""

    def __init__(self, start: ArrayLike, epsilon: ArrayLike, rng: np.random.Generator, options: EgoCMAOptions) -> None:
        super().__init__(start, epsilon, rng, options)
        self._options = options
        self._told = 0
        self._method: Optimizer = Bayesian(
            start, epsilon, rng, BayesianOptions(points=options.points, informed=options.informed)
        )
        CMAES(start, epsilon, rng, CMAESOptions())  # so that what it refuses is told at once

    def inform(self, features: Features) -> None:
        """Tell Bayesian optimization."""
        self._method.inform(features)

    @property
    def batch(self) -> int:
        """That of the method which is at work."""
        return self._method.batch

    def stop_reasons(self) -> dict[str, str]:
        """Return those of the method which is at work."""
        return self._method.stop_reasons()

    def _propose(self) -> Array:
        return self._method.ask()

    def _learn(self, points: Array, scores: Array) -> None:
        self._method.tell(points, scores)
        self._best = self._method.best
        self._told += len(points)
        if isinstance(self._method, Bayesian) and self._told >= self._options.switch:  # step 2
            options = CMAESOptions(sigma=self._options.sigma)
            self._method = CMAES(self._best, self._epsilon, self._rng, options)
