"""The line to a device: bytes out, bytes in, and its clock.

Drivers take the time only from their link, so that the same driver runs over a real port and, in simulated time, over
an emulated device in memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod


class Link(ABC):
    """A serial line; see the module's text. Only `cut` is thread-safe."""

    name: str
    """Name that the user knows, such as /dev/ttyUSB0."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            BodyError: the line is lost.
        """

    @abstractmethod
    def read(self, timeout: float) -> bytes:
        """Return what arrives as soon as anything does; nothing if `timeout` [s] passes first.

        Raises:
            BodyError: the line is lost.
        """

    @abstractmethod
    def flush_input(self) -> None:
        """Discard what has arrived and was not read."""

    @abstractmethod
    def now(self) -> float:
        """Return a monotonic time [s]."""

    @abstractmethod
    def sleep(self, duration: float) -> None:
        """Let `duration` [s] pass."""

    @abstractmethod
    def cut(self, data: bytes) -> None:
        """Send bytes ahead of everything else: no lock, no queue, from any thread or signal handler; never raises."""

    @abstractmethod
    def close(self) -> None:
        """Close the line; harmless when repeated."""
