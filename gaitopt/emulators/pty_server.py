"""Emulated firmware behind a pseudo-terminal: a port that any program can open, in real time; not on Windows."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from gaitopt.emulators.faults import FaultEvent, FaultyLine
from gaitopt.emulators.firmware import Firmware
from gaitopt.emulators.wire import Wire
from gaitopt.errors import BodyError

LONGEST_WAIT = 0.05
"""Longest time between two checks of whether to stop [s]."""
MOST_BYTES = 4096
"""Most bytes of one read; a terminal's buffer holds no more."""


class PtyServer:
    """A port with firmware behind it. Clients may come and go unnoticed, as on a serial cable.

    Args:
        firmware: the device; it is powered on (reset) at once.
        faults: faults of the line, by the same clock; None is a perfect line.
        clock: returns the firmware's time [s].
        on_event: called at timed faults of the plant; see `Wire`.

    Raises:
        BodyError: this operating system has no pseudo-terminals.
    """

    def __init__(
        self,
        firmware: Firmware,
        faults: FaultyLine | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_event: Callable[[FaultEvent], None] | None = None,
    ) -> None:
        self._master, self._slave = _open_pty()
        self.port = os.ttyname(self._slave)
        """Port that clients open."""
        self.is_open = True
        """Whether the port exists."""
        self._clock = clock
        self._wire = Wire(firmware, faults, clock(), on_event)

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self._master

    def wait(self) -> float:
        """Return the time until the next spontaneous event [s], at most `LONGEST_WAIT`."""
        event = self._wire.next_event()
        return LONGEST_WAIT if event is None else min(max(event - self._clock(), 0.0), LONGEST_WAIT)

    def step(self) -> None:
        """Receive what clients sent, advance the firmware to now, and pass on what it sends."""
        if not self.is_open:
            return
        with suppress(BlockingIOError):
            self._wire.send(os.read(self._master, MOST_BYTES), self._clock())
        output = self._wire.advance(self._clock())
        if self._wire.unplugged:
            self.close()
            return
        with suppress(BlockingIOError):  # the buffer is full as nobody reads: lost, as on a real line
            os.write(self._master, output)

    def close(self) -> None:
        """Remove the port; clients see a lost port. Harmless when repeated."""
        if self.is_open:
            self.is_open = False
            os.close(self._master)
            os.close(self._slave)


def serve(servers: Sequence[PtyServer], stop: threading.Event) -> None:
    """Serve several ports in one loop, in order, until `stop` is set or all plugs are pulled.

    One loop serves a robot and its light gate, so that they share a plant without locks.
    """
    while not stop.is_set() and (present := [server for server in servers if server.is_open]):
        select.select(present, [], [], min(server.wait() for server in present))
        for server in present:
            server.step()


def _open_pty() -> tuple[int, int]:
    """Return a pseudo-terminal's two ends, raw, of which the first does not block.

    The second stays open here, so that the first does not fail when the last client leaves.
    """
    if os.name != "posix":
        raise BodyError("emulated ports need Linux or macOS; on Windows use WSL")
    import tty  # not on Windows

    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave
