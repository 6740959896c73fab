"""The box in which Bayesian optimization looks for its next points.

D. Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization" (TuRBO), NeurIPS 2019, section 2: a
model of the whole cube would need far more points than a robot can walk, and expected improvement, left alone, would
look at the cube's many corners first. The box is long where the model says that the function changes slowly, doubles
after three successes in a row, and halves after some failures in a row, n for a point at a time. Unlike the paper's it
is never larger than at first: with some hundred points in twelve dimensions it would be looked through in vain.
"""

from __future__ import annotations

import math

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube

SMALLEST = 2**-7
"""Below this side the box starts anew [cube units]."""
SUCCESSES = 3
"""So many in a row double the sides."""
SUCCESS = 0.003
"""The least gain that is a success, as a part of the score; the paper asks for 0.001 of a function without noise."""
LONGEST = 3.0
"""No side is longer or shorter than the mean side by more than this factor."""


class TrustRegion:
    """A box around a center whose sides follow success and failure."""

    def __init__(self, side: float, batch: int, n: int, least: float = 0.0) -> None:
        """Begin with this side [cube units] in n dimensions; an iteration measures `batch` points.

        Where `least` is above `SMALLEST`, the box does not get smaller, and so does not start anew.
        """
        self._first = self.side = side
        self._least = least
        self._patience = max(4, math.ceil(n / batch))  # failures in a row that halve the sides
        self._successes = self._failures = 0
        self._top: float | None = None

    def box(self, center: Array, lengths: Array) -> tuple[Array, Array]:
        """Return the lowest and the highest corner (n,), inside the cube; the model's lengths (n,) give the shape."""
        shape = lengths / np.exp(np.log(lengths).mean())  # (n,), of volume 1
        half = self.side / 2 * np.clip(shape, 1 / LONGEST, LONGEST)
        return into_cube(center - half), into_cube(center + half)

    def update(self, top: float) -> None:
        """Take in the highest posterior mean after an iteration."""
        if self._top is None:  # the first points are no trial of the box
            self._top = top
            return
        if top > self._top + SUCCESS * abs(self._top):
            self._successes, self._failures = self._successes + 1, 0
        else:
            self._successes, self._failures = 0, self._failures + 1
        self._top = max(top, self._top)
        if self._successes == SUCCESSES:
            self.side, self._successes = min(2 * self.side, self._first), 0
        elif self._failures == self._patience:
            self.side, self._failures = max(self.side / 2, self._least), 0
        if self.side < SMALLEST:
            self.side = self._first
