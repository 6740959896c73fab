"""Emulated firmware at the end of a line that may be faulty: all events in the order of time.

`PtyServer` runs a wire in real time, the tests' `MemoryLink` in simulated time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from gaitopt.emulators.faults import FaultEvent, FaultyLine
from gaitopt.emulators.firmware import Firmware

MOST_EVENTS_AT_ONCE = 10_000
"""Number of events without progress of time after which the firmware is considered broken."""


class Wire:
    """Firmware behind a line. Its user sends bursts, lets time pass, and asks for the time of the next event.

    Args:
        firmware: the device; it is powered on (reset) at once.
        faults: faults of the line; None is a perfect line.
        start: time now [s].
        on_event: called at timed faults of the plant (a dead servo, a low battery).
    """

    def __init__(
        self,
        firmware: Firmware,
        faults: FaultyLine | None = None,
        start: float = 0.0,
        on_event: Callable[[FaultEvent], None] | None = None,
    ) -> None:
        self._firmware = firmware
        self._faults = faults
        self._on_event = on_event
        self._to_device: deque[tuple[float, bytes]] = deque()
        self._to_host: deque[tuple[float, bytes]] = deque()
        self._arrived = bytearray()
        self._now = start
        self.unplugged = False
        """Whether the plug was pulled; the firmware continues, but no bytes get through."""
        self._answer(firmware.reset(start), start)

    def send(self, data: bytes, now: float) -> None:
        """Put a burst of the host on the line at `now` [s]; it arrives as time passes."""
        if data and not self.unplugged:
            self._to_device.extend(self._faults.to_device(data, now) if self._faults else [(now, data)])

    def inject(self, data: bytes, now: float) -> None:
        """Feed the firmware at `now` [s], bypassing faults of the line and bursts in transit."""
        if not self.unplugged:
            now = max(now, self._now)
            self._answer(self._firmware.feed(data, now), now)

    def advance(self, now: float) -> bytes:
        """Advance to `now` [s] and return what arrived at the host."""
        stalled = 0
        while stalled < MOST_EVENTS_AT_ONCE:
            event = self.next_event()
            time = now if event is None else min(max(event, self._now), now)
            stalled = stalled + 1 if time == self._now else 0
            self._step(time)
            event = self.next_event()
            if time == now and (event is None or event > now):
                arrived = bytes(self._arrived)
                self._arrived.clear()
                return arrived
        raise RuntimeError(f"the emulated firmware's next event stays at {self.next_event()} s")

    def next_event(self) -> float | None:
        """Return the time of the next spontaneous event [s], which may be past; None if there is none."""
        times = [self._firmware.next_event(), self._faults.next_event() if self._faults else None]
        times += [queue[0][0] for queue in (self._to_device, self._to_host) if queue]
        return min((time for time in times if time is not None), default=None)

    def unplug(self) -> None:
        """Pull the plug: bursts in transit are lost."""
        self.unplugged = True
        self._to_device.clear()
        self._to_host.clear()
        self._arrived.clear()

    def _step(self, now: float) -> None:
        self._now = now
        for event in self._faults.events(now) if self._faults else ():
            self._apply_fault(event, now)
        while self._to_device and self._to_device[0][0] <= now:
            self._answer(self._firmware.feed(self._to_device.popleft()[1], now), now)
        self._answer(self._firmware.tick(now), now)
        while self._to_host and self._to_host[0][0] <= now:
            self._arrived += self._to_host.popleft()[1]

    def _apply_fault(self, event: FaultEvent, now: float) -> None:
        if event.kind == "reset":
            self._answer(self._firmware.reset(now), now)
        elif event.kind == "unplug":
            self.unplug()
        elif self._on_event:
            self._on_event(event)

    def _answer(self, data: bytes, now: float) -> None:
        if data and not self.unplugged:
            self._to_host.extend(self._faults.to_host(data, now) if self._faults else [(now, data)])
