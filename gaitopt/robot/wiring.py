"""How the joints of a real robot are wired to its servos, and these to a protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gaitopt.spec import Positive, Real, Spec

UNITS_PER_TURN = {"opencat": 360, "dynamixel": 4096}
"""What a protocol counts angles in: degrees, or ticks."""


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

    driver: Literal["opencat", "dynamixel"]
    """Which protocol."""
    model: str
    """What the robot (OpenCat) or each servo (Dynamixel) calls itself."""
    units_per_turn: Annotated[int, Field(strict=True, ge=1)]
    """The device's units in one turn: 360 where it counts degrees, 4096 ticks for Dynamixel."""
    lowest_voltage_v: Positive | None = None
    """Below this the battery is used up, and the robot stops [V]; None where the device's own limit will do."""
    rest_deg: dict[str, Real]
    """Angle of each joint in the pose in which servos are switched off, by the joint's name [deg]."""
    servos: dict[str, ServoPort]
    """The servo of each joint, by the joint's name."""

    @model_validator(mode="after")
    def _counts_as_its_protocol(self) -> Wiring:
        expected = UNITS_PER_TURN[self.driver]
        if self.units_per_turn != expected:
            raise ValueError(f"units_per_turn: got {self.units_per_turn}; expected {expected}, as {self.driver} counts")
        return self
