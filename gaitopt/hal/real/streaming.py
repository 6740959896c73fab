"""How much of a gait's motion arrives when it is streamed, pose by pose, over a link that limits the way of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array

_FINE = 200
"""Samples of a cycle when motion is measured."""
_LAPS = 8
"""Laps after which a lagging stream repeats itself."""
_MOST_STRETCH = 1000.0


@dataclass(frozen=True)
class Follow:
    """How much of a gait a stream of poses carries."""

    share: float
    """Part of the joints' motion that arrives, 0 to 1."""
    stretch: float
    """The cycle must last so many times longer for all of it to arrive; 1 if it does already."""


def follow(table: ArrayLike, cycle_time: float, period: float, reach: ArrayLike) -> Follow:
    """Return how much of a gait's motion arrives if it is streamed.

    Args:
        table: angles evenly spaced over one cycle, (n, joints) [rad].
        cycle_time: of the gait [s].
        period: time between two poses [s].
        reach: how far a pose may be from the last, of one or all joints [rad].
    """
    cycle = _at(np.asarray(table, dtype=float), np.arange(_FINE) / _FINE)
    reach = np.asarray(reach, dtype=float)
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
