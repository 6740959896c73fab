"""Whether a robot's URDF can stand for it: what physics simulates must be what the kinematics reckon with."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import NamedTuple

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.robot.spec import LEGS, RobotSpec
from gaitopt.robot.urdf import build_urdf, is_made, rotation, urdf_text

TOLERANCE = 1e-3
"""How far places [m] and axes [1] of a URDF of somebody else's making may be from those of robot.toml."""
MASS_TOLERANCE = 0.01
"""The same of its mass, as a part of it."""


def check_urdf(robot: RobotSpec) -> None:
    """Check that the robot's URDF can be read, and has the robot's joints, legs and mass.

    Raises:
        InputError: names the file and what is wrong.
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
    except (ET.ParseError, ValueError, RecursionError) as error:  # what is no number; joints in a ring
        raise InputError(f"{robot.urdf}: is not a readable URDF: {error}") from error


class _Pose(NamedTuple):
    """Where a link begins with all angles 0, in the trunk's frame."""

    place: Array
    """[m], (3,)."""
    turn: Array
    """Rotation matrix, (3, 3)."""
    axis: Array
    """Of the joint by which it hangs, (3,)."""


def _demand_same_body(robot: RobotSpec, root: ET.Element) -> None:
    """Refuse a URDF whose legs or mass are not those of robot.toml, which the kinematics follow."""
    mend = "mend one of the two, or have the file made of robot.toml: python -m gaitopt.robot.urdf robot.toml"
    own, made = _poses(root), _poses(ET.fromstring(build_urdf(robot)))
    for link in (f"{leg}_{part}_link" for leg in LEGS for part in ("rotator", "upper", "lower", "paw")):
        if link not in own:
            raise InputError(f"{robot.urdf}: has no link {link!r} that hangs on the trunk")
        there, here = own[link], made[link]
        if np.abs(there.place - here.place).max() > TOLERANCE:
            places = [np.round(1e3 * pose.place, 1).tolist() for pose in (there, here)]
            raise InputError(f"{robot.urdf}: {link} begins at {places[0]} mm, by robot.toml at {places[1]}; {mend}")
        if np.abs(there.axis - here.axis).max() > TOLERANCE:
            axes = [np.round(pose.axis, 3).tolist() for pose in (there, here)]
            raise InputError(f"{robot.urdf}: {link} turns about {axes[0]}, by robot.toml about {axes[1]}; {mend}")
    mass = sum(float(element.get("value", "nan")) for element in root.iterfind("link/inertial/mass"))
    if not abs(mass - robot.mass_kg) <= MASS_TOLERANCE * robot.mass_kg:
        raise InputError(f"{robot.urdf}: weighs {mass:.3f} kg, by robot.toml {robot.mass_kg:.3f}; {mend}")


def _poses(root: ET.Element) -> dict[str, _Pose]:
    """Return the links that hang on others, by name."""
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
