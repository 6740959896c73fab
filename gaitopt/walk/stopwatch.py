"""Stopwatches of a traversal: true position in simulation, a light gate or an operator's key for a real robot."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Protocol

from gaitopt.errors import BodyError
from gaitopt.hal.body import BodyState
from gaitopt.hal.serial.light_gate import LightGate

HELD_S = 0.8
"""Time within which a second key is the same one, held down [s]: keyboards repeat it after 0.25 to 0.7 s."""


class SpoiledError(BodyError):
    """A walk that does not count, for example because somebody touched the robot; it is repeated."""


class Stopwatch(ABC):
    """Measures the time from a start line to a finish line."""

    started: float | None = None
    """Time at which the start line was crossed [s]; None before."""
    finished: float | None = None
    """Time at which the finish line was crossed [s]; None before."""

    def begin(self) -> None:
        """Get ready for the next walk."""
        self.started = self.finished = None

    @abstractmethod
    def update(self, state: BodyState) -> bool:
        """Take the robot's new state and return whether it has crossed the finish line.

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
    """Times the true position of the trunk: start line at x = 0, finish line at x = `length` [m].

    The time of a crossing is interpolated linearly between the readings before and after it.
    """

    def __init__(self, length: float) -> None:
        self._length = length
        self._before: tuple[float, float] | None = None

    def begin(self) -> None:
        """Get ready for the next walk."""
        super().begin()
        self._before = None

    def update(self, state: BodyState) -> bool:
        """Take the robot's new state and return whether it has crossed the finish line."""
        if state.position is None:
            raise BodyError("this body does not measure its position: time it with --stopwatch key or gate:PORT")
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
    """Times by two light beams across the field, with their own clock. An operator presses `r` to reject a walk."""

    def __init__(self, gate: LightGate, keys: Keys | None = None) -> None:
        self._gate, self._keys = gate, keys

    def begin(self) -> None:
        """Get ready for the next walk."""
        super().begin()
        self._gate.reset()

    def update(self, state: BodyState) -> bool:
        """Poll the gate and return whether the finish line has been crossed."""
        if self._keys is not None:
            _unspoiled(self._keys)
        passage = self._gate.poll()
        self.started, self.finished = passage.started, passage.finished
        if passage.duration is not None and self.started is not None:
            self.finished = self.started + passage.duration  # in case the gate's clock restarted in between
        return self.finished is not None


class KeyStopwatch(Stopwatch):
    """Times by an operator: any key at the start line, any key at the finish line, `r` to reject the walk.

    A key that is held down, or hit twice, counts once.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._pressed = -math.inf  # time of the last key [s]

    def begin(self) -> None:
        """Get ready for the next walk."""
        super().begin()
        _unspoiled(self._keys)
        self._pressed = -math.inf

    def update(self, state: BodyState) -> bool:
        """Read the keys and return whether the finish line has been crossed."""
        if _unspoiled(self._keys):
            anew = state.time - self._pressed > HELD_S
            self._pressed = state.time
            if anew and self.started is None:
                self.started = state.time
            elif anew and self.finished is None:
                self.finished = state.time
        return self.finished is not None


def _unspoiled(keys: Keys) -> str:
    """Return the keys pressed since the last reading.

    Raises:
        SpoiledError: `r` is among them.
    """
    pressed = keys.pressed()
    if "r" in pressed.lower():
        raise SpoiledError("the operator rejected it")
    return pressed
