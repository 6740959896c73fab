"""What emulated firmware is: bytes and time in, bytes out. No thread, no clock, no port of its own."""

from __future__ import annotations

from typing import Protocol


class Firmware(Protocol):
    """A device behind a serial line; `now` [s] only grows from call to call."""

    def feed(self, data: bytes, now: float) -> bytes:
        """Take one burst of bytes from the host and return what is sent by `now`."""

    def tick(self, now: float) -> bytes:
        """Let time pass and return what is sent by `now`."""

    def next_event(self) -> float | None:
        """Return when something next happens of itself [s]; None if only bytes from the host change anything."""

    def reset(self, now: float) -> bytes:
        """Power on, or press the reset button: servos limp, settings as after power-up."""


class Plant(Protocol):
    """The body that emulated firmware drives. Servos are named by their number on the device.

    Angles are in the device's units: whole degrees of the firmware for OpenCat, ticks for Dynamixel; here they are
    floats, and the firmware rounds.
    """

    def advance(self, now: float) -> None:
        """Let the physics come up to `now` [s]."""

    def aim(self, servo: int, target: float | None) -> None:
        """Set a servo's target; None leaves it limp."""

    def position(self, servo: int) -> float:
        """Return a servo's angle."""

    def speed(self, servo: int) -> float:
        """Return a servo's speed [units/s]."""

    def load(self, servo: int) -> float:
        """Return a servo's torque as a part of its stall torque, -1 to 1."""

    def roll_pitch_yaw(self) -> tuple[float, float, float]:
        """Return the trunk's roll to the right, pitch nose down, yaw to the left [rad]."""

    def voltage(self) -> float:
        """Return the battery's voltage [V]."""

    def temperature(self, servo: int) -> float:
        """Return a servo's temperature [degrees Celsius]."""
