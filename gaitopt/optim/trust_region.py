"""The trust region of Bayesian optimization: a box that contains the next points.

D. Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization" (TuRBO), NeurIPS 2019, section 2: a
model of the whole cube would need far more points than a robot can walk, and expected improvement alone would try the
many corners of the cube first. The box is longer in coordinates with longer length scales; it doubles after three
successes in a row, and halves after some failures in a row, n for one point at a time. Unlike in the paper it never
exceeds its first size: a few hundred points cannot explore a larger box in twelve dimensions.
"""

from __future__ import annotations

import math

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube

SMALLEST = 2**-7
"""Side below which the box is reset [cube units]."""
SUCCESSES = 3
"""Successes in a row that double the sides."""
SUCCESS = 0.003
"""Smallest gain that is a success, as a fraction of the score; 0.001 in the paper, for functions without noise."""
LONGEST = 3.0
"""Largest ratio between a side and the mean side."""


class TrustRegion:
    """A box around a center that grows with success and shrinks with failure."""

    def __init__(self, side: float, batch: int, n: int, least: float = 0.0) -> None:
        """Take the first side [cube units], the points per iteration, and the number n of dimensions.

        The box never gets smaller than `least`; above `SMALLEST`, it is therefore never reset.
        """
        self._first = self.side = side
        self._least = least
        self._patience = max(4, math.ceil(n / batch))  # failures in a row that halve the sides
        self._successes = self._failures = 0
        self._top: float | None = None

    def box(self, center: Array, lengths: Array) -> tuple[Array, Array]:
        """Return the lower and upper corner (n,), inside the cube; the length scales (n,) give the shape."""
        shape = lengths / np.exp(np.log(lengths).mean())  # (n,), of volume 1
        half = self.side / 2 * np.clip(shape, 1 / LONGEST, LONGEST)
        return into_cube(center - half), into_cube(center + half)

    def update(self, top: float) -> None:
        """Adapt to the highest posterior mean after an iteration."""
        if self._top is None:  # the first points do not test the box
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
