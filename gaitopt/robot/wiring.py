"""How the joints of a real robot are wired to its servos, and these to a protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gaitopt.spec import Positive, Real, Spec


class ServoPort(Spec):
    """The servo of one joint: its angle in units is sign * joint angle * units_per_turn / (2 pi) + zero."""

    id: Annotated[int, Field(strict=True, ge=0, le=252)]
    """Its number on the device."""
    sign: Literal[1, -1]
    """Whether its angle grows with the joint's."""
    zero: Real
    """Its angle when the joint's is 0 [units]."""


class Wiring(Spec):
    """How the joints of a real robot are reached over a serial line."""

    driver: Annotated[str, Field(min_length=1)]
    """Name of the driver, such as `opencat`."""
    model: str
    """Model name that the robot (OpenCat) or each servo (Dynamixel) reports."""
    units_per_turn: Annotated[int, Field(strict=True, ge=1)]
    """Device units in one turn, as the driver counts: 360 for degrees, 4096 ticks for Dynamixel."""
    lowest_voltage_v: Positive | None = None
    """Below this the battery is used up, and the robot stops [V]; None where the device's own limit will do."""
    rest_deg: dict[str, Real]
    """Angle of each joint in the pose in which servos are switched off, by the joint's name [deg]."""
    servos: dict[str, ServoPort]
    """The servo of each joint, by the joint's name."""
