"""A stand: the robot's trunk is fixed in the air, without gravity; one joint turns freely, the others are locked."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from abc import abstractmethod

import numpy as np

from gaitopt.arrays import Array
from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.sim.placing import TrunkPlacement
from gaitopt.hal.sim.simulated_body import SimulatedBody
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.urdf import rotation, urdf_text

ALOFT = TrunkPlacement(height=5.0, roll=0.0, pitch=0.0)
"""Where the trunk is fixed: out of reach of the ground."""


class Stand(SimulatedBody):
    """A simulated body on a stand; an engine's body fills in the rest, so that the servos are those of walks."""

    def __init__(self, robot: RobotSpec, engine: EngineSpec, joint: str) -> None:
        """Describe the stand.

        Args:
            robot: which robot.
            engine: time step and solver.
            joint: name of the joint that turns, without limits, such as `front_left_knee`.
        """
        super().__init__(robot, engine)
        self.pose = rest_pose(robot)
        self.joint = robot.joint_names.index(joint)
        """Place of the joint that turns in the robot's order."""
        self._low[self.joint], self._high[self.joint] = -np.inf, np.inf

    @abstractmethod
    def load(self, torque: float) -> None:
        """Turn the joint by an outer torque [N m] during the next step."""


def rest_pose(robot: RobotSpec) -> Array:
    """Return the pose on the stand [rad], (joints,): 0, or the limit next to it."""
    return np.clip(0.0, *robot.joint_limits.T)


def stand_urdf(robot: RobotSpec, joint: str) -> str:
    """Return the robot's URDF in which all joints but one are fixed, at `rest_pose`, and that one has no limits."""
    root = ET.fromstring(urdf_text(robot))
    rest = dict(zip(robot.joint_names, rest_pose(robot), strict=True))
    for element in root.iter("joint"):
        name = element.get("name", "")
        if name == joint:
            element.set("type", "continuous")
            for limit in element.findall("limit"):
                element.remove(limit)
        elif name in rest:
            element.set("type", "fixed")
            _turn(element, rest[name])
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def link_inertia(robot: RobotSpec, joint: str) -> float:
    """Return the inertia of all that a joint moves, about its axis [kg m^2], without the servo's rotor."""
    root = ET.fromstring(stand_urdf(robot, joint))
    moving = next(element for element in root.iter("joint") if element.get("name") == joint)
    return _inertia(root, _child(moving), np.zeros(3), np.eye(3), _vector(moving, "axis", "xyz"))


def _inertia(root: ET.Element, link: str, at: Array, turn: Array, axis: Array) -> float:
    """Return the inertia [kg m^2] of a link, and of all that is fixed to it, about an axis (3,) through the origin.

    Args:
        root: the URDF.
        link: name of the link.
        at: position of its origin [m], (3,).
        turn: its rotation matrix, (3, 3).
        axis: unit vector, (3,).
    """
    part = next(element for element in root.iter("link") if element.get("name") == link)
    total = _own_inertia(part, at, turn, axis)
    for joint in root.iter("joint"):
        parent = joint.find("parent")
        if parent is not None and parent.get("link") == link:
            there = at + turn @ _vector(joint, "origin", "xyz")
            total += _inertia(root, _child(joint), there, turn @ rotation(_vector(joint, "origin", "rpy")), axis)
    return total


def _own_inertia(part: ET.Element, at: Array, turn: Array, axis: Array) -> float:
    inertial = part.find("inertial")
    if inertial is None:
        return 0.0
    tensor = inertial.find("inertia")
    assert tensor is not None
    xx, yy, zz, xy, xz, yz = (float(tensor.get(f"i{pair}", "0")) for pair in ("xx", "yy", "zz", "xy", "xz", "yz"))
    about = turn @ rotation(_vector(inertial, "origin", "rpy"))
    along = about.T @ axis
    arm = np.cross(axis, at + turn @ _vector(inertial, "origin", "xyz"))
    mass = inertial.find("mass")
    weight = float(mass.get("value", "0")) if mass is not None else 0.0
    return float(along @ np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) @ along + weight * arm @ arm)


def _turn(joint: ET.Element, angle: float) -> None:
    """Turn the frame of a fixed joint as if it stood at an angle [rad]; its axis is x or y, its frame upright."""
    origin = joint.find("origin")
    if origin is None:
        origin = ET.SubElement(joint, "origin", xyz="0 0 0")
    origin.set("rpy", " ".join(f"{part:.9g}" for part in angle * _vector(joint, "axis", "xyz")))


def _child(joint: ET.Element) -> str:
    child = joint.find("child")
    return child.get("link", "") if child is not None else ""


def _vector(parent: ET.Element, tag: str, key: str) -> Array:
    element = parent.find(tag)
    words = (element.get(key) if element is not None else None) or "0 0 0"
    return np.array([float(word) for word in words.split()])
