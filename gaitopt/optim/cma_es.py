"""Covariance matrix adaptation (CMA-ES), by N. Hansen's own package. The real work is done in the package `cma`.

N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772, 2016; package `cma` (pycma), BSD license.

The package runs with its defaults, except that all randomness comes from the run's generator, the cube gives the
bounds, and the first step sizes are in units of epsilon. Best is not the package's best point, which is a single lucky
score, but the mean of the distribution whose generation had the highest average score minus two standard errors. Since
CMA-ES uses only the better half of a generation, it does not notice regions where every second gait falls; the lower
limit does.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field, field_validator

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.optim.measured import lower_limit
from gaitopt.spec import Count, Positive

WIDEST = 0.3
"""Largest initial standard deviation, in cube units; the tutorial recommends 0.3 of the range."""


class CMAESOptions(OptimizerOptions):
    """A generation costs population * repeats evaluations."""

    repeats: Count = 1
    """Number of measurements of every point: one; Hansen recommends a larger population rather than repeats."""
    population: Annotated[int, Field(strict=True, ge=0)] = 0
    """Number of points per generation, lambda, at least 2; 0 for the package's default of 4 + 3 ln n."""
    sigma: Positive = 2.0
    """Initial standard deviation, in units of epsilon, at most 0.3 of the cube."""

    @field_validator("population")
    @classmethod
    def _more_than_one(cls, population: int) -> int:
        if population == 1:
            raise ValueError("a generation needs at least 2 points, or 0 for the package's default")
        return population


class CMAES(Optimizer):
    """Samples from a normal distribution, and adapts its mean, step size and covariance."""

    Options = CMAESOptions
    _options: CMAESOptions

    def _prepare(self) -> None:
        check_dimensions(len(self._start))
        from cma import CMAEvolutionStrategy  # importing it takes a second

        deviations = np.minimum(self._options.sigma * self._epsilon, WIDEST)  # (n,)
        sigma = float(deviations.max())
        options = strategy_options(self._rng, deviations / sigma, self._options.population)
        self._strategy = CMAEvolutionStrategy(self._start, sigma, options)
        self._points: list[Array] = []
        self._mean = self._start  # of the distribution, (n,)

    @property
    def batch(self) -> int:
        """The points of a generation."""
        return int(self._strategy.popsize)

    def stop_reasons(self) -> dict[str, str]:
        """Return the reasons of the package, by its names."""
        found = self._strategy.stop(check=False)
        return {name: f"cma stops by {name} at {value}" for name, value in found.items()}

    def _propose(self) -> Array:
        self._points = self._draw()
        return into_cube(np.vstack(self._points))  # (lambda, n)

    def _draw(self) -> list[Array]:
        """Return the points (n,) of a generation."""
        return list(self._strategy.ask())

    def _learn(self, points: Array, scores: Array) -> None:
        self._consider(self._mean, lower_limit(scores))  # best: the mean whose generation has the highest lower limit
        self._move(scores)

    def _move(self, scores: Array) -> None:
        """Adapt the distribution to the scores (lambda,) of the generation."""
        self._strategy.tell(self._points, list(-scores))  # the package minimizes
        self._strategy.stop()  # checks for reasons once a generation, as the package expects
        self._mean = into_cube(self._strategy.result.xfavorite)


def check_dimensions(n: int) -> None:
    """Check that the package can search in `n` dimensions.

    Raises:
        InputError: it cannot.
    """
    if n < 2:
        raise InputError("optimizer cma-es: got 1 dimension; the package cma needs at least 2")


def strategy_options(rng: np.random.Generator, stds: Array, population: int) -> dict[str, Any]:
    """Return the package's options: bounds, relative step sizes (n,), the generator, and no output."""
    options: dict[str, Any] = {
        "bounds": [0.0, 1.0],
        "CMA_stds": stds,
        "randn": lambda *shape: rng.standard_normal(shape),
        "seed": np.nan,  # leaves numpy's global generator alone
        "verbose": -9,
        "verb_log": 0,
    }
    return options | ({"popsize": population} if population else {})
