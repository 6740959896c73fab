"""Zero offsets of a robot's servos, found by comparison with one pose that is easily judged by eye.

Reference pose: upper legs straight down, lower legs level, knees bent by 90 degrees the way they bend.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, unknown_name
from gaitopt.hal.calibration import Calibration, JointCalibration
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.wiring import servo_map
from gaitopt.robot.spec import RobotSpec

REFERENCE_DEG = {"rotator": 0.0, "elevator": 0.0, "knee": 90.0}
"""The reference pose, by kind of joint [deg]."""
STAND_S = 3.0
"""Time to ease into the reference pose [s]."""


def reference_pose(robot: RobotSpec) -> Array:
    """Return the reference pose [rad], (joints,)."""
    return np.radians([REFERENCE_DEG[name.rpartition("_")[2]] for name in robot.joint_names])


def edited(known: Calibration, robot: RobotSpec, offsets: Mapping[str, float], flipped: Iterable[str]) -> Calibration:
    """Return a calibration with offsets [device units] added to joints, and directions of joints reversed.

    Raises:
        InputError: the robot has no such joint.
    """
    flipped = set(flipped)
    for name in {*offsets, *flipped}:
        if name not in robot.joint_names:
            raise unknown_name(f"joint of {robot.name}", name, robot.joint_names)
    joints = {name: known.joints.get(name, JointCalibration(offset=0.0)) for name in robot.joint_names}
    for name, joint in joints.items():
        sign = -joint.sign if name in flipped else joint.sign
        joints[name] = JointCalibration(
            offset=round(joint.offset + offsets.get(name, 0.0), 3), sign=1 if sign > 0 else -1
        )
    return known.model_copy(update={"joints": joints})


def measured_offsets(body: RealBody) -> dict[str, float]:
    """Return the offsets of a limp robot that is held in the reference pose [device units].

    Raises:
        BodyError: this robot's servos do not measure their angles.
    """
    angles = body.read().joint_angles
    if body.capabilities.feedback != "measured" or angles is None:
        raise BodyError(f"{body.robot.name}'s servos do not measure their angles; calibrate by keys, without --by-hand")
    return offsets_of(body.robot, np.array(angles))


def offsets_of(robot: RobotSpec, angles: Array) -> dict[str, float]:
    """Return the offsets of a robot that stands in the reference pose when it is sent `angles` [rad], (joints,)."""
    units = (angles - reference_pose(robot)) * servo_map(robot).units_per_radian
    return dict(zip(robot.joint_names, units.tolist(), strict=True))


class Nudger:
    """Turns single joints of a powered robot in small steps, until each leg is in the reference pose."""

    def __init__(self, body: RealBody) -> None:
        """Power the robot and ease into the reference pose."""
        self._body = body
        self._angles = reference_pose(body.robot)
        self._unit = np.abs(1 / servo_map(body.robot).units_per_radian)  # (joints,) [rad]
        body.activate(self._angles, STAND_S)

    def nudge(self, joint: str, degrees: float) -> float:
        """Turn a joint by some degrees, at least one device unit, and return its distance from the reference [deg].

        It stays within its limits: a horn that is further off must be mounted again.
        """
        i = self._body.robot.joint_names.index(joint)
        turn = math.copysign(max(abs(math.radians(degrees)), self._unit[i]), degrees)
        self._angles[i] = np.clip(self._angles[i] + turn, *self._body.robot.joint_limits[i])
        self.hold(0.3)
        return math.degrees(self._angles[i] - reference_pose(self._body.robot)[i])

    def hold(self, seconds: float) -> None:
        """Hold the pose for some seconds; the watchdog sees commands meanwhile."""
        period = self._body.command_period
        self._body.play(np.tile(self._angles, (max(1, round(seconds / period)), 1)), period)

    def offsets(self) -> dict[str, float]:
        """Return the offsets found so far [device units]."""
        return offsets_of(self._body.robot, self._angles)
