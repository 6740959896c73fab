"""What a traversal is worth, and what many of them say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from gaitopt.walk.artefacts import find_artefacts
from gaitopt.walk.traversal import Status, Traversal


def score(traversal: Traversal) -> float:
    """Return the speed [m/s]; an unfinished walk is worth its way within the time limit, a fall never more than 0."""
    return traversal.speed_mps


@dataclass(frozen=True)
class Evaluation:
    """What fresh traversals of one gait say: falls count as speed 0."""

    speed_mps: float
    """Mean speed [m/s]."""
    speed_ci95_mps: tuple[float, float]
    """95 % confidence interval of the mean, by Student's t [m/s]."""
    repeats: int
    """How many traversals."""
    finished: int
    """How many of them crossed the finish line."""
    fell: int
    """How many of them fell."""
    roll_spread: float
    """Mean of the standard deviations of the roll [rad]."""
    pitch_spread: float
    """Mean of the standard deviations of the pitch [rad]."""
    energy_j: float
    """Mean energy of a traversal [J]."""
    drift_m: float
    """Mean way sideways, left positive [m]."""
    artefacts: tuple[str, ...]
    """What is not honest walking; see `find_artefacts`."""


def summarize(traversals: Sequence[Traversal]) -> Evaluation:
    """Return what the traversals say together."""
    speeds = np.array([traversal.speed_mps for traversal in traversals])
    return Evaluation(
        speed_mps=float(speeds.mean()),
        speed_ci95_mps=confidence_interval(speeds),
        repeats=len(traversals),
        finished=sum(traversal.status is Status.FINISHED for traversal in traversals),
        fell=sum(traversal.status is Status.FELL for traversal in traversals),
        roll_spread=_mean(traversals, "roll_spread"),
        pitch_spread=_mean(traversals, "pitch_spread"),
        energy_j=_mean(traversals, "energy_j"),
        drift_m=_mean(traversals, "drift_m"),
        artefacts=find_artefacts(traversals),
    )


def confidence_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % confidence interval of the mean of values (n,), by Student's t; both ends the mean if n = 1."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean
    half = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean - half, mean + half


def _mean(traversals: Sequence[Traversal], field: str) -> float:
    return float(np.mean([getattr(traversal, field) for traversal in traversals]))
