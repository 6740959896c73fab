"""Interfaces of emulated firmware, bytes and time in, bytes out, and of the plant that it drives."""

from __future__ import annotations

from typing import Protocol


class Firmware(Protocol):
    """A device behind a serial line, without a thread or clock of its own; `now` [s] never decreases between calls."""

    def feed(self, data: bytes, now: float) -> bytes:
        """Take one burst of bytes from the host and return what is sent by `now`."""

    def tick(self, now: float) -> bytes:
        """Let time pass until `now`, and return what is sent by then."""

    def next_event(self) -> float | None:
        """Return the time of the next spontaneous event [s]; None if only bytes from the host change anything."""

    def reset(self, now: float) -> bytes:
        """Power on, or press the reset button: servos limp, settings as after power-up."""


class Plant(Protocol):
    """The body that emulated firmware drives. Servos are identified by their number on the device.

    Angles are in the device's units: degrees for OpenCat, ticks for Dynamixel; here they are floats, and the firmware
    rounds.
    """

    def advance(self, now: float) -> None:
        """Advance the physics to `now` [s]."""

    def aim(self, servo: int, target: float | None) -> None:
        """Set a servo's target; None leaves it limp."""

    def position(self, servo: int) -> float:
        """Return a servo's angle."""

    def speed(self, servo: int) -> float:
        """Return a servo's speed [units/s]."""

    def load(self, servo: int) -> float:
        """Return a servo's torque as a share of its stall torque, -1 to 1."""

    def roll_pitch_yaw(self) -> tuple[float, float, float]:
        """Return the trunk's roll to the right, pitch nose down, yaw to the left [rad]."""

    def voltage(self) -> float:
        """Return the battery's voltage [V]."""

    def temperature(self, servo: int) -> float:
        """Return a servo's temperature [degrees Celsius]."""
