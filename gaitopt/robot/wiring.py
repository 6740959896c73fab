"""Wiring of a real robot: its driver, and the servo of each joint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gaitopt.spec import Positive, Real, Spec


class ServoPort(Spec):
    """Servo of one joint: its angle in device units is sign * joint angle * units_per_turn / (2 pi) + zero."""

    id: Annotated[int, Field(strict=True, ge=0, le=252)]
    """Number of the servo on the device."""
    sign: Literal[1, -1]
    """Direction: 1 if its angle increases with the joint angle, else -1."""
    zero: Real
    """Angle of the servo at joint angle 0 [units]."""


class Wiring(Spec):
    """Connection of a real robot's joints over a serial line."""

    driver: Annotated[str, Field(min_length=1)]
    """Name of the driver, such as `opencat`."""
    model: str
    """Model name that the robot (OpenCat) or each servo (Dynamixel) reports."""
    units_per_turn: Annotated[int, Field(strict=True, ge=1)]
    """Device units in one turn, as the driver counts: 360 for degrees, 4096 ticks for Dynamixel."""
    lowest_voltage_v: Positive | None = None
    """Battery voltage below which the robot stops [V]; None to rely on the device's own limit."""
    rest_deg: dict[str, Real]
    """Angle of each joint in the pose where servos are switched off, by joint name [deg]."""
    servos: dict[str, ServoPort]
    """Servo of each joint, by joint name."""
