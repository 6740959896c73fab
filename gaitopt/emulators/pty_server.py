"""Emulated firmware behind a pseudo-terminal: a port that any program can open, in real time. Linux and macOS only."""

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
"""After which a loop looks whether it shall stop [s]."""
MOST_BYTES = 4096
"""Bytes to take at once; a terminal's buffer holds no more."""


class PtyServer:
    """A port with firmware behind it. Clients may come and go; like a serial cable, it does not notice.

    Args:
        firmware: the device; it is powered on (reset) at once.
        faults: what the line does to bursts; its start must be by the same clock. None is a perfect line.
        clock: tells the firmware's time [s].
        on_event: called at timed faults that concern the plant; see `Wire`.

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
        """What clients open."""
        self.is_open = True
        """Whether the port is there."""
        self._clock = clock
        self._wire = Wire(firmware, faults, clock(), on_event)
        self._pulled = False

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set or the plug is pulled."""
        serve([self], stop)

    def unplug(self) -> None:
        """Pull the plug, from any thread: whoever serves closes the port, within `LONGEST_WAIT`."""
        self._pulled = True

    def fileno(self) -> int:
        """Return the file to wait for."""
        return self._master

    def wait(self) -> float:
        """Return how long nothing happens of itself [s], `LONGEST_WAIT` at most."""
        event = self._wire.next_event()
        return LONGEST_WAIT if event is None else min(max(event - self._clock(), 0.0), LONGEST_WAIT)

    def step(self) -> None:
        """Take what clients sent, let the firmware's time come up to now, and pass on what it says."""
        if not self.is_open:
            return
        with suppress(BlockingIOError):
            self._wire.send(os.read(self._master, MOST_BYTES), self._clock())
        said = self._wire.advance(self._clock())
        if self._pulled or self._wire.unplugged:
            self.close()
            return
        with suppress(BlockingIOError):  # what finds the buffer full, because nobody reads, is lost as on a real line
            os.write(self._master, said)

    def close(self) -> None:
        """Take the port away; clients see a lost port. Harmless when repeated."""
        if self.is_open:
            self.is_open = False
            os.close(self._master)
            os.close(self._slave)

    def __enter__(self) -> PtyServer:
        """Return the server itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the port away."""
        self.close()


def serve(servers: Sequence[PtyServer], stop: threading.Event) -> None:
    """Serve several ports in one loop, in their order, until `stop` is set or all plugs are pulled.

    One loop for a robot and its light gate, so that their firmware may share a plant without locks.
    """
    while not stop.is_set() and (present := [server for server in servers if server.is_open]):
        select.select(present, [], [], min(server.wait() for server in present))
        for server in present:
            server.step()


def _open_pty() -> tuple[int, int]:
    """Return a pseudo-terminal's two ends, raw, of which the first does not block.

    The second stays open here, so that the first does not fail whenever the last client goes.
    """
    if os.name != "posix":
        raise BodyError("emulated ports need Linux or macOS; on Windows use the emulator inside gaitopt")
    import tty  # not on Windows

    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave
