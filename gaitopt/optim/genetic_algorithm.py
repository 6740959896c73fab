"""A genetic algorithm with elites. The real work is done in `GeneticAlgorithm._learn`.

D. Goldberg, "Genetic Algorithms in Search, Optimization, and Machine Learning", 1989; for real numbers: A. Eiben and
J. Smith, "Introduction to Evolutionary Computing", 2nd edition, Springer 2015, chapters 4 and 5.

1. Evaluate the population.
2. The few best, the elites, survive.
3. Select two parents, each the winner of a tournament among a few drawn at random.
4. Cross them: each coordinate comes from either parent with equal probability.
5. Mutate the child: some coordinates get normal noise. Go to 3 until the population is full, then to 1.

For noise: elites are measured again in every generation, and their scores are means of all measurements, so that a
lucky one does not survive forever.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.optim.measured import Measured
from gaitopt.spec import Count, Positive, Share


class GeneticAlgorithmOptions(OptimizerOptions):
    """A generation costs population * repeats evaluations."""

    repeats: Count = 1
    """Number of measurements of every point: one, because elites are measured again in every generation."""
    population: Annotated[int, Field(strict=True, ge=2)] = 15
    """Number of points per generation."""
    elites: Count = 3
    """Number of points that survive; fewer than the population."""
    tournament: Count = 3
    """Number of points in a tournament."""
    spread: Positive = 3.0
    """Standard deviation of the first generation around the start, in units of epsilon."""
    mutation: Positive = 1.0
    """Standard deviation of a mutation, in units of epsilon."""
    mutated: Share = 0.3
    """Probability that a coordinate mutates."""


class GeneticAlgorithm(Optimizer):
    """Breeds new points from the best ones."""

    Options = GeneticAlgorithmOptions
    _options: GeneticAlgorithmOptions

    def _prepare(self) -> None:
        options = self._options
        if options.elites >= options.population:
            got = f"got {options.elites} of a population of {options.population}"
            raise InputError(f"options of genetic-algorithm: elites: {got}; expected fewer than the population")
        drawn = self._rng.standard_normal((options.population, len(self._start)))  # (k, n)
        first = into_cube(self._start + options.spread * drawn * self._epsilon)
        first[0] = self._start
        self._population = [Measured(point) for point in first]

    @property
    def batch(self) -> int:
        """The population, including elites."""
        return len(self._population)

    def _propose(self) -> Array:
        return np.vstack([member.point for member in self._population])  # (k, n)

    def _learn(self, points: Array, scores: Array) -> None:
        for member, score in zip(self._population, scores, strict=True):
            member.add(score)  # step 1
        ranked = sorted(self._population, key=lambda member: -member.mean)
        # best: the highest mean among points that were measured in more than one generation.
        self._best = next((member.point for member in ranked if member.confirmed), self._best)
        elites = ranked[: self._options.elites]  # step 2
        children = [Measured(self._child(ranked)) for _ in range(len(ranked) - len(elites))]
        self._population = elites + children

    def _child(self, ranked: list[Measured]) -> Array:
        mother, father = self._winner(ranked), self._winner(ranked)  # step 3
        child = np.where(self._rng.random(len(mother)) < 0.5, mother, father)  # step 4, (n,)
        mutates = self._rng.random(len(child)) < self._options.mutated
        drawn = self._options.mutation * self._rng.standard_normal(len(child)) * self._epsilon
        return into_cube(child + np.where(mutates, drawn, 0.0))  # step 5; clipped at a face of the cube

    def _winner(self, ranked: list[Measured]) -> Array:
        """Return the best point (n,) of some drawn at random, with replacement."""
        return ranked[int(self._rng.integers(len(ranked), size=self._options.tournament).min())].point
