"""The twelve parameters of a trot with elliptical foot loci, and their ranges on a robot.

Kohl & Stone, "Policy Gradient Reinforcement Learning for Fast Quadrupedal Locomotion", ICRA 2004, section 3. In the
paper's table x is sideways and y fore-aft (otherwise the signs make no sense), and the locus length is a semi-axis
(with the full axis the reported speeds cannot be reached). Heights of the body are measured from the centers of the
paws: measured from the ground, the front legs of the published gaits could not fold far enough to stand.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from gaitopt.errors import InputError, check_names
from gaitopt.robot.spec import ParameterRange, RobotSpec
from gaitopt.spec import Real

if TYPE_CHECKING:
    from gaitopt.arrays import Array


@dataclass(frozen=True)
class GaitParameters:
    """A gait: twelve numbers in SI units."""

    front_height: float
    """Front locus: height of the swing [m]."""
    front_side: float
    """Front locus: offset of its center from the hip, outward [m]."""
    front_fore: float
    """Front locus: offset of its center from the hip, forward [m]."""
    rear_height: float
    """Rear locus: height of the swing [m]."""
    rear_side: float
    """Rear locus: offset of its center from the hip, outward [m]."""
    rear_fore: float
    """Rear locus: offset of its center from the hip, forward [m]."""
    length: float
    """Semi-axis of the locus along the stroke: stance moves a foot back by twice this [m]."""
    skew: float
    """Skew multiplier of the loci in the x-y plane, for turning; positive turns left [1]."""
    body_height_front: float
    """Height of the front hips above the centers of the standing paws [m]."""
    body_height_rear: float
    """Height of the rear hips above the centers of the standing paws [m]."""
    cycle_time: float
    """Duration of one cycle of a foot along its locus [s]."""
    duty_factor: float
    """Duty factor: fraction of the cycle on the ground [1]."""

    def __post_init__(self) -> None:
        for name, value in zip(PARAMETER_NAMES, astuple(self), strict=True):
            if not math.isfinite(value):
                raise InputError(f"gait parameter {name}: got {value}; expected a finite number")

    def to_vector(self) -> Array:
        """Return the parameters in their fixed order, shape (12,)."""
        import numpy as np  # here: commands that only read gaits do not need it

        return np.array(astuple(self))

    @classmethod
    def from_vector(cls, vector: Array) -> GaitParameters:
        """Return the gait with the parameters of a vector of shape (12,)."""
        return cls(*(float(value) for value in vector))


PARAMETER_NAMES = tuple(field.name for field in fields(GaitParameters))

UNITS = dict.fromkeys(PARAMETER_NAMES, "m") | {"skew": "", "cycle_time": "s", "duty_factor": ""}
"""Unit of each parameter; empty for dimensionless ones."""


def _complete(parameters: dict[str, float]) -> dict[str, float]:
    check_names("gait parameter", parameters, PARAMETER_NAMES, "'{}' is missing; expected the twelve parameters")
    return parameters


Twelve = Annotated[dict[str, Real], AfterValidator(_complete)]
"""The twelve parameters by name [SI units]."""

INACTIVE_ON_PLANAR_LEGS = ("front_side", "rear_side", "skew")
"""Parameters that legs without elevators cannot follow; they are 0 in gaits of such a robot."""


def inactive_parameters(robot: RobotSpec) -> tuple[str, ...]:
    """Return the names of the parameters that the robot's legs cannot follow."""
    return INACTIVE_ON_PLANAR_LEGS if robot.planar else ()


def active_ranges(robot: RobotSpec) -> dict[str, ParameterRange]:
    """Return the range of each active parameter, in their fixed order.

    Raises:
        InputError: the robot's file lacks a range, or has one too many.
    """
    inactive = inactive_parameters(robot)
    for name in inactive:
        if name in robot.gait:
            raise InputError(f"robot {robot.name}: gait.{name}: legs without elevators cannot follow it")
    missing = f"robot {robot.name}: gait.{{}} is missing; give its low, high and epsilon"
    check_names("gait parameter", (*robot.gait, *inactive), PARAMETER_NAMES, missing)
    return {name: robot.gait[name] for name in PARAMETER_NAMES if name not in inactive}


def check_ranges(gait: GaitParameters, robot: RobotSpec) -> None:
    """Check that a gait lies within the robot's ranges.

    Raises:
        InputError: names the parameter, its value and its range.
    """
    for name in inactive_parameters(robot):
        if getattr(gait, name) != 0:
            got = f"got {getattr(gait, name):g}"
            raise InputError(f"gait parameter {name}: {got}; expected 0: {robot.name} has no elevators")
    for name, allowed in active_ranges(robot).items():
        value = getattr(gait, name)
        if not allowed.low <= value <= allowed.high:
            unit = f" {UNITS[name]}".rstrip()
            expected = f"{allowed.low:g} to {allowed.high:g}{unit} on {robot.name}"
            raise InputError(f"gait parameter {name}: got {value:g}{unit}; expected {expected}")
