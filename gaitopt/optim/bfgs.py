"""The quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno. The real work is done in `updated`.

J. Nocedal and S. Wright, "Numerical Optimization", 2nd edition, Springer 2006, section 6.1, with signs turned, since
here J is maximized; g is the gradient by central differences, all in units of epsilon.

    (6.18)  p = H g                                                       along p a line search
    (6.5)   s = theta - theta_old,  y = -(g - g_old)
    (6.20)  H = (y' s / y' y) I                                           before the first update
    (6.17)  H <- (I - rho s y') H (I - rho y s') + rho s s',  rho = 1 / (y' s)

For noise: A. Berahas, R. Byrd and J. Nocedal, "Derivative-Free Optimization of Noisy Functions via Quasi-Newton
Methods", SIAM Journal on Optimization 29, 2019: differences over an interval (epsilon) that is wide compared to the
noise, a noise-tolerant line search, and no update unless y' s is clearly positive. After a failed search, H is reset,
the gradient is measured again, and the mean of all its measurements is used.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube, unit
from gaitopt.optim.differences import central_gradient, central_points, inward
from gaitopt.optim.line_search import LineSearchOptions, line_search, next_reach
from gaitopt.optim.sequential import Search, Sequential

CAUTION = 0.01
"""Smallest cosine between s and y for an update; on a quadratic it allows a condition number of 40,000."""


class BFGSOptions(LineSearchOptions):
    """An iteration costs (2n + points) * repeats evaluations."""


class BFGS(Sequential):
    """Steps along the gradient times an estimate of the inverse Hessian."""

    Options = BFGSOptions
    _options: BFGSOptions

    def _search(self) -> Search[None]:
        base: Array = self._start  # (n,)
        reach = self._options.reach
        base_old: Array = base
        g_old: Array = np.zeros(len(base))  # (n,)
        inverse: Array | None = None  # H, (n, n); None for the identity of unknown scale
        measured: list[Array] = []  # scores (2n,) of the base's neighbors
        while True:
            points = central_points(base, self._epsilon)  # (2n, n)
            measured.append((yield points))
            scores = np.mean(measured, axis=0)  # (2n,); over all searches since the last step
            self._consider(base, float(scores.mean()))  # best: the base whose neighbors scored highest on average
            g = central_gradient(points, scores, self._epsilon)  # (n,)
            inverse = updated(inverse, (base - base_old) / self._epsilon, g_old - g)
            p = inward(g if inverse is None else inverse @ g, base)  # (6.18)
            if p @ g <= 0:  # p is downhill only at faces of the cube
                inverse, p = None, inward(g, base)
            step = reach * unit(p) * self._epsilon  # (n,)
            t, _ = yield from line_search(base, step, 0.0, self._options.points)
            base_old, g_old = base, g
            if t * reach > self._options.tolerance:
                base, measured = into_cube(base + t * step), []
            else:
                inverse = None
                if len(measured) >= self._options.patience:
                    self._stop("step", f"{len(measured)} searches in a row without a step")
            reach = next_reach(reach, t)


def updated(inverse: Array | None, s: Array, y: Array) -> Array | None:
    """Return the next inverse Hessian (n, n) of -J after a step s (n,) that changed its gradient by y (n,)."""
    curvature = float(y @ s)
    if curvature <= CAUTION * np.linalg.norm(s) * np.linalg.norm(y):
        return inverse
    identity = np.eye(len(s))
    if inverse is None:
        inverse = curvature / (y @ y) * identity  # (6.20)
    left = identity - np.outer(s, y) / curvature
    return left @ inverse @ left.T + np.outer(s, s) / curvature  # (6.17)
