"""The keyboard of the operator at a robot, read key by key."""

from __future__ import annotations

import os
import select
import sys
from types import TracebackType

from gaitopt.errors import BodyError


class Keyboard:
    """Keys of the terminal, without Enter; a context manager that restores the terminal.

    Args:
        instead: advice for a user without a terminal.

    Raises:
        BodyError: standard input is not a terminal.
    """

    def __init__(self, instead: str) -> None:
        self._instead = instead

    def __enter__(self) -> Keyboard:
        if os.name != "posix" or not sys.stdin.isatty():
            raise BodyError(f"keys can be read from a terminal only; {self._instead}")
        import termios
        import tty

        self._file = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._file)
        tty.setcbreak(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import termios

        termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    def pressed(self) -> str:
        """Return the keys pressed since the last call, without waiting."""
        keys = b""
        while select.select([self._file], [], [], 0.0)[0]:
            new = os.read(self._file, 64)
            if not new:
                break
            keys += new
        return keys.decode(errors="replace")

    def wait(self) -> str:
        """Wait for a key and return it."""
        self.pressed()
        select.select([self._file], [], [])
        return self.pressed()[:1]
