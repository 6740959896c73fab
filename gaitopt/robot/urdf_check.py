"""Whether a robot's URDF can stand for it: what physics simulates must be what the kinematics reckon with."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from gaitopt.errors import InputError
from gaitopt.robot.spec import LEGS, RobotSpec
from gaitopt.robot.urdf import EULER, build_urdf, is_made, urdf_text

Array = NDArray[np.float64]

PLACE_TOLERANCE_M, MASS_TOLERANCE = 1e-3, 0.01
"""How far a URDF of somebody else's making may be from robot.toml: in places, and as a part of the mass."""


def check_urdf(robot: RobotSpec) -> None:
    """Check that the robot's URDF can be read, and has the robot's joints, legs and mass.

    Raises:
        InputError: names the file and what is wrong.
    """
    try:
        root = ET.fromstring(urdf_text(robot))
    except ET.ParseError as error:
        raise InputError(f"{robot.urdf}: is not a readable URDF: {error}") from error
    joints = {joint.get("name") for joint in root.iter("joint") if joint.get("type") == "revolute"}
    missing = [name for name in robot.joint_names if name not in joints]
    if missing:
        raise InputError(f"{robot.urdf}: has no revolute joint {missing[0]!r}; expected {', '.join(robot.joint_names)}")
    if not is_made(robot):
        _demand_same_body(robot, root)


def _demand_same_body(robot: RobotSpec, root: ET.Element) -> None:
    """Refuse a URDF whose feet, hips or mass are not where robot.toml, which the kinematics follow, has them."""
    own, made = _places(root), _places(ET.fromstring(build_urdf(robot)))
    for leg in LEGS:
        for link in (f"{leg}_upper_link", f"{leg}_lower_link", f"{leg}_paw_link"):
            if link not in own:
                raise InputError(f"{robot.urdf}: has no link {link!r} that hangs on the trunk")
            if np.abs(own[link] - made[link]).max() > PLACE_TOLERANCE_M:
                there, here = (np.round(1e3 * place, 1).tolist() for place in (own[link], made[link]))
                raise InputError(
                    f"{robot.urdf}: {link} begins at {there} mm with all angles 0, by robot.toml at {here}; "
                    "mend one of the two, or write the file anew: python -m gaitopt.robot.urdf robot.toml"
                )
    mass = sum(float(element.get("value", "nan")) for element in root.iter("mass"))
    if not abs(mass - robot.mass_kg) <= MASS_TOLERANCE * robot.mass_kg:
        raise InputError(
            f"{robot.urdf}: weighs {mass:.3f} kg, by robot.toml {robot.mass_kg:.3f}; "
            "mend one of the two, or write the file anew: python -m gaitopt.robot.urdf robot.toml"
        )


def _places(root: ET.Element) -> dict[str, Array]:
    """Return where each link begins with all angles 0, in the frame of the one that hangs on none [m], by name."""
    above = {_link(joint, "child"): joint for joint in root.iter("joint")}
    frames: dict[str, tuple[Array, Rotation]] = {}

    def frame(link: str) -> tuple[Array, Rotation]:
        if link not in above:
            return np.zeros(3), Rotation.identity()
        if link not in frames:
            joint = above[link]
            place, turn = frame(_link(joint, "parent"))
            origin = joint.find("origin")
            at, by = (origin.get(key) or "0 0 0" for key in ("xyz", "rpy")) if origin is not None else ("0 0 0",) * 2
            own = Rotation.from_euler(EULER, [float(number) for number in by.split()])
            frames[link] = place + turn.apply([float(number) for number in at.split()]), turn * own
        return frames[link]

    return {link: frame(link)[0] for link in above}


def _link(joint: ET.Element, which: str) -> str:
    found = joint.find(which)
    return "" if found is None else found.get("link", "")
