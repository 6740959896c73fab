"""How fast the OpenCat link carries motion: a pose command blocks the firmware until the motion is done.

Source: PetoiCamp OpenCatEsp32 src/motion.h, transform(): round(d / 2) + 1 steps of 8 ms for a largest change of d
degrees, answered only at the end. So 20 poses a second of at most 10 degrees each, 250 degrees a second at best.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gaitopt.hal.opencat.skill import resample

Array = NDArray[np.float64]

STREAM_PERIOD = 0.05
"""Time between two poses of a stream [s]."""
STEP_TIME = 0.008
"""Time of one step of a motion [s]."""
STEP_DEG = 2.0
"""Largest change in one step of a streamed pose [degrees]."""
READ_TIME = 0.001
"""The firmware waits so long for the rest of a command [s]."""
RATED_SPEED_DEG = 857.0
"""Speed of Petoi's servos: 0.07 s for 60 degrees (docs.petoi.com, Skill Creation) [degrees/s]."""
_FINE = 200
"""Samples of a cycle when motion is measured."""
_LAPS = 8
"""Laps after which a lagging stream repeats itself."""
_MOST_STRETCH = 1000.0


def motion_time(change_deg: float, step_deg: float = STEP_DEG, step_time: float = STEP_TIME) -> float:
    """Return how long a pose takes from its first byte to its reply [s], for a largest change of so many degrees."""
    return READ_TIME + step_time * (floor(change_deg / step_deg + 0.5) + 1)


def reach_deg(elapsed: float) -> float:
    """Return the largest change that is carried out within `elapsed` [s], in whole degrees."""
    by_link = STEP_DEG * floor((elapsed - READ_TIME) / STEP_TIME - 1 + 1e-9)  # a step begun is a step
    return max(0.0, min(by_link, floor(RATED_SPEED_DEG * elapsed)))


@dataclass(frozen=True)
class Follow:
    """How much of a gait a stream of poses carries."""

    share: float
    """Part of the joints' motion that arrives, 0 to 1."""
    stretch: float
    """The cycle must last so many times longer for all of it to arrive; 1 if it does already."""


def follow(
    table: ArrayLike, cycle_time: float, period: float = STREAM_PERIOD, reach: ArrayLike | None = None
) -> Follow:
    """Return how much of a gait's motion arrives if it is streamed.

    Args:
        table: angles evenly spaced over one cycle, (n, joints) [rad].
        cycle_time: of the gait [s].
        period: time between two poses [s].
        reach: how far a pose may be from the last, of one or all joints [rad]; OpenCat's if None.
    """
    cycle = resample(np.asarray(table, dtype=float), _FINE)
    reach = np.asarray(np.radians(reach_deg(period)) if reach is None else reach, dtype=float)
    return Follow(_share(cycle, cycle_time, period, reach), _stretch(cycle, cycle_time, period, reach))


def _at(cycle: Array, phase: ArrayLike) -> Array:
    place = np.asarray(phase, dtype=float) % 1.0 * len(cycle)
    before = place.astype(int) % len(cycle)
    part = (place - np.floor(place))[:, None]
    return (1 - part) * cycle[before] + part * cycle[(before + 1) % len(cycle)]


def _share(cycle: Array, cycle_time: float, period: float, reach: Array) -> float:
    """Stream several laps, each pose within reach of the one before; compare the way of the last half of them."""
    poses = max(4, int(np.ceil(_LAPS * cycle_time / period)))
    wanted = _at(cycle, np.arange(poses) * period / cycle_time)
    sent = wanted.copy()
    for i in range(1, poses):
        sent[i] = sent[i - 1] + np.clip(wanted[i] - sent[i - 1], -reach, reach)
    half = poses // 2
    way = np.abs(np.diff(sent[half:], axis=0)).sum() / ((poses - 1 - half) * period)
    full = np.abs(cycle - np.roll(cycle, 1, axis=0)).sum() / cycle_time
    return float(min(1.0, way / full)) if full > 0 else 1.0


def _stretch(cycle: Array, cycle_time: float, period: float, reach: Array) -> float:
    """Find the least factor by which no joint asks for more than the reach in one period."""
    phase = np.linspace(0.0, 1.0, len(cycle), endpoint=False)

    def fits(factor: float) -> bool:
        step = period / (cycle_time * factor)
        return step <= 0.5 and bool((np.abs(_at(cycle, phase + step) - cycle) <= reach + 1e-9).all())

    if fits(1.0):
        return 1.0
    low, high = 1.0, 2.0
    while not fits(high) and high < _MOST_STRETCH:
        low, high = high, 2 * high
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
