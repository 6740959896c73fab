"""Checks of arrays that come in, and read-only copies of arrays that go out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gaitopt.arrays import Array
from gaitopt.errors import InputError


def read_only(values: ArrayLike) -> Array:
    """Return a read-only copy."""
    copy = np.array(values, dtype=np.float64)
    copy.setflags(write=False)
    return copy


def check_array(what: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return a read-only copy.

    Raises:
        InputError: the values are not finite numbers of this shape.
    """
    try:
        array = read_only(values)
    except (TypeError, ValueError) as error:
        got = f"a {type(values).__name__} that is not an array of numbers"
        raise InputError(f"{what}: got {got}, expected shape {shape}; pass an array of that shape") from error
    if array.shape != shape:
        raise InputError(f"{what}: got shape {array.shape}, expected {shape}; pass an array of that shape")
    check_all(what, array, np.isfinite(array), "a finite number")
    return array


def check_all(what: str, array: Array, good: NDArray[np.bool_], expected: str) -> None:
    """Check every number.

    Raises:
        InputError: one is not good; names the first.
    """
    if not good.all():
        place = tuple(int(i) for i in np.argwhere(~good)[0])
        raise InputError(f"{what}{list(place)}: got {array[place]}, expected {expected}; correct this value")


def into_cube(points: Array) -> Array:
    """Return the points with every coordinate clipped to 0 to 1."""
    return np.clip(points, 0.0, 1.0)


def unit(vector: Array) -> Array:
    """Return the vector (n,) at length 1; a zero vector stays zero."""
    length = math.hypot(*vector)
    return vector / length if length > 0 else vector
