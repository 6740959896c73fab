"""Bounds of observations, for users who need a bounded space; see `perception` for the groups.

They hold in normal walks; a robot that is thrown about may exceed them for a moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from gaitopt.arrays import Array
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.perception import COURSE_LIMIT

Pair = tuple[float, float]

RATE_RADPS = 20.0
"""Rate above that of a trunk that falls over [rad/s]."""
SPEED_MPS = 5.0
"""Speed above that of small robots, even pushed ones [m/s]."""
BEYOND_M = 2.0
"""Distance that a robot may get beyond the lines of its field [m]."""


def _both(reach: float) -> Pair:
    return -reach, reach


def _place(scenario: ScenarioSpec) -> list[Pair]:
    field = scenario.field
    return [(-BEYOND_M, field.run_up_m + field.length_m + BEYOND_M), _both(field.half_width_m + BEYOND_M)]


BOUNDS: dict[str, Callable[[ScenarioSpec], list[Pair]]] = {
    "phase": lambda scenario: [_both(1.0)],
    "tilt": lambda scenario: [_both(math.pi), _both(math.pi / 2)],
    "rates": lambda scenario: [_both(RATE_RADPS)],
    "heading": lambda scenario: [_both(1.5 * math.pi)],  # to a point ahead, from any heading
    "joints": lambda scenario: [_both(math.pi)],
    "offsets": lambda scenario: [_both(1.0)],
    "velocity": lambda scenario: [_both(SPEED_MPS)],
    "place": _place,
    "course": lambda scenario: [_both(COURSE_LIMIT)],
}
"""Lower and upper bound of each group's numbers, in their units; a single pair holds for the whole group."""


def observation_bounds(sizes: Sequence[tuple[str, int]], scenario: ScenarioSpec) -> tuple[Array, Array]:
    """Return lower and upper bounds of observations, (d,) each; `sizes` names each group and counts its numbers."""
    pairs: list[Pair] = []
    for group, count in sizes:
        bounds = BOUNDS[group](scenario)
        pairs += bounds * count if len(bounds) == 1 else bounds
    low, high = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return low, high
