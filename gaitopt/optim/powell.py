"""Powell's method of conjugate directions. The real work is done in `Powell._search` and `takes_new_direction`.

M. Powell, "An efficient method for finding the minimum of a function of several variables without calculating
derivatives", Computer Journal 7, 1964, in the form of W. Press et al., "Numerical Recipes", 3rd edition, 2007, section
10.7.3 (discarding the direction of largest gain):

1. From P_0, search along every direction in turn; the end of this sweep is P_N.
2. f_0, f_N, f_E at P_0, P_N and the extrapolated P_E = 2 P_N - P_0, all f = -J; D is the largest gain of a direction.
3. Keep the old directions if f_E >= f_0, or 2 (f_0 - 2 f_N + f_E) ((f_0 - f_N) - D)^2 >= D (f_0 - f_E)^2.
4. Else search along P_N - P_0, and put it in place of the direction of largest gain.

For noise: the line searches fit parabolas to many points, and step 2 measures P_0 and P_N again: a sweep that did not
gain is undone, and the score of P_0 is the mean of all its measurements. Step 4 is checked in the same way.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube, unit
from gaitopt.optim.line_search import SHORTEST, LineSearchOptions, Points, line_search, next_reach
from gaitopt.optim.measured import Measured
from gaitopt.optim.sequential import Search, Sequential
from gaitopt.spec import Count


class PowellOptions(LineSearchOptions):
    """A line costs points * repeats evaluations, a sweep those of n or n + 1 lines and 3 or 5 * repeats."""

    points: Points = 5
    """Number of points measured on a line."""
    patience: Count = 3
    """Sweeps in a row without a gain after which it stops."""


class Powell(Sequential):
    """Searches along one direction after the other, and replaces directions by the moves of whole sweeps."""

    Options = PowellOptions
    _options: PowellOptions

    def _search(self) -> Search[None]:
        start = Measured(self._start)  # P_0
        directions = list(np.eye(len(self._start)))  # unit vectors (n,) in units of epsilon
        reaches = [self._options.reach] * len(directions)
        idle = 0  # sweeps in a row without a gain
        while True:
            p_n, gains = start.point, []
            for i, direction in enumerate(directions):  # step 1
                p_n, gain, reaches[i] = yield from self._climb(p_n, direction, reaches[i])
                gains.append(gain)
            moved = (p_n - start.point) / self._epsilon  # (n,)
            p_e = into_cube(2 * p_n - start.point)
            scores = yield np.vstack([start.point, p_n, p_e])  # step 2
            start.add(scores[0])
            j_0, j_n, j_e = start.mean, float(scores[1]), float(scores[2])
            gained = j_n > j_0 and np.linalg.norm(moved) > self._options.tolerance
            idle = 0 if gained else idle + 1
            if gained:
                start = Measured(p_n)
            self._best = start.point  # best: the end of the last sweep whose gain new scores confirmed
            if gained and takes_new_direction(j_0, j_n, j_e, max(gains)):  # step 3
                reach = max(float(np.linalg.norm(moved)), SHORTEST)
                further, _, reach = yield from self._climb(p_n, unit(moved), reach)
                largest = int(np.argmax(gains))  # step 4
                directions[largest], reaches[largest] = unit(moved), reach
                scores = yield np.vstack([p_n, further])
                if scores[1] > scores[0]:
                    start = Measured(further)
                    self._best = further
            if idle >= self._options.patience:
                self._stop("step", f"{idle} sweeps in a row without a gain")

    def _climb(self, point: Array, direction: Array, reach: float) -> Search[tuple[Array, float, float]]:
        """Return the maximum of a line, the gain, and the next reach."""
        step = reach * direction * self._epsilon  # (n,)
        t, gain = yield from line_search(point, step, -1.0, self._options.points)
        return into_cube(point + t * step), gain, next_reach(reach, t)


def takes_new_direction(j_0: float, j_n: float, j_e: float, largest_gain: float) -> bool:
    """Return whether the move of a sweep replaces the direction of the largest gain; see step 3."""
    f_0, f_n, f_e = -j_0, -j_n, -j_e  # as in the book, which minimizes
    if f_e >= f_0:
        return False
    bent = 2 * (f_0 - 2 * f_n + f_e) * (f_0 - f_n - largest_gain) ** 2
    return bent < largest_gain * (f_0 - f_e) ** 2
