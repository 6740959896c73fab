"""Results of a comparison: medians over seeds with bootstrap intervals, and the budget needed to reach good scores.

Nothing here depends on how a method learned: a method is a set of curves, one for each seed, of the score in evaluation
walks of what it recommended after so many traversals or steps. `Budget` holds what depends on the unit.
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
"""Fractions of the best known score; the table reports the budget needed to reach them."""
RESAMPLES = 10_000
"""Number of resamples of a bootstrap."""


@dataclass(frozen=True)
class Curve:
    """Learning curve of one run: the score of what it recommended at each point of its budget."""

    method: str
    seed: int
    points: tuple[int, ...]
    """Budget spent at each point, increasing from 0."""
    since: tuple[int, ...]
    """Budget spent when the gait or policy of each point was first recommended."""
    scores: tuple[float, ...]
    """Mean score of the evaluation walks at each point, falls counted as the worst; the first is the start's."""
    fresh_fell: tuple[int, ...]
    """Number of falls in the evaluation walks at each point."""
    spent: int
    """Budget spent by learning."""
    walks: int
    """Number of traversals or episodes of learning."""
    fell: int
    """Number of falls in them."""
    wall_s: float
    """Wall time of learning in one process [s]."""
    overhead_s: float
    """Part of the wall time spent in ask and tell [s]; nan if it was not measured."""


@dataclass(frozen=True)
class Interval:
    """A median and its bootstrap 95 % interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Reach:
    """Budget spent until a score was reached."""

    median: float
    """Median over all seeds; infinite if half of them never reached it, nan if there is nothing to reach."""
    reached: int
    """Number of seeds that reached it."""


@dataclass(frozen=True)
class MethodSummary:
    """One line of the table."""

    method: str
    seeds: int
    at: dict[int, Interval]
    """Score at each checkpoint."""
    reach: dict[float, Reach]
    """Budget spent to reach each fraction of the best known score."""
    gain: Interval
    """Last score divided by the start's, minus 1; nan if the start's is not above 0."""
    spent: float
    """Median of the budget spent; less than the budget if a method stops by itself."""
    fell: int
    """Number of falls while learning, over all seeds."""
    learned_in: int
    """Number of traversals or episodes of learning, over all seeds."""
    fresh_fell: int
    """Number of falls of the last gaits or policies in their evaluation walks, over all seeds."""
    wall_s: float
    """Median wall time of a run in one process [s]."""
    overhead: float
    """Share of the wall time spent in ask and tell, over all seeds; nan if it was not measured."""


@dataclass(frozen=True)
class BestKnown:
    """Best gait or policy that any run recommended at any point."""

    method: str
    seed: int
    since: int
    """Budget spent when it was first recommended."""
    score: float
    """Mean score of further evaluation walks, not used to select it."""


@dataclass(frozen=True)
class Comparison:
    """Result of a finished comparison."""

    folder: Path
    """Folder of the comparison."""
    title: str
    """Robot and scenario, and the gait that policies adjust."""
    changed: dict[str, Any]
    """Settings that differ from the defaults, by key."""
    made: dict[str, str]
    """Date and machine of each method's runs."""
    score: ScoreSpec
    """Objective of all scores here; m/s if it is the speed."""
    budget: Budget
    """Budget of each run."""
    fresh: int
    """Number of evaluation walks of each gait or policy."""
    curves: tuple[Curve, ...]
    summaries: tuple[MethodSummary, ...]
    """One for each method, the best at the end of the budget first."""
    best_known: BestKnown
    left_out: dict[str, str]
    """Methods that did not take part, with the reason."""
    failed: dict[str, str]
    """Runs that failed, with the reason."""


def median_interval(values: Sequence[float], rng: np.random.Generator) -> Interval:
    """Return the median of values (n,) and its percentile bootstrap interval.

    B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3: the values are resampled with
    replacement many times; the interval holds the middle 95 % of the medians.
    """
    array = np.asarray(values, dtype=np.float64)
    drawn = array[rng.integers(len(array), size=(RESAMPLES, len(array)))]  # (resamples, n)
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return Interval(float(np.median(array)), float(low), float(high))


def spent_until(curve: Curve, score: float) -> float:
    """Return the budget spent when a run first recommended something of at least this score; infinite if never."""
    return next((float(s) for s, value in zip(curve.since, curve.scores, strict=True) if value >= score), math.inf)


def reach(curves: Sequence[Curve], part: float, best: float) -> Reach:
    """Return the budget spent to reach a fraction of the best score; nan if the best is not above 0."""
    if best <= 0:
        return Reach(math.nan, 0)
    needed = [spent_until(curve, part * best) for curve in curves]
    with np.errstate(invalid="ignore"):
        return Reach(float(np.median(needed)), sum(math.isfinite(n) for n in needed))


def gain(curve: Curve) -> float:
    """Return the last score divided by the start's, minus 1; nan if the start's is not above 0."""
    return curve.scores[-1] / curve.scores[0] - 1 if curve.scores[0] > 0 else math.nan


def summarize_method(curves: Sequence[Curve], budget: Budget, best: float, rng: np.random.Generator) -> MethodSummary:
    """Return one method's line of the table.

    Args:
        curves: curves of the method, one for each seed, with the points of the budget.
        budget: budget of each run.
        best: the best known score.
        rng: random generator of the bootstrap.
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
