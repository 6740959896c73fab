"""A line to emulated firmware in the same process, in simulated time: as fast as the computer, and repeatable."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from gaitopt.emulators.faults import FaultEvent, FaultyLine
from gaitopt.emulators.firmware import Firmware
from gaitopt.emulators.wire import Wire
from gaitopt.errors import BodyError
from gaitopt.hal.link import Link


class MemoryLink(Link):
    """A link whose time passes only in `read` and `sleep`, from event to event.

    Args:
        firmware: the device; it is powered on (reset) at `start`.
        faults: faults of the line; None is a perfect line.
        name: name of the line in errors.
        start: time at the beginning [s].
        on_event: called at timed faults of the plant; see `Wire`.
    """

    def __init__(
        self,
        firmware: Firmware,
        faults: FaultyLine | None = None,
        name: str = "emulated",
        start: float = 0.0,
        on_event: Callable[[FaultEvent], None] | None = None,
    ) -> None:
        self.name = name
        self.sent: list[tuple[float, bytes]] = []
        """All bytes that were written or cut, with their times [s]."""
        self._wire = Wire(firmware, faults, start, on_event)
        self._now = start
        self._arrived = bytearray()
        self._closed = False
        self._lock = threading.RLock()  # firmware is not thread-safe, and a cut may come from any thread

    def write(self, data: bytes) -> None:
        """Send bytes; the firmware receives them at once, unless the line delays them."""
        self._check()
        with self._lock:
            self.sent.append((self._now, bytes(data)))
            self._wire.send(bytes(data), self._now)
            self._pass_until(self._now)

    def read(self, timeout: float) -> bytes:
        """Return what has arrived; let time pass from event to event until something does, at most `timeout` [s]."""
        self._check()
        deadline = self._now + timeout
        self._pass_until(self._now)
        while not self._arrived and self._now < deadline:
            event = self._wire.next_event()
            self._pass_until(deadline if event is None else min(event, deadline))
            self._check()
        arrived = bytes(self._arrived)
        self._arrived.clear()
        return arrived

    def flush_input(self) -> None:
        """Discard what has arrived and was not read."""
        self._check()
        self._pass_until(self._now)
        self._arrived.clear()

    def now(self) -> float:
        """Return the simulated time [s]."""
        return self._now

    def sleep(self, duration: float) -> None:
        """Let `duration` [s] of simulated time pass."""
        self._pass_until(self._now + max(duration, 0.0))

    def cut(self, data: bytes) -> None:
        """Feed the firmware at once, bypassing the faults of the line; never raises."""
        if self._closed or self._wire.unplugged:
            return
        with self._lock, suppress(Exception):
            self.sent.append((self._now, bytes(data)))
            self._wire.inject(bytes(data), self._now)

    def unplug(self) -> None:
        """Pull the plug: the line is lost."""
        self._wire.unplug()

    def close(self) -> None:
        """Close the line; the firmware gets no more time."""
        self._closed = True

    def _pass_until(self, time: float) -> None:
        with self._lock:
            self._arrived += self._wire.advance(time)
            self._now = time

    def _check(self) -> None:
        if self._closed:
            raise BodyError(f"{self.name}: the line is closed; open it again")
        if self._wire.unplugged:
            raise BodyError(f"{self.name}: the line is lost; plug the robot in again and restart")
