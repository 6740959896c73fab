"""The twelve parameters of a trot with elliptical foot loci.

Kohl & Stone, "Policy Gradient Reinforcement Learning for Fast Quadrupedal Locomotion", ICRA 2004, section 3. In the
paper's table x is sideways and y fore-aft (only so do the signs make sense), and the locus length is a semi-axis
(with the full axis the reported speeds cannot be reached). Heights of the body are taken from the centers of the paws:
from the ground, the front legs of the published gaits could not fold far enough to stand.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import Annotated

import numpy as np
from pydantic import AfterValidator

from gaitopt.arrays import Array
from gaitopt.errors import InputError, unknown_name
from gaitopt.robot.spec import ParameterRange, RobotSpec, load_robot
from gaitopt.spec import Real


@dataclass(frozen=True)
class GaitParameters:
    """A gait: twelve numbers in SI units."""

    front_height: float
    """Front locus: how high the swing lifts a foot [m]."""
    front_side: float
    """Front locus: offset of its center from the hip, outward [m]."""
    front_fore: float
    """Front locus: offset of its center from the hip, forward [m]."""
    rear_height: float
    """Rear locus: how high the swing lifts a foot [m]."""
    rear_side: float
    """Rear locus: offset of its center from the hip, outward [m]."""
    rear_fore: float
    """Rear locus: offset of its center from the hip, forward [m]."""
    length: float
    """Semi-axis of the locus along the stroke: the stance pushes a foot back by twice this [m]."""
    skew: float
    """Skew multiplier of the loci in the x-y plane, for turning; positive turns left [1]."""
    body_height_front: float
    """Height of the front hips above the centers of the paws that stand [m]."""
    body_height_rear: float
    """Height of the rear hips above the centers of the paws that stand [m]."""
    cycle_time: float
    """Time for a foot to move through its locus [s]."""
    duty_factor: float
    """Fraction of that time on the ground [1]."""

    def __post_init__(self) -> None:
        for name, value in zip(PARAMETER_NAMES, astuple(self), strict=True):
            if not np.isfinite(value):
                raise InputError(f"gait parameter {name}: got {value}; expected a finite number")

    def to_vector(self) -> Array:
        """Return the parameters in their fixed order, shape (12,)."""
        return np.array(astuple(self))

    @classmethod
    def from_vector(cls, vector: Array) -> GaitParameters:
        """Return the gait of a vector of shape (12,)."""
        return cls(*(float(value) for value in vector))


PARAMETER_NAMES = tuple(field.name for field in fields(GaitParameters))

UNITS = dict.fromkeys(PARAMETER_NAMES, "m") | {"skew": "", "cycle_time": "s", "duty_factor": ""}
"""The unit of each parameter; empty where it has none."""


def _complete(parameters: dict[str, float]) -> dict[str, float]:
    for name in parameters:
        if name not in PARAMETER_NAMES:
            raise ValueError(str(unknown_name("gait parameter", name, PARAMETER_NAMES)))
    for name in PARAMETER_NAMES:
        if name not in parameters:
            raise ValueError(f"{name!r} is missing; expected the twelve parameters")
    return parameters


Twelve = Annotated[dict[str, Real], AfterValidator(_complete)]
"""The twelve parameters by name, as files have them [SI units]."""

INACTIVE_ON_PLANAR_LEGS = ("front_side", "rear_side", "skew")
"""What legs without elevators cannot follow; such a gait has 0 there."""


class GaitSpace:
    """The ranges of the parameters that a robot's legs can follow, and their map to the unit cube.

    A point of the cube has one coordinate for each active parameter; the inactive ones are 0.
    """

    def __init__(self, robot: RobotSpec | str) -> None:
        robot = load_robot(robot) if isinstance(robot, str) else robot
        self.robot_name = robot.name
        self.inactive = INACTIVE_ON_PLANAR_LEGS if robot.planar else ()
        for name in robot.gait:
            if name not in PARAMETER_NAMES:
                raise unknown_name("gait parameter", name, PARAMETER_NAMES)
            if name in self.inactive:
                raise InputError(f"robot {robot.name}: gait.{name}: legs without elevators cannot follow it")
        self.active = tuple(name for name in PARAMETER_NAMES if name not in self.inactive)
        ranges = [_range(robot, name) for name in self.active]
        self.low = np.array([r.low for r in ranges])  # (active,)
        self.high = np.array([r.high for r in ranges])  # (active,)
        self.epsilon = np.array([r.epsilon for r in ranges])  # (active,)
        self._columns = [PARAMETER_NAMES.index(name) for name in self.active]

    @property
    def epsilon_in_cube(self) -> Array:
        """Perturbation sizes as parts of the ranges, shape (active,)."""
        return self.epsilon / (self.high - self.low)

    def to_cube(self, gait: GaitParameters) -> Array:
        """Return the gait as a point of the unit cube, shape (active,)."""
        return np.clip((gait.to_vector()[self._columns] - self.low) / (self.high - self.low), 0.0, 1.0)

    def from_cube(self, point: Array) -> GaitParameters:
        """Return the gait at a point of the unit cube, shape (active,)."""
        return GaitParameters.from_vector(self.vectors(point))

    def vectors(self, points: Array) -> Array:
        """Return the twelve parameters of points of the unit cube, (..., active) -> (..., 12)."""
        vectors = np.zeros((*points.shape[:-1], len(PARAMETER_NAMES)))
        vectors[..., self._columns] = np.clip(self.low + points * (self.high - self.low), self.low, self.high)
        return vectors

    def check(self, gait: GaitParameters) -> None:
        """Check that the gait lies within the robot's ranges.

        Raises:
            InputError: names the parameter, its value and its range.
        """
        for name in self.inactive:
            if getattr(gait, name) != 0:
                got = f"got {getattr(gait, name):g}"
                raise InputError(f"gait parameter {name}: {got}; expected 0: {self.robot_name} has no elevators")
        for name, low, high in zip(self.active, self.low, self.high, strict=True):
            value = getattr(gait, name)
            if not low <= value <= high:
                unit = f" {UNITS[name]}".rstrip()
                expected = f"{low:g} to {high:g}{unit} on {self.robot_name}"
                raise InputError(f"gait parameter {name}: got {value:g}{unit}; expected {expected}")


def _range(robot: RobotSpec, name: str) -> ParameterRange:
    if name not in robot.gait:
        raise InputError(f"robot {robot.name}: gait.{name} is missing; give its low, high and epsilon")
    return robot.gait[name]
