"""One command and its reply on an OpenCat line, and how to get back in step after a missed reply.

Source: PetoiCamp OpenCatEsp32 src/moduleManager.h, read_serial(): what arrives while a command is carried out becomes
part of the next; so no command is sent before the last was confirmed, or the line was quiet for a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from gaitopt.errors import MissedReplyError
from gaitopt.hal.link import Link
from gaitopt.hal.opencat.codec import IDENTIFY, LineReader, is_asynchronous

QUIET = 0.25
"""Silence after which no command is half read: longer than the firmware's longest timeout [s]."""
LONGEST_WAIT_FOR_QUIET = 3.0
"""Time after which a line that is never quiet is used all the same [s]."""
IDENTIFY_TIME = 1.0
"""Longest time of a reply without motion [s]."""
BYTE_TIME = 10 / 57600
"""Time of one byte on the slowest board [s]."""
READ_TIME = 0.03
"""Silence after which the firmware has read any command but an upload, delays of USB included [s]."""


class Exchange:
    """Sends commands and waits for their replies. Unprompted lines go to `heard`."""

    def __init__(self, link: Link, heard: Callable[[str], None]) -> None:
        self.name = link.name
        """Name of the line for errors."""
        self._link = link
        self._heard = heard
        self._reader = LineReader()
        self._lines: deque[str] = deque()
        self.in_doubt = False
        """Whether the firmware may still be busy with something; the next command then waits for quiet first."""
        self.half_read_until = -inf
        """Time until which the firmware may be reading a command, and would take what is sent for a part of it [s]."""

    def ask(self, command: bytes, echo: str, timeout: float) -> list[str]:
        """Send a command and return the lines of its reply, without the last, which is `echo`.

        Args:
            command: whole command.
            echo: line that ends the reply; `g` and `G` are different replies.
            timeout: longest time for the whole reply [s].

        Raises:
            MissedReplyError: the reply did not come.
        """
        if self.in_doubt:
            self.resync()
        return self.send(command, echo, timeout)

    def query(self, command: bytes, echo: str) -> list[str]:
        """Send a command without motion, that may be repeated, up to twice.

        Raises:
            MissedReplyError: the reply did not come, twice.
        """
        try:
            return self.ask(command, echo, IDENTIFY_TIME)
        except MissedReplyError:
            return self.ask(command, echo, IDENTIFY_TIME)

    def send(self, command: bytes, echo: str, timeout: float) -> list[str]:
        """Send a command even if the firmware may still be busy; see `ask`."""
        self._receive(0.0)
        self._lines.clear()
        timeout_of_firmware = QUIET if command.startswith(b"K") else READ_TIME
        self.half_read_until = self._link.now() + len(command) * BYTE_TIME + timeout_of_firmware
        self._link.write(command)
        deadline = self._link.now() + timeout
        reply: list[str] = []
        while True:
            while self._lines:
                line = self._lines.popleft()
                if line == echo:
                    self.in_doubt, self.half_read_until = False, -inf
                    return reply
                reply.append(line)
            if self._link.now() >= deadline:
                self.in_doubt = True
                what = command[:1].decode("latin-1")
                raise MissedReplyError(
                    f"{self._link.name}: command {what!r} not confirmed within {timeout:.2f} s; got {reply}"
                )
            self._receive(deadline - self._link.now())

    def resync(self) -> None:
        """Get back in step: wait for quiet, then identify the robot.

        Raises:
            MissedReplyError: there is no reply.
        """
        self.wait_for_quiet()
        self.send(IDENTIFY, "?", IDENTIFY_TIME)

    def wait_for_quiet(self, silence: float = QUIET) -> None:
        """Wait until nothing has arrived for `silence` [s], and discard the lines that arrived before."""
        start = last = self._link.now()
        while (now := self._link.now()) < min(last + silence, start + LONGEST_WAIT_FOR_QUIET):
            if self._receive(last + silence - now):
                last = self._link.now()
            self._lines.clear()
        self._reader.clear()

    def listen(self) -> None:
        """Process lines that have arrived unprompted."""
        self._receive(0.0)

    def _receive(self, timeout: float) -> bool:
        data = self._link.read(max(timeout, 0.0))
        for line in self._reader.feed(data):
            if is_asynchronous(line):
                self._heard(line)
            else:
                self._lines.append(line.strip())
        return bool(data)
