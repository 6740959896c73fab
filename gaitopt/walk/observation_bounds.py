"""Between what observations stay, for those who want a space with bounds; see `perception` for the groups.

Accidents apart: a robot that is thrown about may turn or fly faster for a moment.
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
"""A trunk that falls over turns by less [rad/s]."""
SPEED_MPS = 5.0
"""Small robots are slower, pushed ones too [m/s]."""
BEYOND_M = 2.0
"""How far a robot gets beyond the lines of its field [m]."""


def _both(reach: float) -> Pair:
    return -reach, reach


def _place(scenario: ScenarioSpec) -> list[Pair]:
    field = scenario.field
    return [(-BEYOND_M, field.run_up_m + field.length_m + BEYOND_M), _both(field.half_width_m + BEYOND_M)]


WITHIN: dict[str, Callable[[ScenarioSpec], list[Pair]]] = {
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
"""Lowest and highest of each group's numbers, in their units; a single pair stands for all of the group."""


def observation_bounds(sizes: Sequence[tuple[str, int]], scenario: ScenarioSpec) -> tuple[Array, Array]:
    """Return the lowest and the highest observation, (d,) each, of groups with so many numbers each."""
    pairs: list[Pair] = []
    for group, count in sizes:
        within = WITHIN[group](scenario)
        pairs += within * count if len(within) == 1 else within
    low, high = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return low, high
