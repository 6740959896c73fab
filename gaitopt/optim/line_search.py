"""A line search for noisy functions: a parabola fitted to many points of the line.

A bracketing search (golden section, Brent) trusts every comparison of two scores, so that one lucky score ends it in
the wrong place. Here evenly spaced points of the line are measured at once, a parabola is fitted to them by least
squares, and its maximum is taken: noise averages out, and all points can be measured in parallel. The fit follows
G. Box and K. Wilson, "On the Experimental Attainment of Optimum Conditions", 1951; on a parabola without noise it is
exact, as R. Brent's parabolic step is.

    (1)  J(t) ~ c_0 + c_1 t + c_2 t^2
    (2)  t* = -c_1 / (2 c_2) where c_2 < 0, limited to the measured part; else its end with the higher fit

Points of the line outside the cube are moved to its face: the line bends along the face.
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
"""Bounds of the reach of the next search, relative to the last reach."""
ROUNDING = 1e-12
"""Smallest gain relative to the scores; below it is rounding error of the fit, as on a plateau."""
SHORTEST = 1.0
"""Smallest reach of a search, in units of epsilon: over shorter distances, noise would be taken for a slope."""

Points = Annotated[int, Field(strict=True, ge=3)]
"""Number of points, at least as many as a parabola needs."""


class LineSearchOptions(OptimizerOptions):
    """Options of the methods that search along lines."""

    repeats: Count = 1
    """Number of measurements of every point: one, because line searches average over many points."""
    reach: Positive = 4.0
    """Reach of the first search of a line, in units of epsilon; the next reaches twice as far as the last moved."""
    points: Points = 6
    """Number of points measured on a line."""
    tolerance: NonNegative = 0.01
    """Smallest move that counts as a step, in units of epsilon."""
    patience: Count = 5
    """Searches in a row without a step after which it stops."""


def line_search(base: Array, step: Array, low: float, points: int) -> Search[tuple[float, float]]:
    """Search the line base + t step, for t in `low` to 1.

    Args:
        base: the point at t = 0, shape (n,).
        step: the vector from t = 0 to t = 1, shape (n,).
        low: 0 to search forward only, -1 to search both ways.
        points: number of points measured on the line, at least 3.

    Returns:
        t* and the gain J(t*) - J(0) of the fit, never below 0; both 0 where no move is possible.
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
    """Return the part of `low` to 1 in which the line, bent along the faces, still moves."""
    moving = step != 0
    if not moving.any():
        return 0.0, 0.0
    with np.errstate(over="ignore"):  # the smallest steps meet a face at infinity
        to_faces = np.vstack([-base[moving], 1 - base[moving]]) / step[moving]  # (2, moving); t where a face is met
    return max(low, float(to_faces.min())), min(1.0, float(to_faces.max()))


def next_reach(reach: float, t: float) -> float:
    """Return the reach of the next search, in units of epsilon: twice the last move, within bounds."""
    return max(reach * min(max(2 * abs(t), SHRINK), GROW), SHORTEST)
