"""What a comparison of methods says: medians over seeds with bootstrap intervals, and what good speeds cost.

Nothing here knows how a method learned: a method is a set of curves, one for each seed, of what it recommended after so
many traversals, or steps, and what that was worth by fresh traversals. What is counted, the `Budget` knows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaitopt.run.compare.budget import Budget
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.seeding import Stream, generator

GOOD = (0.90, 0.95)
"""Parts of the best known score; the table tells what it cost to reach them."""
RESAMPLES = 10_000
"""Resamples of a bootstrap."""


@dataclass(frozen=True)
class Curve:
    """What one run recommended when, and what it was worth."""

    method: str
    seed: int
    points: tuple[int, ...]
    """What was spent of the budget, increasing from 0."""
    since: tuple[int, ...]
    """What was spent when that of each point, a gait or a policy, was recommended first."""
    scores: tuple[float, ...]
    """Mean score of its fresh traversals, falls counted as the worst; the first is the start's."""
    fresh_fell: tuple[int, ...]
    """How many of them fell."""
    spent: int
    """What learning spent in all."""
    walks: int
    """Traversals, or episodes, of learning."""
    fell: int
    """How many of these fell."""
    wall_s: float
    """Time that learning took in one process [s]."""
    overhead_s: float
    """The part of it that the method itself took: its asks and tells [s]; nan if it is not told apart."""


@dataclass(frozen=True)
class Interval:
    """A median and its bootstrap 95 % interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Reach:
    """What was spent until a score was reached."""

    median: float
    """Over all seeds; infinite if half of them never reached it, nan if there is nothing to reach."""
    reached: int
    """How many seeds did."""


@dataclass(frozen=True)
class MethodSummary:
    """One line of the table."""

    method: str
    seeds: int
    at: dict[int, Interval]
    """Score at each checkpoint."""
    reach: dict[float, Reach]
    """What was spent to reach each part of the best known score."""
    gain: Interval
    """Last score over the start's, minus 1; nan if that is not above 0."""
    spent: float
    """Median of what was spent; less than the budget where a method stops by itself."""
    fell: int
    """Falls while learning, of all seeds."""
    learned_in: int
    """Traversals, or episodes, of learning, of all seeds."""
    fresh_fell: int
    """Falls of the last gaits, or policies, in their fresh traversals, of all seeds."""
    wall_s: float
    """Median of the time that a run took in one process [s]."""
    overhead: float
    """Share of the wall time spent in ask and tell, of all seeds together; nan if it is not told apart."""


@dataclass(frozen=True)
class BestKnown:
    """The best gait, or policy, that any run recommended at any point."""

    method: str
    seed: int
    since: int
    """What was spent when it was recommended first."""
    score: float
    """Mean of fresh traversals that did not pick it."""


@dataclass(frozen=True)
class Comparison:
    """What a finished comparison says."""

    folder: Path
    title: str
    """Robot and scenario, and the gait that policies adjust."""
    changed: dict[str, Any]
    """Settings that are not the usual ones, by key."""
    made: dict[str, str]
    """When, and on what machine, each method learned."""
    score: ScoreSpec
    """What was made high; all scores here are of it, in m/s if it is the speed."""
    budget: Budget
    """Of each run."""
    fresh: int
    """Fresh traversals that measured each gait, or policy."""
    curves: tuple[Curve, ...]
    summaries: tuple[MethodSummary, ...]
    """The best at the end of the budget first."""
    best_known: BestKnown
    left_out: dict[str, str]
    """Methods that did not take part, and why."""
    failed: dict[str, str]
    """Runs that broke off, and why."""


def median_interval(values: Sequence[float], rng: np.random.Generator) -> Interval:
    """Return the median of values (n,) and its percentile bootstrap interval.

    B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3: the values are drawn anew with
    replacement many times; the interval holds the middle 95 % of the medians.
    """
    array = np.asarray(values, dtype=np.float64)
    drawn = array[rng.integers(len(array), size=(RESAMPLES, len(array)))]  # (resamples, n)
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return Interval(float(np.median(array)), float(low), float(high))


def spent_until(curve: Curve, score: float) -> float:
    """Return what a run had spent when it first recommended something of at least this score; infinite if never."""
    return next((float(s) for s, value in zip(curve.since, curve.scores, strict=True) if value >= score), math.inf)


def reach(curves: Sequence[Curve], part: float, best: float) -> Reach:
    """Return what was spent to reach a part of the best score; nan if the best is not above 0."""
    if best <= 0:
        return Reach(math.nan, 0)
    needed = [spent_until(curve, part * best) for curve in curves]
    with np.errstate(invalid="ignore"):
        return Reach(float(np.median(needed)), sum(math.isfinite(n) for n in needed))


def gain(curve: Curve) -> float:
    """Return the last score over the start's, minus 1; nan if that is not above 0."""
    return curve.scores[-1] / curve.scores[0] - 1 if curve.scores[0] > 0 else math.nan


def summarize_method(curves: Sequence[Curve], budget: Budget, best: float, rng: np.random.Generator) -> MethodSummary:
    """Return one method's line of the table, from its curves, one for each seed.

    Args:
        curves: of one method, with the points of the budget.
        budget: of each run.
        best: the best known score.
        rng: draws the bootstrap's resamples.
    """
    points = curves[0].points
    wall_s = [curve.wall_s for curve in curves]
    return MethodSummary(
        method=curves[0].method,
        seeds=len(curves),
        at={
            point: median_interval([curve.scores[points.index(point)] for curve in curves], rng)
            for point in budget.checkpoints()
        },
        reach={part: reach(curves, part, best) for part in GOOD},
        gain=median_interval([gain(curve) for curve in curves], rng),
        spent=float(np.median([curve.spent for curve in curves])),
        fell=sum(curve.fell for curve in curves),
        learned_in=sum(curve.walks for curve in curves),
        fresh_fell=sum(curve.fresh_fell[-1] for curve in curves),
        wall_s=float(np.median(wall_s)),
        overhead=sum(curve.overhead_s for curve in curves) / (sum(wall_s) or 1.0),
    )


def summarize_methods(curves: Sequence[Curve], budget: Budget, best: float, seed: int) -> tuple[MethodSummary, ...]:
    """Return the lines of the table, the highest score at the end of the budget first; see `summarize_method`."""
    methods = dict.fromkeys(curve.method for curve in curves)
    lines = [
        summarize_method(
            [curve for curve in curves if curve.method == method], budget, best, generator(seed, Stream.COMPARISON)
        )
        for method in methods
    ]
    return tuple(sorted(lines, key=lambda line: -line.at[budget.amount].median))
