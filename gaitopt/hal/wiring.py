"""From a robot's wiring to its servos' slots, with the joint limits in the servos' units."""

from __future__ import annotations

import math

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError, unknown_name
from gaitopt.hal.driver import DRIVERS, load_driver
from gaitopt.hal.servo_map import ServoMap, ServoSlot
from gaitopt.robot.spec import RobotSpec, load_robot, robot_names
from gaitopt.robot.wiring import Wiring


def wiring_of(robot: RobotSpec, driver: str | None = None) -> Wiring:
    """Return how a robot is reached over a serial line.

    Raises:
        InputError: it is not, or not by that driver, or its driver is unknown; names robots that are.
    """
    if robot.wiring is None or driver not in (None, robot.wiring.driver):
        wired = {name: wiring.driver for name in robot_names() if (wiring := load_robot(name).wiring) is not None}
        fitting = [name for name, its in wired.items() if driver in (None, its)]
        how = f"by {driver}" if driver else "over a serial line"
        raise InputError(f"{robot.name} cannot be driven {how}; robots that can: {', '.join(fitting) or 'none'}")
    if robot.wiring.driver not in DRIVERS:
        raise InputError(f"{robot.name}: wiring.driver: {unknown_name('driver', robot.wiring.driver, DRIVERS)}")
    return robot.wiring


def robot_of(driver: str) -> str:
    """Return the name of a robot that a driver drives.

    Raises:
        InputError: there is none.
    """
    for name in robot_names():
        wiring = load_robot(name).wiring
        if wiring is not None and wiring.driver == driver:
            return name
    raise InputError(f"no robot is driven by {driver}; name one with --robot")


def servo_map(robot: RobotSpec) -> ServoMap:
    """Return the map from joint angles to the servos' units; the joint limits are rounded inward to whole units.

    Raises:
        InputError: the robot has no wiring, or its wiring and driver count angles in different units.
    """
    wiring = wiring_of(robot)
    expected = load_driver(wiring.driver).units_per_turn
    if wiring.units_per_turn != expected:
        got = f"got {wiring.units_per_turn}; expected {expected}, as {wiring.driver} counts"
        raise InputError(f"{robot.name}: wiring.units_per_turn: {got}")
    slots = []
    for name, limits in zip(robot.joint_names, robot.joint_limits, strict=True):
        port = wiring.servos[name]
        ends = [port.sign * limit * wiring.units_per_turn / (2 * math.pi) + port.zero for limit in limits]
        slots.append(
            ServoSlot(port.id, port.sign, port.zero, math.ceil(min(ends) - 1e-9), math.floor(max(ends) + 1e-9))
        )
    return ServoMap(slots, wiring.units_per_turn)


def rest_pose(robot: RobotSpec) -> Array:
    """Return the pose in which the servos are switched off [rad], (joints,)."""
    rest = wiring_of(robot).rest_deg
    return np.radians([rest[name] for name in robot.joint_names])
