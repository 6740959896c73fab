"""Bayesian optimization first, then CMA-ES from its best point. The real work is done in `PreselectedCMAES`.

H. Mohammadi, R. Le Riche and E. Touboul, "Making EGO and CMA-ES Complementary for Global Optimization", LION 9, LNCS
8994, 2015: a Gaussian process makes the most of the first evaluations, but then hardly gains; CMA-ES needs many
evaluations at first, but keeps gaining. So:

1. Run Bayesian optimization for some evaluations.
2. Start CMA-ES at its recommended point, and continue with that.
3. Each generation is the best of several times as many points, by the mean of the process, which takes in the new
   scores with unchanged hyperparameters. Preselection: H. Ulmer, F. Streichert and A. Zell, "Evolution Strategies
   Assisted by Gaussian Processes with Improved Preselection Criterion", CEC 2003; for CMA-ES: L. Bajer et al.,
   "Gaussian Process Surrogate Models for the CMA Evolution Strategy", Evolutionary Computation 27, 2019.
4. Best is the mean to which CMA-ES moved after the generation with the highest lower limit, not the one around which
   that was drawn: the scores of preselected points overrate it.

The first paper takes the initial covariance from the curvature of the process; here that would be noise, and epsilon
is used instead.
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
"""Number of newest points used to preselect: CMA-ES has moved away from older ones, and the cost grows as n^3."""


class EgoCMAOptions(OptimizerOptions):
    """A batch, or a generation, costs its points * repeats evaluations."""

    repeats: Count = 1
    """Number of measurements of every point: one, as in both methods."""
    switch: Count = 150
    """Number of points after which CMA-ES begins."""
    sigma: Positive = 2.0
    """Initial standard deviation of CMA-ES, in units of epsilon, as for `cma-es`; a smaller one stays local."""
    preselect: Annotated[int, Field(strict=True, ge=1, le=100)] = 4
    """Points drawn for each point of a generation, of which the process selects the best; 1 for no preselection."""
    points: Count = 4
    """Number of points per batch of Bayesian optimization."""
    informed: Annotated[bool, Field(strict=True)] = True
    """Whether the process also uses known features of the points, as for `bayesian`."""


class EgoCMA(Optimizer):
    """Runs one method after the other."""

    Options = EgoCMAOptions
    _options: EgoCMAOptions

    def _prepare(self) -> None:
        options = BayesianOptions(points=self._options.points, informed=self._options.informed)
        self._first = Bayesian(self._start, self._epsilon, self._rng, options)
        self._method: Optimizer = self._first
        check_dimensions(len(self._start))  # raises now what CMA-ES would refuse later

    def inform(self, features: Features) -> None:
        """Pass the features to Bayesian optimization."""
        self._first.inform(features)

    @property
    def batch(self) -> int:
        """Batch of the current method."""
        return self._method.batch

    def stop_reasons(self) -> dict[str, str]:
        """Return the reasons of the current method."""
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
    """CMA-ES that measures only the drawn points with the highest surrogate means."""

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
        """Return the selected points of a generation."""
        drawn = self._strategy.ask(self._preselect * self.batch)  # each (n,)
        means = self._surrogate.posterior(NEWEST).mean(into_cube(np.vstack(drawn)))  # (preselect * lambda,)
        return [drawn[i] for i in np.argsort(-means, kind="stable")[: self.batch]]  # step 3

    def _learn(self, points: Array, scores: Array) -> None:
        self._surrogate.remember(points, scores)
        self._move(scores)
        self._consider(self._mean, lower_limit(scores))  # step 4
