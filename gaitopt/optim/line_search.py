"""A line search that bears noise: a parabola through many points of the line.

A bracketing search (golden section, Brent) believes every comparison of two scores, so that one lucky score ends it in
the wrong place. Here the line is measured at evenly spaced points at once, a parabola is fitted to all of them by
least squares, and its top is taken: the noise of the single scores averages out, and all workers walk together. The
fit is by G. Box and K. Wilson, "On the Experimental Attainment of Optimum Conditions", 1951; on a parabola without
noise it is exact, as R. Brent's parabolic step is.

    (1)  J(t) ~ c_0 + c_1 t + c_2 t^2
    (2)  t* = -c_1 / (2 c_2) where c_2 < 0, kept on the measured part; else the end of it that the fit puts higher

A point of the line that lies outside the cube is put on its face: the line bends along the face.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import OptimizerOptions
from gaitopt.optim.sequential import Search
from gaitopt.spec import Count, NonNegative, Positive

SHRINK, GROW = 0.25, 2.0
"""The reach of the next search, as a part of this one's, is between these."""
ROUNDING = 1e-12
"""Gains smaller than this part of the scores are errors of the fit: on a plateau there is no way up."""
SHORTEST = 1.0
"""No search reaches less far than this, in units of epsilon: closer by, noise would be taken for a slope."""

Points = Annotated[int, Field(strict=True, ge=3)]
"""As many as a parabola needs, or more."""


class LineSearchOptions(OptimizerOptions):
    """Options of the methods that search along lines."""

    repeats: Count = 1
    """How often every point is measured: once, since a line search averages over its points."""
    reach: Positive = 4.0
    """How far the first search of a line looks, in units of epsilon; the next looks up to twice as far as it moved."""
    points: Points = 6
    """How many points of a line are measured."""
    tolerance: NonNegative = 0.01
    """A step (of `powell`: a sweep) shorter than this, in units of epsilon, counts as none."""
    patience: Count = 5
    """It stops after so many searches in a row without a step."""


def line_search(base: Array, step: Array, low: float, points: int) -> Search[tuple[float, float]]:
    """Search the line base + t step for t in `low` to 1.

    Args:
        base: where t = 0, shape (n,).
        step: where t = 1 lies from there, shape (n,).
        low: 0 to look forward only, -1 to look both ways.
        points: how many points of the line are measured, at least 3.

    Returns:
        t* and the gain J(t*) - J(0) by the fit, never below 0; both 0 where there is no way to go.
    """
    start, end = _range(base, step, low)
    if end <= start:
        return 0.0, 0.0
    t = np.linspace(start, end, points, dtype=np.float64)  # (k,)
    scores = yield into_cube(base + t[:, None] * step)  # (k, n)
    return _top(t, scores)


def _top(t: Array, scores: Array) -> tuple[float, float]:
    """Return t* and the gain over t = 0 of the parabola fitted to the scores (k,) at t (k,)."""
    middle, half = (t[0] + t[-1]) / 2, (t[-1] - t[0]) / 2
    fit = np.polyfit((t - middle) / half, scores, 2)  # (1), over -1 to 1 for a good condition
    top = -fit[1] / (2 * fit[0]) if fit[0] < 0 else math.copysign(1.0, fit[1])  # (2)
    best = float(middle + half * np.clip(top, -1.0, 1.0))
    gain = float(np.polyval(fit, (best - middle) / half) - np.polyval(fit, -middle / half))
    return (best, gain) if gain > ROUNDING * float(np.abs(scores).max()) else (0.0, 0.0)


def _range(base: Array, step: Array, low: float) -> tuple[float, float]:
    """Return the part of low to 1 on which the line, bent along the faces, still moves."""
    moving = step != 0
    if not moving.any():
        return 0.0, 0.0
    with np.errstate(over="ignore"):  # along the smallest steps a face is met at infinity
        to_faces = np.vstack([-base[moving], 1 - base[moving]]) / step[moving]  # (2, moving); t where a face is met
    return max(low, float(to_faces.min())), min(1.0, float(to_faces.max()))


def next_reach(reach: float, t: float) -> float:
    """Return how far the next search looks, in units of epsilon: twice as far as this one went, within bounds."""
    return max(reach * min(max(2 * abs(t), SHRINK), GROW), SHORTEST)
