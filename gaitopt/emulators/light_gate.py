"""Emulated firmware of a light gate, after the protocol's description in `gaitopt/hal/serial/light_gate.py`."""

from __future__ import annotations

from typing import Literal


class GateFirmware:
    """A board with two beams; whoever knows where the robot is calls `trip`."""

    def __init__(self) -> None:
        self._power_on = 0.0
        self._broken: list[tuple[float, bytes]] = []

    def trip(self, line: Literal["S", "F"], now: float) -> None:
        """Break the beam of the start (S) or finish (F) line at `now` [s]."""
        milliseconds = int((now - self._power_on) * 1000) % 2**32
        self._broken.append((now, f"{line} {milliseconds}\r\n".encode("ascii")))

    def feed(self, data: bytes, now: float) -> bytes:
        """Answer each question mark."""
        return self.tick(now) + b"gaitopt-gate 1\r\n" * data.count(b"?")

    def tick(self, now: float) -> bytes:
        """Return the lines for beams that were broken by `now` [s]."""
        lines = b"".join(text for time, text in self._broken if time <= now)
        self._broken = [(time, text) for time, text in self._broken if time > now]
        return lines

    def next_event(self) -> float | None:
        """Return the time of the next broken beam [s]."""
        return min((time for time, _ in self._broken), default=None)

    def reset(self, now: float) -> bytes:
        """Restart the clock; the board prints nothing."""
        self._power_on = now
        self._broken.clear()
        return b""
