"""Ranges of the twelve parameters on a robot, and which of them its legs can follow."""

from __future__ import annotations

from gaitopt.errors import InputError, unknown_name
from gaitopt.gait.parameters import PARAMETER_NAMES, UNITS, GaitParameters
from gaitopt.robot.spec import ParameterRange, RobotSpec

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
    for name in robot.gait:
        if name not in PARAMETER_NAMES:
            raise unknown_name("gait parameter", name, PARAMETER_NAMES)
        if name in inactive:
            raise InputError(f"robot {robot.name}: gait.{name}: legs without elevators cannot follow it")
    active = [name for name in PARAMETER_NAMES if name not in inactive]
    for name in active:
        if name not in robot.gait:
            raise InputError(f"robot {robot.name}: gait.{name} is missing; give its low, high and epsilon")
    return {name: robot.gait[name] for name in active}


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
