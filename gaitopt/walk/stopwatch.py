"""The stopwatch of a traversal: by true place in simulation, by a light gate or an operator's key on the desk."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Protocol

from gaitopt.errors import BodyError
from gaitopt.hal.body import BodyState
from gaitopt.hal.serial.light_gate import LightGate

HELD_S = 0.8
"""A key that follows another within this time is the same one, held down: keyboards repeat it after 0.25 to 0.7 s."""


class SpoiledError(BodyError):
    """A walk that does not count, such as one where somebody touched the robot; it is walked again."""


class Stopwatch(ABC):
    """Takes the time from a start line to a finish line."""

    started: float | None = None
    """When the start line was crossed [s]; None before."""
    finished: float | None = None
    """When the finish line was crossed [s]; None before."""

    def begin(self) -> None:
        """Make ready for the next walk."""
        self.started = self.finished = None

    @abstractmethod
    def update(self, state: BodyState) -> bool:
        """Look at the robot once more and return whether it has crossed the finish line.

        Raises:
            SpoiledError: this walk does not count.
        """

    @property
    def elapsed(self) -> float | None:
        """Time from line to line [s]; None before both are crossed."""
        if self.started is None or self.finished is None:
            return None
        return self.finished - self.started


class PositionStopwatch(Stopwatch):
    """Knows where the trunk is: start line at x = 0, finish line at x = `length` [m].

    The moment of a crossing lies on the straight line between the looks before and after it.
    """

    def __init__(self, length: float) -> None:
        self._length = length
        self._before: tuple[float, float] | None = None

    def begin(self) -> None:
        """Make ready for the next walk."""
        super().begin()
        self._before = None

    def update(self, state: BodyState) -> bool:
        """Look at the robot once more and return whether it has crossed the finish line."""
        if state.position is None:
            raise BodyError("this body cannot tell where it is: time it by --stopwatch key or gate:PORT")
        time, x = state.time, state.position[0]
        if self.started is None and x >= 0.0:
            self.started = self._crossing(time, x, 0.0)
        if self.finished is None and x >= self._length:
            self.finished = self._crossing(time, x, self._length)
        self._before = time, x
        return self.finished is not None

    def _crossing(self, time: float, x: float, line: float) -> float:
        if self._before is None:
            return time
        time_before, x_before = self._before
        return time_before + (time - time_before) * (line - x_before) / (x - x_before)


class Keys(Protocol):
    """An operator's keyboard."""

    def pressed(self) -> str:
        """Return the keys pressed since the last call, without waiting."""


class GateStopwatch(Stopwatch):
    """Two light beams across the field; their own clock counts. An operator presses `r` to spoil a walk."""

    def __init__(self, gate: LightGate, keys: Keys | None = None) -> None:
        self._gate, self._keys = gate, keys

    def begin(self) -> None:
        """Make ready for the next walk."""
        super().begin()
        self._gate.reset()

    def update(self, state: BodyState) -> bool:
        """Look at the gate and return whether the finish line has been crossed."""
        if self._keys is not None:
            _unspoiled(self._keys)
        passage = self._gate.poll()
        self.started, self.finished = passage.started, passage.finished
        if passage.duration is not None and self.started is not None:
            self.finished = self.started + passage.duration  # where the gate's clock began anew in between
        return self.finished is not None


class KeyStopwatch(Stopwatch):
    """An operator: any key at the start line, any key at the finish line, `r` when the walk does not count.

    A key that is held down, or hit twice, counts once.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._pressed = -math.inf  # when a key was seen last [s]

    def begin(self) -> None:
        """Make ready for the next walk."""
        super().begin()
        _unspoiled(self._keys)
        self._pressed = -math.inf

    def update(self, state: BodyState) -> bool:
        """Look at the keys and return whether the finish line has been crossed."""
        if _unspoiled(self._keys):
            anew = state.time - self._pressed > HELD_S
            self._pressed = state.time
            if anew and self.started is None:
                self.started = state.time
            elif anew and self.finished is None:
                self.finished = state.time
        return self.finished is not None


def _unspoiled(keys: Keys) -> str:
    """Return the keys pressed since the last look.

    Raises:
        SpoiledError: `r` is among them.
    """
    pressed = keys.pressed()
    if "r" in pressed.lower():
        raise SpoiledError("the operator spoiled it")
    return pressed
