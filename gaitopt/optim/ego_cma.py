"""Bayesian optimization first, CMA-ES from where it came to. The real work is done in `PreselectedCMAES`.

H. Mohammadi, R. Le Riche and E. Touboul, "Making EGO and CMA-ES Complementary for Global Optimization", LION 9, LNCS
8994, 2015: a Gaussian process makes the most of the first evaluations, and then hardly gains; CMA-ES needs many at
first, and gains on. So:

1. Search by Bayesian optimization for some evaluations.
2. Start CMA-ES at what it recommends, and go on by that.
3. Each generation is the best of several times as many points, by the means of the process; that takes in what is
   measured, and keeps its settings. Preselection: H. Ulmer, F. Streichert and A. Zell, "Evolution Strategies Assisted
   by Gaussian Processes with Improved Preselection Criterion", CEC 2003; for CMA-ES: L. Bajer et al., "Gaussian Process
   Surrogate Models for the CMA Evolution Strategy", Evolutionary Computation 27, 2019.
4. Best is the mean to which CMA-ES moved after the generation with the highest lower limit, not the one around which
   that was drawn: picked points tell too much good of it.

The first paper gives CMA-ES the process's curvature as its first covariance; here that is noise, and epsilon shapes it
as usual.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import Features, Optimizer, OptimizerOptions
from gaitopt.optim.bayesian import Bayesian, BayesianOptions
from gaitopt.optim.cma_es import CMAES, CMAESOptions, check_dimensions
from gaitopt.optim.measured import lower_limit
from gaitopt.optim.surrogate import Surrogate
from gaitopt.spec import Count, Positive

NEWEST = 500
"""So many points, the newest, tell which to measure: CMA-ES has left the older ones behind, and the cost grows by the
cube."""


class EgoCMAOptions(OptimizerOptions):
    """A batch, or a generation, costs its points * repeats evaluations."""

    repeats: Count = 1
    """How often every point is measured: once, as in both methods."""
    switch: Count = 150
    """CMA-ES begins after so many points."""
    sigma: Positive = 2.0
    """Its first standard deviation, in units of epsilon, as for `cma-es`: a smaller one stays on its first hill."""
    preselect: Annotated[int, Field(strict=True, ge=1, le=100)] = 4
    """So many times as many points as a generation has are drawn, and the best by the process are it; 1 for none."""
    points: Count = 4
    """How many points Bayesian optimization measures at once."""
    informed: Annotated[bool, Field(strict=True)] = True
    """Whether the process sees features of the points, as that of `bayesian` may."""


class EgoCMA(Optimizer):
    """One method after the other."""

    Options = EgoCMAOptions

    def __init__(self, start: ArrayLike, epsilon: ArrayLike, rng: np.random.Generator, options: EgoCMAOptions) -> None:
        super().__init__(start, epsilon, rng, options)
        self._options = options
        self._first = Bayesian(start, epsilon, rng, BayesianOptions(points=options.points, informed=options.informed))
        self._method: Optimizer = self._first
        check_dimensions(len(self._start))  # what CMA-ES refuses is refused at once

    def inform(self, features: Features) -> None:
        """Tell Bayesian optimization."""
        self._first.inform(features)

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
        if self._method is self._first and len(self._first.surrogate.points) >= self._options.switch:
            self._method = self._second()  # step 2

    def _second(self) -> Optimizer:
        begin = (self._best, self._epsilon, self._rng, CMAESOptions(sigma=self._options.sigma))
        if self._options.preselect == 1:
            return CMAES(*begin)
        return PreselectedCMAES(*begin, self._first.surrogate, self._options.preselect)


class PreselectedCMAES(CMAES):
    """CMA-ES that measures only what a surrogate thinks best of what was drawn."""

    def __init__(
        self,
        start: ArrayLike,
        epsilon: ArrayLike,
        rng: np.random.Generator,
        options: CMAESOptions,
        surrogate: Surrogate,
        preselect: int,
    ) -> None:
        super().__init__(start, epsilon, rng, options)
        self._surrogate, self._preselect = surrogate, preselect

    def _draw(self) -> list[Array]:
        """Return a generation."""
        drawn = self._strategy.ask(self._preselect * self.batch)  # each (n,)
        means = self._surrogate.posterior(NEWEST).mean(into_cube(np.vstack(drawn)))  # (preselect * lambda,)
        return [drawn[i] for i in np.argsort(-means, kind="stable")[: self.batch]]  # step 3

    def _learn(self, points: Array, scores: Array) -> None:
        self._surrogate.remember(points, scores)
        self._move(scores)
        self._consider(self._mean, lower_limit(scores))  # step 4
