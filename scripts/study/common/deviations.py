"""Deviations between speeds of the same gaits, measured in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from common.published import rms


@dataclass(frozen=True)
class Deviation:
    """How far the speeds of gaits are from those of a reference."""

    rms: float
    """Root mean square of the relative deviations."""
    worst: float
    """The relative deviation of largest size."""
    gaits: int
    """Number of gaits that walk in the reference; the others say nothing."""
    falls: int
    """Number of those that do not walk here: they deviate by -100 %."""


def deviation(speeds: Sequence[float], reference: Sequence[float]) -> Deviation:
    """Return how far speeds are from those of a reference, gait by gait; a speed of 0 is a fall."""
    relative = [s / r - 1 for s, r in zip(speeds, reference, strict=True) if r > 0]
    worst = max(relative, key=abs, default=0.0)
    return Deviation(rms(relative), worst, len(relative), sum(value == -1 for value in relative))


@dataclass(frozen=True)
class Agreement:
    """How two engines agree about gaits."""

    spearman: float
    """Rank correlation of the speeds of all gaits, falls with speed 0."""
    median: float
    """Median of the ratio of speeds, second over first, of gaits that walk in both."""
    lowest: float
    """Lowest ratio."""
    highest: float
    """Highest ratio."""
    walk: tuple[int, int, int]
    """Number of gaits that walk in the first, in the second, in both."""


def agreement(first: Sequence[float], second: Sequence[float]) -> Agreement:
    """Return how the speeds of the same gaits agree in two engines."""
    from scipy.stats import spearmanr

    a, b = np.array(first), np.array(second)
    both = (a > 0) & (b > 0)
    ratios = b[both] / a[both]
    walk = int((a > 0).sum()), int((b > 0).sum()), int(both.sum())
    correlation = float(spearmanr(a, b).statistic)
    return Agreement(correlation, float(np.median(ratios)), float(ratios.min()), float(ratios.max()), walk)
