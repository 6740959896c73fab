"""One command and its reply on an OpenCat line, and the way back when they got out of step.

Source: PetoiCamp OpenCatEsp32 src/moduleManager.h, read_serial(): what arrives while a command is carried out becomes
part of the next; so no command is sent before the last was answered, or the line was quiet for a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from gaitopt.errors import MissedReplyError
from gaitopt.hal.link import Link
from gaitopt.hal.opencat.codec import IDENTIFY, LineReader, is_asynchronous

QUIET = 0.25
"""Silence after which no command can be half read any more: longer than the firmware's longest timeout [s]."""
LONGEST_WAIT_FOR_QUIET = 3.0
"""A line that never is quiet is asked all the same [s]."""
IDENTIFY_TIME = 1.0
"""Longest time of a reply that moves nothing [s]."""


BYTE_TIME = 10 / 57600
"""Of the slowest board [s]."""
READ_TIME = 0.03
"""After so long a silence the firmware has read any command but an upload, USB included [s]."""


def _timeout_of(command: bytes) -> float:
    return QUIET if command.startswith(b"K") else READ_TIME


class Exchange:
    """Asks and waits. Lines that nobody asked for go to `heard`."""

    def __init__(self, link: Link, heard: Callable[[str], None]) -> None:
        self._link = link
        self._heard = heard
        self._reader = LineReader()
        self._lines: deque[str] = deque()
        self.in_doubt = False
        """Whether the firmware may still be busy with something; the next command then waits for quiet first."""
        self.half_read_until = -inf
        """Until then the firmware may be reading a command, and take what is sent for a part of it [s]."""

    def ask(self, command: bytes, echo: str, timeout: float) -> list[str]:
        """Send a command and return the lines of its reply, without the last, which is `echo`.

        Args:
            command: in whole.
            echo: the line that ends the reply, letter for letter: `g` and `G` are not the same answer.
            timeout: for the whole reply [s].

        Raises:
            MissedReplyError: the reply did not come.
        """
        if self.in_doubt:
            self.resync()
        return self.send(command, echo, timeout)

    def query(self, command: bytes, echo: str, timeout: float = IDENTIFY_TIME) -> list[str]:
        """Ask for something that may be asked twice.

        Raises:
            MissedReplyError: the reply did not come, twice.
        """
        try:
            return self.ask(command, echo, timeout)
        except MissedReplyError:
            return self.ask(command, echo, timeout)

    def send(self, command: bytes, echo: str, timeout: float) -> list[str]:
        """Ask without regard to doubts."""
        self._receive(0.0)
        self._lines.clear()
        self.half_read_until = self._link.now() + len(command) * BYTE_TIME + _timeout_of(command)
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
        """Get back into step: wait for quiet, then ask who is there.

        Raises:
            MissedReplyError: nobody answers.
        """
        self.wait_for_quiet()
        self.send(IDENTIFY, "?", IDENTIFY_TIME)

    def wait_for_quiet(self, silence: float = QUIET) -> list[str]:
        """Wait until nothing has come for `silence` [s]; return what came until then."""
        start = last = self._link.now()
        came: list[str] = []
        while (now := self._link.now()) < min(last + silence, start + LONGEST_WAIT_FOR_QUIET):
            if self._receive(last + silence - now):
                last = self._link.now()
            came += self._lines
            self._lines.clear()
        self._reader.clear()
        return came

    def listen(self) -> None:
        """Take in what has come by itself."""
        self._receive(0.0)

    def _receive(self, timeout: float) -> bool:
        data = self._link.read(max(timeout, 0.0))
        for line in self._reader.feed(data):
            if is_asynchronous(line):
                self._heard(line)
            else:
                self._lines.append(line.strip())
        return bool(data)
