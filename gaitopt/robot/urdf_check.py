"""Check of a robot's URDF: the simulated robot must be the one that the kinematics describe."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import NamedTuple

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.robot.spec import LEGS, RobotSpec
from gaitopt.robot.urdf import build_urdf, is_made, rotation, urdf_text

TOLERANCE = 1e-3
"""Largest deviation of positions [m] and axes [1] of a foreign URDF from robot.toml."""
MASS_TOLERANCE = 0.01
"""Largest relative deviation of its mass."""


def check_urdf(robot: RobotSpec) -> None:
    """Check that the robot's URDF can be read, and has the robot's joints, legs and mass.

    Raises:
        InputError: it does not; names the file and what is wrong.
    """
    try:
        root = ET.fromstring(urdf_text(robot))
        joints = {joint.get("name") for joint in root.iter("joint") if joint.get("type") == "revolute"}
        for name in robot.joint_names:
            if name not in joints:
                expected = ", ".join(robot.joint_names)
                raise InputError(f"{robot.urdf}: has no revolute joint {name!r}; expected {expected}")
        if not is_made(robot):
            _demand_same_body(robot, root)
    except (ET.ParseError, ValueError, RecursionError) as error:  # such as a word for a number, or joints in a loop
        raise InputError(f"{robot.urdf}: is not a readable URDF: {error}") from error


class _Pose(NamedTuple):
    """Pose of a link at angles 0, in the trunk's frame."""

    place: Array
    """Position of its origin [m], (3,)."""
    turn: Array
    """Rotation matrix, (3, 3)."""
    axis: Array
    """Axis of the joint to its parent, (3,)."""


def _demand_same_body(robot: RobotSpec, root: ET.Element) -> None:
    """Refuse a URDF whose legs or mass differ from robot.toml, on which the kinematics are based."""
    advice = "correct one of them, or generate the file from robot.toml: python -m gaitopt.robot.urdf robot.toml"
    own, made = _poses(root), _poses(ET.fromstring(build_urdf(robot)))
    for link in (f"{leg}_{part}_link" for leg in LEGS for part in ("rotator", "upper", "lower", "paw")):
        if link not in own:
            raise InputError(f"{robot.urdf}: has no link {link!r} connected to the trunk")
        got, expected = own[link], made[link]
        if np.abs(got.place - expected.place).max() > TOLERANCE:
            places = [np.round(1e3 * pose.place, 1).tolist() for pose in (got, expected)]
            raise InputError(
                f"{robot.urdf}: {link} starts at {places[0]} mm; expected {places[1]}, as in robot.toml; {advice}"
            )
        if np.abs(got.axis - expected.axis).max() > TOLERANCE:
            axes = [np.round(pose.axis, 3).tolist() for pose in (got, expected)]
            raise InputError(
                f"{robot.urdf}: {link} rotates about {axes[0]}; expected {axes[1]}, as in robot.toml; {advice}"
            )
    mass = sum(float(element.get("value", "nan")) for element in root.iterfind("link/inertial/mass"))
    if not abs(mass - robot.mass_kg) <= MASS_TOLERANCE * robot.mass_kg:
        raise InputError(
            f"{robot.urdf}: has a mass of {mass:.3f} kg; expected {robot.mass_kg:.3f}, as in robot.toml; {advice}"
        )


def _poses(root: ET.Element) -> dict[str, _Pose]:
    """Return the poses of all links but the root, by name."""
    above = {_attribute(joint, "child", "link", ""): joint for joint in root.iter("joint")}
    found: dict[str, _Pose] = {}

    def pose(link: str) -> _Pose:
        if link not in above:
            return _Pose(np.zeros(3), np.eye(3), np.zeros(3))
        if link not in found:
            joint = above[link]
            place, turn, _ = pose(_attribute(joint, "parent", "link", ""))
            axis = _three(joint, "axis", "xyz", "1 0 0") if joint.get("type") == "revolute" else np.zeros(3)
            at = place + turn @ _three(joint, "origin", "xyz", "0 0 0")
            turn = turn @ rotation(_three(joint, "origin", "rpy", "0 0 0"))
            found[link] = _Pose(at, turn, turn @ axis)
        return found[link]

    return {link: pose(link) for link in above}


def _three(joint: ET.Element, part: str, key: str, usual: str) -> Array:
    x, y, z = (float(number) for number in _attribute(joint, part, key, usual).split())
    return np.array([x, y, z])


def _attribute(joint: ET.Element, part: str, key: str, usual: str) -> str:
    found = joint.find(part)
    return usual if found is None else found.get(key, usual)
