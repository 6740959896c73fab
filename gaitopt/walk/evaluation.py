"""The score of a traversal, and the evaluation of a walker by many: its statistics, and artefacts of a fast gait."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitopt.errors import InputError
from gaitopt.hal.body import Capabilities
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.walk.traversal import FALLEN_COSINE, Status, Traversal

TILT = math.acos(FALLEN_COSINE)
CAPS = {"speed": 10.0, "sway": TILT, "roll": TILT, "pitch": TILT, "energy": 500.0, "power": 500.0, "drift": 1.0}
"""Values [m/s, rad, rad, rad, J/m, W, m] at which a term is capped, so that there is a worst score: that of a fall.

No gait comes near them: a robot tilted farther has fallen, and 500 J/m are some 15 times what an AIBO needs.
"""
SHORTEST_WAY = 1e-3
"""Shortest distance by which energy is divided [m]."""
LIMITS = {
    "flight": (0.25, "is in the air for"),
    "belly": (0.05, "lies on trunk or head for"),
    "knees": (0.70, "stands on knees or shins for"),
    "unreachable": (0.60, "commands feet out of reach for"),
    "saturated": (0.60, "commands joints faster than the servos for"),
}
"""Artefacts: largest honest share of the time, or of the cycle, and its words in a report.

No published walk of a real robot breaks one, in either engine; each limit is a little above the walk next to it.
Flight 0.20 and unreachable 0.55: rUNSWift's fastest walk of the ERS-7 (2005). Knees 0.63: Kohl & Stone's best walk of
the ERS-210 (2004), which steps on its shins. Saturated 0.46: the walk that they started from. Belly: none of them.
"""
STEEPNESS = 4.0
"""Loss of score by artefacts: at a quarter over one limit, half of what the walk has over a fall is lost."""


def score(traversal: Traversal, spec: ScoreSpec = SPEED) -> float:
    """Return the objective's value for a traversal: the weighted sum of its terms; the least possible after a fall.

    With the default objective this is the speed [m/s], 0 after a fall.

    Raises:
        InputError: the body did not measure one of the terms.
    """
    if traversal.status is Status.FELL:
        return sum(min(0.0, weight * CAPS[name]) for name, weight in spec.weights.items())
    return sum(weight * _term(traversal, name, spec) for name, weight in spec.weights.items())


def honest_score(traversal: Traversal, spec: ScoreSpec = SPEED) -> float:
    """Return the score by which gaits are learned: that of an honest walk as it is, of one with artefacts less.

    It falls smoothly with the excess over the limits, toward that of a fall but never below it: optimizers are drawn
    back to honest walking, and no value is far from the others.

    Raises:
        InputError: the body did not measure one of the terms.
    """
    whole, excess = score(traversal, spec), _excess(traversal)
    if excess == 0.0:
        return whole
    worst = sum(min(0.0, weight * CAPS[name]) for name, weight in spec.weights.items())
    return worst + (whole - worst) / (1 + STEEPNESS * excess)


def _excess(traversal: Traversal) -> float:
    """Return by how much a walk exceeds the limits of artefacts, in shares of them; 0 if it is honest."""
    shares = {name: getattr(traversal, name) / limit for name, (limit, _) in LIMITS.items()}
    return sum(max(0.0, share - 1) for share in shares.values() if not math.isnan(share))


def _term(traversal: Traversal, name: str, spec: ScoreSpec) -> float:
    """Return one term of the score, between 0 and its cap."""
    value = {
        "speed": traversal.speed_mps,
        "sway": math.hypot(traversal.roll_spread, traversal.pitch_spread),
        "roll": traversal.roll_spread,
        "pitch": traversal.pitch_spread,
        "energy": traversal.energy_j / max(traversal.distance_m, SHORTEST_WAY),
        "power": traversal.power_w,
        "drift": abs(traversal.drift_m),
    }[name]
    if math.isnan(value):
        raise _unmeasured(spec, name)
    return min(max(value, 0.0), CAPS[name])


def check_score(spec: ScoreSpec, capabilities: Capabilities) -> None:
    """Check that a body measures all terms of a score.

    Raises:
        InputError: it does not; names the first term that it lacks.
    """
    tilt, torque, place = capabilities.tilt, capabilities.joint_torque, capabilities.position
    measured = {"speed": True, "sway": tilt, "roll": tilt, "pitch": tilt, "drift": place}
    measured |= {"energy": torque, "power": torque}
    for name in spec.weights:
        if not measured[name]:
            raise _unmeasured(spec, name)


def _unmeasured(spec: ScoreSpec, name: str) -> InputError:
    return InputError(f"score '{spec}': this body does not measure {name}; choose a score without it, such as speed")


@dataclass(frozen=True)
class Evaluation:
    """Statistics of a walker's evaluation walks: a fall counts as speed 0, and as the worst score."""

    speed_mps: float
    """Mean speed [m/s]."""
    speed_ci95_mps: tuple[float, float]
    """95 % confidence interval of the mean, by Student's t [m/s]."""
    repeats: int
    """Number of traversals."""
    finished: int
    """Number of traversals that crossed the finish line."""
    fell: int
    """Number of traversals that ended in a fall."""
    roll_spread: float
    """Mean standard deviation of the roll [rad]."""
    pitch_spread: float
    """Mean standard deviation of the pitch [rad]."""
    energy_j: float
    """Mean mechanical work of a traversal [J]."""
    power_w: float
    """Mean electrical power [W]."""
    drift_m: float
    """Mean sideways drift, left positive [m]."""
    artefacts: tuple[str, ...]
    """Artefacts: what is not honest walking; see `find_artefacts`."""
    score: float
    """Mean score; the mean speed by default."""
    score_ci95: tuple[float, float]
    """95 % confidence interval of the mean score, by Student's t."""


def summarize(traversals: Sequence[Traversal], spec: ScoreSpec = SPEED) -> Evaluation:
    """Return the statistics of traversals."""
    speeds = np.array([traversal.speed_mps for traversal in traversals])
    scores = np.array([score(traversal, spec) for traversal in traversals])
    return Evaluation(
        speed_mps=float(speeds.mean()),
        speed_ci95_mps=confidence_interval(speeds),
        repeats=len(traversals),
        finished=sum(traversal.status is Status.FINISHED for traversal in traversals),
        fell=sum(traversal.status is Status.FELL for traversal in traversals),
        roll_spread=_mean(traversals, "roll_spread"),
        pitch_spread=_mean(traversals, "pitch_spread"),
        energy_j=_mean(traversals, "energy_j"),
        power_w=_mean(traversals, "power_w"),
        drift_m=_mean(traversals, "drift_m"),
        artefacts=find_artefacts(traversals),
        score=float(scores.mean()),
        score_ci95=confidence_interval(scores),
    )


def find_artefacts(traversals: Sequence[Traversal]) -> tuple[str, ...]:
    """Return one line for each share whose mean over the traversals exceeds its limit."""
    found = []
    for name, (limit, words) in LIMITS.items():
        shares = np.array([getattr(traversal, name) for traversal in traversals])
        measured = shares[~np.isnan(shares)]
        if measured.size and (share := measured.mean()) > limit:
            found.append(f"{name}: {words} {share:.0%} of the time, more than {limit:.0%}")
    return tuple(found)


def confidence_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % confidence interval of the mean of values (n,), by Student's t; both ends the mean if n = 1."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean
    from scipy.special import stdtrit  # slow to import, and no worker needs it

    half = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean - half, mean + half


def _mean(traversals: Sequence[Traversal], field: str) -> float:
    return float(np.mean([getattr(traversal, field) for traversal in traversals]))
