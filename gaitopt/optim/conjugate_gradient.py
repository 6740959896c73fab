"""Nonlinear conjugate gradient. The real work is done in `ConjugateGradient._search`.

J. Nocedal and S. Wright, "Numerical Optimization", 2nd edition, Springer 2006, section 5.2, with signs turned, since
here J is maximized; g is the gradient by central differences in units of epsilon.

    (5.44)  beta = g' (g - g_old) / (g_old' g_old)                        Polak-Ribiere
    (5.45)  beta+ = max(beta, 0)                                          restart where it is negative
    (5.41)  p = g + beta+ p_old                                           along p a line search
            p = g every n steps, after a failed search, and where p goes downhill   restart

For noise: after a failed search, the gradient is measured again, and the mean of all measurements is used. On a
quadratic J without noise both the gradient and the line search are exact, and n steps reach the maximum.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube, unit
from gaitopt.optim.differences import central_gradient, central_points, inward
from gaitopt.optim.line_search import LineSearchOptions, line_search, next_reach
from gaitopt.optim.sequential import Search, Sequential


class ConjugateGradientOptions(LineSearchOptions):
    """An iteration costs (2n + points) * repeats evaluations."""


class ConjugateGradient(Sequential):
    """Steps along conjugate directions, which do not undo one another."""

    Options = ConjugateGradientOptions
    _options: ConjugateGradientOptions

    def _search(self) -> Search[None]:
        base: Array = self._start  # (n,)
        reach, steps = self._options.reach, 0
        p_old: Array = np.zeros(len(base))  # (n,)
        g_old: Array = p_old
        measured: list[Array] = []  # scores (2n,) of the base's neighbors
        while True:
            points = central_points(base, self._epsilon)  # (2n, n)
            measured.append((yield points))
            scores = np.mean(measured, axis=0)  # (2n,); over all searches since the last step
            self._consider(base, float(scores.mean()))  # best: the base whose neighbors scored highest on average
            g = inward(central_gradient(points, scores, self._epsilon), base)  # (n,)
            p = inward(g + polak_ribiere(g, g_old) * p_old, base)  # (5.41)
            if steps % len(base) == 0 or p @ g <= 0:
                p, steps = g, 0  # restart
            step = reach * unit(p) * self._epsilon  # (n,)
            t, _ = yield from line_search(base, step, 0.0, self._options.points)
            if t * reach > self._options.tolerance:
                base, measured, steps = into_cube(base + t * step), [], steps + 1
                p_old, g_old = p, g
            else:
                steps = 0
                if len(measured) >= self._options.patience:
                    self._stop("step", f"{len(measured)} searches in a row without a step")
            reach = next_reach(reach, t)


def polak_ribiere(g: Array, g_old: Array) -> float:
    """Return beta+ of two gradients (n,); 0 without an old one."""
    squared = float(g_old @ g_old)
    return max(float(g @ (g - g_old)) / squared, 0.0) if squared > 0 else 0.0  # (5.44), (5.45)
