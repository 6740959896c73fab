"""How much of a gait's motion arrives when it is streamed pose by pose over a link that limits each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array
from gaitopt.hal.cycle_table import interpolate

_SAMPLES = 200
"""Samples of a cycle when motion is measured."""
_CYCLES = 8
"""Cycles after which a lagging stream repeats itself."""
_LARGEST_STRETCH = 1000.0


@dataclass(frozen=True)
class Tracking:
    """How well a stream of poses tracks a gait."""

    share: float
    """Share of the joints' motion that arrives, 0 to 1."""
    stretch: float
    """Factor by which the cycle must be longer for all motion to arrive; 1 if it arrives already."""


def tracking(table: ArrayLike, cycle_time: float, period: float, reach: ArrayLike) -> Tracking:
    """Return how much of a gait's motion arrives if it is streamed.

    Args:
        table: angles evenly spaced over one cycle, (n, joints) [rad].
        cycle_time: duration of the cycle [s].
        period: time between two poses [s].
        reach: largest change from one pose to the next, of one or all joints [rad].
    """
    cycle = interpolate(np.asarray(table, dtype=float), np.arange(_SAMPLES) / _SAMPLES)
    reach = np.asarray(reach, dtype=float)
    return Tracking(_share(cycle, cycle_time, period, reach), _stretch(cycle, cycle_time, period, reach))


def _share(cycle: Array, cycle_time: float, period: float, reach: Array) -> float:
    """Stream several cycles, each pose within reach of the one before; compare the distance moved in the last half."""
    poses = max(4, int(np.ceil(_CYCLES * cycle_time / period)))
    wanted = interpolate(cycle, np.arange(poses) * period / cycle_time)
    sent = wanted.copy()
    for i in range(1, poses):
        sent[i] = sent[i - 1] + np.clip(wanted[i] - sent[i - 1], -reach, reach)
    half = poses // 2
    moved = np.abs(np.diff(sent[half:], axis=0)).sum() / ((poses - 1 - half) * period)
    full = np.abs(cycle - np.roll(cycle, 1, axis=0)).sum() / cycle_time
    return float(min(1.0, moved / full)) if full > 0 else 1.0


def _stretch(cycle: Array, cycle_time: float, period: float, reach: Array) -> float:
    """Find the smallest factor at which no joint changes by more than the reach in one period."""
    phase = np.linspace(0.0, 1.0, len(cycle), endpoint=False)

    def fits(factor: float) -> bool:
        step = period / (cycle_time * factor)
        return step <= 0.5 and bool((np.abs(interpolate(cycle, phase + step) - cycle) <= reach + 1e-9).all())

    if fits(1.0):
        return 1.0
    low, high = 1.0, 2.0
    while not fits(high) and high < _LARGEST_STRETCH:
        low, high = high, 2 * high
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
