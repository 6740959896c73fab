"""Checks of arrays, and states: arrays by name that a file can hold without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.errors import InputError

State = dict[str, NDArray[Any]]
"""All that an object needs to continue where it stopped: arrays by name."""


def check_finite(name: str, array: Array, hint: str) -> None:
    """Check that every element is a finite number.

    Raises:
        InputError: names the first that is not, and what to do (`hint`).
    """
    if np.isfinite(array).all():
        return
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    raise InputError(f"{name}{list(place)}: got {array[place]}, expected a finite number; {hint}")


def ignoring_float_warnings() -> np.errstate:
    """Return a context in which numpy does not warn of overflow and NaN; `check_finite` reports them."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def check_shape(name: str, array: Array, expected: tuple[int | None, ...]) -> None:
    """Check the shape of an array; None stands for any length.

    Raises:
        InputError: names both shapes.
    """
    fits = len(array.shape) == len(expected)
    if fits and all(e is None or e == g for g, e in zip(array.shape, expected, strict=True)):
        return
    words = ", ".join("any" if e is None else str(e) for e in expected)
    raise InputError(f"{name}: got shape {array.shape}, expected ({words}{',' if len(expected) == 1 else ''})")


def check_share(name: str, value: float) -> None:
    """Check that a discount or lambda is in 0 to 1.

    Raises:
        InputError: names the value.
    """
    if not 0 <= value <= 1:
        raise InputError(f"{name}: got {value}, expected a number in 0 to 1")


def read_only(array: Array) -> Array:
    """Return a read-only view."""
    view = array.view()
    view.flags.writeable = False
    return view


def prefixed(prefix: str, state: Mapping[str, Array]) -> State:
    """Return the state of a part with `prefix` before each name."""
    return {f"{prefix}.{name}": array for name, array in state.items()}


def part(prefix: str, state: Mapping[str, Array]) -> State:
    """Return the state of one part; the inverse of `prefixed`."""
    start = f"{prefix}."
    return {name[len(start) :]: array for name, array in state.items() if name.startswith(start)}


def entry(state: Mapping[str, Array], name: str, shape: tuple[int | None, ...], text: bool = False) -> Array:
    """Return one array of a state, of real numbers or text.

    Raises:
        InputError: it is missing, or has another shape or type.
    """
    if name not in state:
        raise InputError(f"state: {name!r} is missing; it was saved by something with other settings")
    array = np.asarray(state[name])
    check_shape(f"state {name!r}", array, shape)
    kinds, words = ("U", "text") if text else ("bifu", "real numbers")
    if array.dtype.kind not in kinds:
        raise InputError(f"state {name!r}: got {array.dtype}, expected {words}; it is damaged")
    return array


def generator_state(rng: np.random.Generator) -> Array:
    """Return the state of a generator as text."""
    return np.array(json.dumps(rng.bit_generator.state))


def restore_generator(rng: np.random.Generator, saved: Array) -> None:
    """Set a generator to a state of `generator_state`.

    Raises:
        InputError: the state is of another kind of generator.
    """
    try:
        rng.bit_generator.state = json.loads(str(saved))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"state of a random generator: cannot be restored: {error}") from error
