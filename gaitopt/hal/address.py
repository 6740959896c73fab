"""Addresses of bodies: `mujoco:`, `opencat:/dev/ttyUSB0`, `dynamixel:/dev/ttyUSB0?baud=1000000&id=NAME`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from gaitopt.errors import InputError, unknown_name
from gaitopt.hal.driver import DRIVERS
from gaitopt.hal.engine import ENGINES

OPTIONS = ("baud", "id")


@dataclass(frozen=True)
class Address:
    """An address in its parts."""

    kind: str
    """Name of the engine or driver."""
    port: str = ""
    """Serial port of a real robot."""
    baud: int | None = None
    """Speed of its line; None is the driver's usual one [bit/s]."""
    id: str | None = None
    """Name of this physical robot, as calibrated."""

    @property
    def real(self) -> bool:
        """Whether it is a real robot's."""
        return self.kind not in ENGINES  # asked first, so that simulations do not look for drivers


def parse_address(text: str) -> Address:
    """Return the parts of an address.

    Raises:
        InputError: it is not one.
    """
    kind, colon, rest = text.partition(":")
    if kind in ENGINES:
        if not colon or rest:
            raise InputError(f"body address: got {text!r}; expected '{kind}:'")
        return Address(kind)
    if kind not in DRIVERS:
        if kind in DRIVERS.problems:
            raise InputError(f"body {kind!r} cannot be used: {DRIVERS.problems[kind]}")
        raise unknown_name("body", kind, [*ENGINES, *DRIVERS])
    port, _, query = rest.partition("?")
    if not port:
        raise InputError(f"body address: got {text!r}; expected '{kind}:PORT', such as {kind}:/dev/ttyUSB0")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in OPTIONS:
            raise unknown_name(f"option in body address {text!r}:", name, OPTIONS)
    if options.get("id") == "":
        raise InputError(f"body address {text!r}: id: got nothing; expected the name of a calibration, or no id at all")
    return Address(kind, port, _baud(options.get("baud"), text), options.get("id"))


def _baud(text: str | None, address: str) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise InputError(f"body address {address!r}: baud: got {text!r}; expected a number such as 115200")
    return int(text)
