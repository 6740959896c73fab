"""Faults of a serial line and of the device behind it, injected repeatably.

Real lines lose commands, merge two into one, garble bytes and reset boards (users' reports in PetoiCamp
OpenCat-Quadruped-Robot#19, OpenCatEsp32-Quadruped-Robot#51, huggingface/lerobot#1252); drivers are tested against all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gaitopt.errors import InputError, unknown_name

HIGHEST_SERVO = 252
"""Highest number of a servo on a Dynamixel bus; OpenCat's are far below (ROBOTIS emanual, Protocol 2.0)."""


@dataclass(frozen=True)
class FaultSpec:
    """Faults and their probabilities or times; none by default. Times count from the start of the line."""

    drop: float = 0.0
    """Probability that a burst is lost, in each direction."""
    garble: float = 0.0
    """Probability that one byte of a burst is changed, in each direction."""
    duplicate: float = 0.0
    """Probability that a burst arrives twice, in each direction."""
    merge: float = 0.0
    """Probability that a burst waits for the next one in its direction and arrives merged with it."""
    delay: float = 0.0
    """Longest delay of a burst [s]; each burst is delayed by a random share of it, and none overtakes another."""
    reset: float | None = None
    """Time at which the board resets itself, as in a brown-out [s]."""
    unplug: float | None = None
    """Time at which the plug is pulled [s]."""
    dead: int | None = None
    """Number of a servo that is dead from the start."""
    low_battery: float | None = None
    """Time at which the battery runs low [s]."""

    @classmethod
    def parse(cls, text: str) -> FaultSpec:
        """Parse what a user typed, such as `drop=0.01,delay=20ms,reset=30s,dead=8,low-battery=40s`.

        Raises:
            InputError: an unknown or repeated fault, or an invalid value.
        """
        values: dict[str, Any] = {}
        for item in text.split(","):
            name, equals, value = (part.strip() for part in item.partition("="))
            if name not in READERS:
                raise unknown_name("fault", name, READERS)
            if not equals:
                raise InputError(f"fault {name} needs a value, such as {name}={READERS[name][1]}")
            key = name.replace("-", "_")
            if key in values:
                raise InputError(f"fault {name} is given twice; give it once")
            values[key] = _read(name, value)
        return cls(**values)


def _probability(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise ValueError(text)
    return value


def _duration(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s)", text)
    if not match:
        raise ValueError(text)
    return float(match[1]) * (1e-3 if match[2] == "ms" else 1.0)


def _servo(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text) or int(text) > HIGHEST_SERVO:
        raise ValueError(text)
    return int(text)


_PROBABILITY = (_probability, "0.01", "a probability from 0 to 1")
_TIME = (_duration, "30s", "a time with its unit, ms or s")
READERS: dict[str, tuple[Callable[[str], float], str, str]] = {
    "drop": _PROBABILITY,
    "garble": _PROBABILITY,
    "duplicate": _PROBABILITY,
    "merge": _PROBABILITY,
    "delay": (_duration, "20ms", "a time with its unit, ms or s"),
    "reset": _TIME,
    "unplug": _TIME,
    "dead": (_servo, "8", f"a servo's number from 0 to {HIGHEST_SERVO}"),
    "low-battery": _TIME,
}
"""For each fault: parser of its value, an example, and what is expected."""


def _read(name: str, value: str) -> float | int:
    reader, example, expected = READERS[name]
    try:
        return reader(value)
    except ValueError:
        raise InputError(f"fault {name}={value}: expected {expected}, such as {name}={example}") from None


Kind = Literal["reset", "unplug", "dead", "low-battery"]


@dataclass(frozen=True)
class FaultEvent:
    """A fault at a set time, whatever is on the line."""

    time: float
    """Time of the fault [s]."""
    kind: Kind
    """Kind of fault."""
    servo: int | None = None
    """Number of the dead servo."""


class FaultyLine:
    """Applies the faults of a spec to bursts. It holds only bytes that wait to be merged.

    Args:
        spec: the faults.
        rng: random generator.
        start: time from which the spec's times count [s].
    """

    def __init__(self, spec: FaultSpec, rng: np.random.Generator, start: float = 0.0) -> None:
        self._spec = spec
        self._rng = rng
        self._to_device = _Direction()
        self._to_host = _Direction()
        self._pending = sorted(_timed(spec, start), key=lambda event: event.time)

    def to_device(self, data: bytes, now: float) -> list[tuple[float, bytes]]:
        """Return the bursts that reach the device, with their times [s], if the host sends `data` at `now` [s]."""
        return self._pass(data, now, self._to_device)

    def to_host(self, data: bytes, now: float) -> list[tuple[float, bytes]]:
        """Return the bursts that reach the host, with their times [s], if the device sends `data` at `now` [s]."""
        return self._pass(data, now, self._to_host)

    def events(self, now: float) -> list[FaultEvent]:
        """Return the timed faults that are due by `now` [s], each once."""
        due = [event for event in self._pending if event.time <= now]
        self._pending = self._pending[len(due) :]
        return due

    def next_event(self) -> float | None:
        """Return the time of the next timed fault [s]; None after the last."""
        return self._pending[0].time if self._pending else None

    def _pass(self, data: bytes, now: float, direction: _Direction) -> list[tuple[float, bytes]]:
        if self._chance(self._spec.drop):
            return []
        if self._chance(self._spec.garble):
            data = self._garbled(data)
        data, direction.held = direction.held + data, b""
        if self._chance(self._spec.merge):
            direction.held = data
            return []
        copies = 2 if self._chance(self._spec.duplicate) else 1
        direction.last = max(direction.last, now + self._spec.delay * self._rng.random())
        return [(direction.last, data)] * copies

    def _chance(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)

    def _garbled(self, data: bytes) -> bytes:
        changed = bytearray(data)
        changed[self._rng.integers(len(data))] ^= int(self._rng.integers(1, 256))
        return bytes(changed)


@dataclass
class _Direction:
    """State of one direction of a line."""

    held: bytes = b""
    """Bytes that wait for the next burst."""
    last: float = -np.inf
    """Arrival time of the last burst [s]."""


def _timed(spec: FaultSpec, start: float) -> list[FaultEvent]:
    events = [] if spec.dead is None else [FaultEvent(start, "dead", spec.dead)]
    times: dict[Kind, float | None] = {"reset": spec.reset, "unplug": spec.unplug, "low-battery": spec.low_battery}
    return events + [FaultEvent(start + time, kind) for kind, time in times.items() if time is not None]
