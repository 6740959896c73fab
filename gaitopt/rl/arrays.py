"""Small checks of arrays, and states: plain arrays by name, fit for a file without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaitopt.errors import InputError

Array = NDArray[Any]
"""Real numbers; float64, or float32 in a perceptron of that precision."""
State = dict[str, NDArray[Any]]
"""Everything that something needs to go on where it stopped: arrays by name."""


def demand_finite(name: str, array: Array, hint: str) -> None:
    """Refuse an array in which anything is not a finite number.

    Raises:
        InputError: names the first bad element and says what to do (`hint`).
    """
    if np.isfinite(array).all():
        return
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    raise InputError(f"{name}{list(place)}: got {array[place]}, expected a finite number; {hint}")


def quiet_numbers() -> np.errstate:
    """Return a context in which numpy does not warn of numbers that are none: `demand_finite` tells of them."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def demand_shape(name: str, array: Array, expected: tuple[int | None, ...]) -> None:
    """Refuse an array of another shape; None stands for any length.

    Raises:
        InputError: names the shape that was got and the one expected.
    """
    fits = len(array.shape) == len(expected)
    if fits and all(e is None or e == g for g, e in zip(array.shape, expected, strict=True)):
        return
    words = ", ".join("any" if e is None else str(e) for e in expected)
    raise InputError(f"{name}: got shape {array.shape}, expected ({words}{',' if len(expected) == 1 else ''})")


def demand_share(name: str, value: float) -> None:
    """Refuse a discount or lambda outside 0 to 1.

    Raises:
        InputError: names the value.
    """
    if not 0 <= value <= 1:
        raise InputError(f"{name}: got {value}, expected a number in 0 to 1")


def read_only(array: Array) -> Array:
    """Return a view that cannot be written."""
    view = array.view()
    view.flags.writeable = False
    return view


def prefixed(prefix: str, state: Mapping[str, Array]) -> State:
    """Return the state of a part, its names put below `prefix`."""
    return {f"{prefix}.{name}": array for name, array in state.items()}


def part(prefix: str, state: Mapping[str, Array]) -> State:
    """Return the state of one part; the opposite of `prefixed`."""
    start = f"{prefix}."
    return {name[len(start) :]: array for name, array in state.items() if name.startswith(start)}


def entry(state: Mapping[str, Array], name: str, shape: tuple[int | None, ...], text: bool = False) -> Array:
    """Return one array of a state: real numbers, or text.

    Raises:
        InputError: it is missing, or has another shape or kind: the state is of something else.
    """
    if name not in state:
        raise InputError(f"state: {name!r} is missing; it was saved by something with other settings")
    array = np.asarray(state[name])
    demand_shape(f"state {name!r}", array, shape)
    kinds, words = ("U", "text") if text else ("bifu", "real numbers")
    if array.dtype.kind not in kinds:
        raise InputError(f"state {name!r}: got {array.dtype}, expected {words}; it is damaged")
    return array


def generator_state(rng: np.random.Generator) -> Array:
    """Return where a generator stands, as text."""
    return np.array(json.dumps(rng.bit_generator.state))


def restore_generator(rng: np.random.Generator, saved: Array) -> None:
    """Put a generator where `generator_state` found one.

    Raises:
        InputError: it is the state of another kind of generator.
    """
    try:
        rng.bit_generator.state = json.loads(str(saved))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"state of a random generator: cannot be restored: {error}") from error
