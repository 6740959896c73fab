"""The simplex method of Nelder and Mead. The real work is done in `NelderMead._search`.

J. Nelder and R. Mead, "A Simplex Method for Function Minimization", Computer Journal 7, 1965, in the form of
J. Lagarias et al., "Convergence Properties of the Nelder-Mead Simplex Method in Low Dimensions", SIAM Journal on
Optimization 9, 1998, with signs turned, since here J is maximized:

1. Order the n + 1 vertices from the best, x_1, to the worst, x_(n+1); c is the center of all but the worst.
2. Reflect: x_r = c + rho (c - x_(n+1)). Take it if it is above x_n and not above x_1.
3. Expand, if x_r is above x_1: x_e = c + rho chi (c - x_(n+1)). Take the better of x_e and x_r.
4. Contract, if x_r is not above x_n: outside, x_c = c + rho gamma (c - x_(n+1)), if x_r is above x_(n+1); take it if
   it is not below x_r. Else inside, x_cc = c - gamma (c - x_(n+1)); take it if it is above x_(n+1).
5. Shrink, if x_c or x_cc was not taken: x_i = x_1 + sigma (x_i - x_1).

For noise: R. Barton and J. Ivey, "Nelder-Mead Simplex Modifications for Simulation Optimization", Management Science
42, 1996: the best vertex is measured again at every shrink, and sigma is 0.9 in place of 0.5. Not in their paper: a
vertex that leads by a single score is measured again before it counts as the best.

Points outside the cube are moved to its face, as in scipy.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import OptimizerOptions
from gaitopt.optim.measured import Measured
from gaitopt.optim.sequential import Search, Sequential
from gaitopt.spec import Count, NonNegative, Positive, Real

RHO, CHI, GAMMA = 1.0, 2.0, 0.5
"""Coefficients of reflection, expansion and contraction."""


class NelderMeadOptions(OptimizerOptions):
    """The first simplex costs (n + 1) * repeats evaluations, a step one to three times `repeats`."""

    repeats: Count = 2
    """Number of measurements of every point: more than one, because a step compares single points."""
    size: Positive = 4.0
    """Edge of the first simplex, in units of epsilon."""
    shrink: Annotated[Real, Field(gt=0, lt=1)] = 0.9
    """Shrink factor, sigma; the original 0.5 suits functions without noise only."""
    together: bool = False
    """Whether all points that a step may need are measured at once: fewer rounds with many workers, but more points."""
    tolerance: NonNegative = 0.01
    """Size of the simplex below which it stops: the largest distance of any coordinate from the best vertex, in units
    of epsilon."""


class NelderMead(Sequential):
    """Moves a simplex of n + 1 points uphill."""

    Options = NelderMeadOptions
    _options: NelderMeadOptions

    def _search(self) -> Search[None]:
        simplex = yield from _measure(first_simplex(self._start, self._options.size * self._epsilon))
        while True:
            yield from _confirm_best(simplex)  # step 1
            self._best = simplex[0].point  # best: the best vertex, confirmed by a second measurement
            self._check_size(simplex)
            new = yield from self._replacement(simplex)  # steps 2 to 4
            if new is not None:
                simplex[-1] = new
            else:  # step 5
                best = simplex[0].point
                shrunk = [best + self._options.shrink * (vertex.point - best) for vertex in simplex[1:]]
                scores = yield np.vstack([best, *shrunk])  # the best vertex is measured again, as Barton & Ivey do
                simplex[0].add(scores[0])
                simplex[1:] = [Measured(x).add(score) for x, score in zip(shrunk, scores[1:], strict=True)]

    def _replacement(self, simplex: list[Measured]) -> Search[Measured | None]:
        """Return the point that replaces the worst vertex; None to shrink."""
        best, second_worst, worst = simplex[0].mean, simplex[-2].mean, simplex[-1].mean
        center = np.mean([vertex.point for vertex in simplex[:-1]], axis=0)  # c, (n,)
        away = center - simplex[-1].point  # (n,)
        ways = {"reflected": RHO, "expanded": RHO * CHI, "outside": RHO * GAMMA, "inside": -GAMMA}
        points = {way: into_cube(center + length * away) for way, length in ways.items()}
        known: dict[str, Measured] = {}
        if self._options.together:
            known = dict(zip(points, (yield from _measure(np.vstack(list(points.values())))), strict=True))

        def look(way: str) -> Search[Measured]:
            return known[way] if way in known else (yield from _measure(points[way][None]))[0]

        reflected = yield from look("reflected")  # step 2
        if reflected.mean > best:  # step 3
            expanded = yield from look("expanded")
            return expanded if expanded.mean > reflected.mean else reflected
        if reflected.mean > second_worst:
            return reflected
        if reflected.mean > worst:  # step 4
            outside = yield from look("outside")
            return outside if outside.mean >= reflected.mean else None
        inside = yield from look("inside")
        return inside if inside.mean > worst else None

    def _check_size(self, simplex: list[Measured]) -> None:
        size = max(np.max(np.abs(vertex.point - simplex[0].point) / self._epsilon) for vertex in simplex)
        if size < self._options.tolerance:
            self._stop("size", f"the simplex is {size:.1e} epsilon wide, below the tolerance")


def first_simplex(start: Array, edges: Array) -> Array:
    """Return the start and, for each coordinate, a point moved along it, shape (n + 1, n).

    It moves by +edge, by -edge if that would leave the cube, or to the farther face if neither fits.
    """
    up, down = np.minimum(edges, 1.0 - start), np.minimum(edges, start)
    return np.vstack([start, start + np.diag(np.where(up >= down, up, -down))])


def _confirm_best(simplex: list[Measured]) -> Search[None]:
    """Sort the vertices, best first; measure the first again until it has more than one score."""
    simplex.sort(key=lambda vertex: -vertex.mean)
    while not simplex[0].confirmed:
        scores = yield simplex[0].point[None]
        simplex[0].add(scores[0])
        simplex.sort(key=lambda vertex: -vertex.mean)


def _measure(points: Array) -> Search[list[Measured]]:
    scores = yield points
    return [Measured(point).add(score) for point, score in zip(points, scores, strict=True)]
