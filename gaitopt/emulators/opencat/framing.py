"""How OpenCat firmware splits arriving bytes into commands, with its faults.

Source: PetoiCamp OpenCatEsp32 src/moduleManager.h and OpenCat src/io.h, read_serial(); src/tools.h, leftTrimSpaces().

A command ends when the last byte of a burst is its terminator, or after a silence. So two commands in one burst are
one command, and a command whose first burst ends with 126 is two.
"""

from __future__ import annotations

from gaitopt.emulators.opencat.board import Board, Delay, Listen, Program

SETTLE = 0.001
"""Wait after the token [s]."""
LONG_TIMEOUT = 0.2
"""Silence that ends a command with one of the long tokens [s]."""
LONG_TOKENS = "KbB"
STRIPPED_CAPITALS = "XRW"
"""Capital tokens that people type: newlines are removed from them, too."""
OVERFLOWING = "kiImM"
"""Tokens that share the buffer with the skill that is loaded."""
_SOON = 1e-9


def is_capital(token: str) -> bool:
    """Return whether a token's payload is bytes, not text."""
    return "A" <= token <= "Z"


class Command:
    """The command buffer. Its bytes stay from command to command; only the length is reset."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.token = ""
        self.buffer = bytearray(board.dialect.buffer + 2)
        self.length = 0
        """Length of the payload [bytes]."""
        self.free = board.dialect.buffer
        """Space that the loaded skill leaves to some tokens [bytes]."""

    @property
    def text(self) -> str:
        """Payload as text: up to the first zero byte."""
        return bytes(self.buffer).split(b"\0", 1)[0].decode("latin-1")

    @text.setter
    def text(self, text: str) -> None:
        self.buffer[: len(text) + 1] = text.encode("latin-1") + b"\0"

    def signed(self, index: int) -> int:
        """Return one byte of the payload, or what an earlier command left there."""
        value = self.buffer[index]
        return value - 256 if value > 127 else value

    def read(self) -> Program:
        """Read one command from the port, which has at least one byte."""
        port = self._board.received
        self.token = chr(port.pop(0))
        self.length = 0
        yield Delay(SETTLE)
        terminator = ord("~") if is_capital(self.token) else ord("\n")
        timeout = LONG_TIMEOUT if self.token in LONG_TOKENS else self._board.dialect.burst_timeout
        deadline = self._board.time + timeout
        while True:
            if port:
                if self._drain():
                    return
                deadline = self._board.time + timeout
            if self.length and self.buffer[self.length - 1] == terminator:
                break
            if self._board.time >= deadline - _SOON:
                break
            yield Listen(deadline - self._board.time)
        self._finish(terminator)

    def _drain(self) -> bool:
        """Read all that has arrived; return whether it was too much."""
        port = self._board.received
        while port:
            room = self.free if self.token in OVERFLOWING else self._board.dialect.buffer
            if self.length >= room:
                self._overflow()
                return True
            self.buffer[self.length] = port.pop(0)
            self.length += 1
        return False

    def _overflow(self) -> None:
        self._board.received.clear()
        self._board.say("OVF")
        self._board.say(self.token)
        self.token, self.text, self.length = "k", "up", 2

    def _finish(self, terminator: int) -> None:
        typed = not is_capital(self.token) or self.token in STRIPPED_CAPITALS
        if typed and self._board.dialect.strips_newlines:
            self._strip()
        if self.length and self.buffer[self.length - 1] == terminator:
            self.length -= 1
        self.buffer[self.length] = ord("~") if is_capital(self.token) else 0
        if is_capital(self.token):
            self.buffer[self.length + 1] = 0

    def _strip(self) -> None:
        """Drop leading blanks, and replace every line end by a zero byte, the first of which ends the text."""
        head = 0
        while head < self.length and self.buffer[head] in b" \t":
            head += 1
        body = bytes(self.buffer[head : self.length])
        kept = body.translate(bytes.maketrans(b"\r\n", b"\0\0"))
        self.buffer[: len(kept)] = kept
        self.length = len(kept) - sum(body.count(end) for end in b"\r\n")
