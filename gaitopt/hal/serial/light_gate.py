"""A light gate: two beams across the field, at the start and the finish line, timed by a small board.

The protocol is gaitopt's own: 115200 baud, 8N1, one line each time a beam is broken, in milliseconds of the board's
clock: `S <milliseconds>` at the start line, `F <milliseconds>` at the finish line. The answer to `?` is
`gaitopt-gate 1`. A sketch for an Arduino with the two beams on pins 2 and 3:

    bool was_broken[2];
    void setup() { Serial.begin(115200); pinMode(2, INPUT_PULLUP); pinMode(3, INPUT_PULLUP); }
    void loop() {
      for (int i = 0; i < 2; i++) {
        bool broken = digitalRead(2 + i) == LOW;
        if (broken && !was_broken[i]) { Serial.print(i == 0 ? "S " : "F "); Serial.println(millis()); }
        was_broken[i] = broken;
      }
      if (Serial.read() == '?') Serial.println("gaitopt-gate 1");
    }
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gaitopt.errors import BodyError
from gaitopt.hal.link import Link

BAUD = 115200
GREETING = "gaitopt-gate 1"
"""Answer to `?`: name and version of the protocol."""
HANDSHAKE_TIME = 5.0
"""Longest time until a gate answers [s]; an Arduino, which is reset when its port is opened, needs 2 s."""
REPLY_TIME = 0.5
"""Time after which the question is repeated [s]."""
CLOCK_RANGE = 2**32
"""The board's clock wraps around after so many milliseconds, 49.7 days."""
LONGEST_LINE = 64
"""Longest line that is kept [bytes]."""


class Passage(NamedTuple):
    """Times measured since the last reset, by the gate's clock [s]."""

    started: float | None
    """Time at the start line; None if not crossed yet."""
    finished: float | None
    """Time at the finish line; None if not crossed yet."""

    @property
    def duration(self) -> float | None:
        """Time from the start to the finish line [s]; None before the finish."""
        if self.started is None or self.finished is None:
            return None
        return (self.finished - self.started) % (CLOCK_RANGE / 1000)


class LightGate:
    """The host's side of a light gate.

    A passing robot breaks a beam many times: nose, legs, tail. Only the first break of the start line since the reset
    counts, then the first of the finish line after it: both by the nose, so that the distance walked is that of the
    beams. Everything else is ignored: a hand in the finish line before the start, and invalid lines.

    Args:
        link: the line to the board.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._buffer = b""
        self._started_ms: int | None = None
        self._finished_ms: int | None = None

    def configure(self, patience: float = HANDSHAKE_TIME) -> None:
        """Check that a light gate is at the other end, within `patience` [s], and reset.

        Raises:
            BodyError: nothing answers, or not a light gate.
        """
        heard: list[str] = []
        deadline = self._link.now() + patience
        while GREETING not in heard:
            if self._link.now() >= deadline:
                raise BodyError(_not_a_gate(self._link.name, heard))
            self.reset()  # half a line from the board's start would spoil the answer
            self._link.write(b"?")
            heard += self._listen(REPLY_TIME)
        self.reset()

    def reset(self) -> None:
        """Discard all times, for the next traversal; call it when the robot stands before the start line."""
        self._link.flush_input()
        self._buffer = b""
        self._started_ms = self._finished_ms = None

    def poll(self) -> Passage:
        """Return the times since the reset, without waiting.

        Raises:
            BodyError: the line is lost.
        """
        for line in self._lines(self._link.read(0.0)):
            self._see(line)
        return Passage(_seconds(self._started_ms), _seconds(self._finished_ms))

    def close(self) -> None:
        """Close the line; harmless when repeated."""
        self._link.close()

    def _see(self, line: str) -> None:
        match = re.fullmatch(r"([SF]) ([0-9]{1,10})", line)
        if not match or int(match[2]) >= CLOCK_RANGE:
            return
        if match[1] == "S" and self._started_ms is None:
            self._started_ms = int(match[2])
        elif match[1] == "F" and self._started_ms is not None and self._finished_ms is None:
            self._finished_ms = int(match[2])

    def _listen(self, duration: float) -> list[str]:
        """Return the lines that arrive within `duration` [s], at once when a greeting is among them."""
        heard: list[str] = []
        end = self._link.now() + duration
        while GREETING not in heard and (left := end - self._link.now()) > 0.0:
            heard += self._lines(self._link.read(left))
        return heard

    def _lines(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes, without line ends; keep the rest for later."""
        *lines, rest = (self._buffer + data).split(b"\n")
        self._buffer = rest[-LONGEST_LINE:]
        return [line.rstrip(b"\r").decode("ascii", errors="replace") for line in lines]


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _not_a_gate(port: str, heard: list[str]) -> str:
    expected = f"expected {GREETING!r} in answer to '?'"
    if not heard:
        return f"{port}: no light gate answers: {expected}; check the port, its cable and {BAUD} baud"
    return f"{port}: this is not a light gate: {expected}, got {heard[-1][:LONGEST_LINE]!r}; choose another port"
