"""Tables of joint angles over one cycle."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array


def interpolate(table: Array, phase: ArrayLike) -> Array:
    """Return the rows, (k, joints), of a periodic table, (n, joints), at phases, (k,), where 1 is a whole cycle."""
    place = np.asarray(phase, dtype=float) % 1.0 * len(table)
    before = place.astype(int) % len(table)
    part = (place - np.floor(place))[:, None]
    return (1 - part) * table[before] + part * table[(before + 1) % len(table)]
