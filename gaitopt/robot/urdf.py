"""URDF files generated from robot specs: masses and inertias follow from the shapes.

`python -m gaitopt.robot.urdf` regenerates robot.urdf beside every robot.toml, or beside the files given; a test keeps
the two consistent. Simulations generate the URDF anew, so that a change of robot.toml takes effect at once. A URDF from
elsewhere, or one edited after it was generated, is used as it is; see `gaitopt.robot.urdf_check`. Files have one
element per line, as PyBullet cannot read long lines.
"""

from __future__ import annotations

import hashlib
import math
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.robot.shape import Link, Shape
from gaitopt.robot.spec import JOINTS, LEGS, RobotSpec, robot_folder, robot_names
from gaitopt.spec import parse_spec
from gaitopt.toml import read_toml, write_atomic

MADE = re.compile(r"<!-- made from robot\.toml; the rest has the digest (\w+) -->\n")
"""First line of every generated URDF; by its digest, later edits are detected."""
PAYLOAD_LINK = "payload_link"
"""Name of the load on a robot's back."""
PAYLOAD_SIZE = 0.05
"""Edge of the box that represents the load [m]."""


def build_urdf(robot: RobotSpec) -> str:
    """Return a URDF generated from a robot's spec."""
    root = ET.Element("robot", name=robot.name)
    for name, color in robot.palette.items():
        material = ET.SubElement(root, "material", name=name)
        ET.SubElement(material, "color", rgba=_numbers([*color, 1.0]))
    _add_link(root, "trunk", robot.links["trunk"], 1.0)
    _add_link(root, "head", robot.links["head"], 1.0)
    _add_joint(root, "neck", "fixed", "trunk", "head", np.array(robot.neck_mm) / 1e3)
    for leg in LEGS:
        _add_leg(root, robot, leg)
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode") + "\n"
    return f"<!-- made from robot.toml; the rest has the digest {_digest(text)} -->\n{text}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def with_payload(robot: RobotSpec, at_mm: tuple[float, float, float]) -> str:
    """Return the robot's URDF with a load of 1 kg fixed to the trunk, centered at `at_mm` [mm]."""
    root = ET.fromstring(urdf_text(robot))
    load = Shape(kind="box", color=next(iter(robot.palette)), size_mm=(PAYLOAD_SIZE * 1e3,) * 3)
    _add_link(root, PAYLOAD_LINK, Link(mass_kg=1.0, shapes=(load,)), 1.0)
    _add_joint(root, "payload", "fixed", "trunk", PAYLOAD_LINK, np.array(at_mm) / 1e3)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def urdf_text(robot: RobotSpec) -> str:
    """Return the URDF with which a robot is simulated: generated from its spec, unless its file was not.

    Raises:
        InputError: the file cannot be read.
    """
    return build_urdf(robot) if is_made(robot) else _with_whole_paths(_text(robot), Path(robot.urdf).parent)


def is_made(robot: RobotSpec) -> bool:
    """Return whether the robot's URDF file was generated here, from this spec or another, and not edited since.

    Raises:
        InputError: the file cannot be read.
    """
    text = _text(robot)
    line = MADE.match(text)
    return line is not None and line[1] == _digest(text[line.end() :])


def _text(robot: RobotSpec) -> str:
    try:
        return Path(robot.urdf).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{robot.urdf}: is not a readable URDF: {error}") from error


def _with_whole_paths(text: str, folder: Path) -> str:
    """Return a URDF with absolute paths of its meshes, so that it can be read from any folder."""
    return re.sub(r'(<mesh\b[^>]*\bfilename=")([^":]+")', lambda m: m[1] + str(folder.resolve() / m[2]), text)


def mass_properties(link: Link, side: float = 1.0) -> tuple[Array, Array]:
    """Return the center of mass [m], (3,), and the inertia about it [kg m^2], (3, 3), in the link's frame.

    The mass is spread evenly over the volumes of the shapes; `side` = -1 mirrors the link, for the right legs.
    """
    solids = [_solid(shape) for shape in link.shapes]
    volumes = np.array([solid.volume for solid in solids])
    masses = link.mass_kg * volumes / volumes.sum()
    centers, turns = zip(*(_pose(shape, side) for shape in link.shapes), strict=True)
    center = masses @ np.array(centers) / link.mass_kg
    inertia = np.zeros((3, 3))
    for mass, at, rpy, solid in zip(masses, centers, turns, solids, strict=True):
        turn, arm = rotation(rpy), at - center
        inertia += turn @ np.diag(mass * solid.moments) @ turn.T
        inertia += mass * (arm @ arm * np.eye(3) - np.outer(arm, arm))  # parallel axes
    return center, inertia


def rotation(rpy: Array) -> Array:
    """Return the matrix, (3, 3), of roll, pitch and yaw about fixed axes [rad], (3,), the URDF convention."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(rpy), np.sin(rpy)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def _add_leg(root: ET.Element, robot: RobotSpec, leg: str) -> None:
    end = leg.split("_")[0]
    side = 1.0 if leg.endswith("left") else -1.0
    numbers = robot.legs.front if end == "front" else robot.legs.rear
    mirror = np.array([1.0, side, 1.0]) / 1e3
    bends = -1.0 if numbers.knee_folds == "forward" else 1.0
    parts = (
        ("rotator", "trunk", numbers.hip_mm, (0.0, -1.0, 0.0)),
        ("upper", f"{leg}_rotator_link", (0.0, 0.0, 0.0), (side, 0.0, 0.0)),
        ("lower", f"{leg}_upper_link", numbers.upper_mm, (0.0, bends, 0.0)),
    )
    for kind, (part, parent, at, axis) in zip(JOINTS, parts, strict=True):
        name, child = f"{leg}_{kind}", f"{leg}_{part}_link"
        _add_link(root, child, robot.links[f"{end}_{part}"], side)
        moves = name in robot.joint_names
        joint = _add_joint(root, name, "revolute" if moves else "fixed", parent, child, np.array(at) * mirror)
        if moves:
            ET.SubElement(joint, "axis", xyz=_numbers(axis))
            _add_limit(joint, robot, robot.joint_names.index(name))
    _add_link(root, f"{leg}_paw_link", robot.links[f"{end}_paw"], side)
    _add_joint(root, f"{leg}_paw", "fixed", f"{leg}_lower_link", f"{leg}_paw_link", np.array(numbers.lower_mm) * mirror)


def _add_limit(joint: ET.Element, robot: RobotSpec, index: int) -> None:
    low, high = robot.joint_limits[index]
    limit = {"lower": low, "upper": high, "effort": robot.servo.stall_torque_nm, "velocity": robot.joint_speeds[index]}
    ET.SubElement(joint, "limit", {key: f"{value:.6g}" for key, value in limit.items()})


def _add_joint(root: ET.Element, name: str, kind: str, parent: str, child: str, at: Array) -> ET.Element:
    joint = ET.SubElement(root, "joint", name=name, type=kind)
    ET.SubElement(joint, "parent", link=parent)
    ET.SubElement(joint, "child", link=child)
    ET.SubElement(joint, "origin", xyz=_numbers(at), rpy="0 0 0")
    return joint


def _add_link(root: ET.Element, name: str, link: Link, side: float) -> None:
    element = ET.SubElement(root, "link", name=name)
    center, inertia = mass_properties(link, side)
    inertial = ET.SubElement(element, "inertial")
    # About the link's own axes: principal axes, where two moments are equal, would differ between machines.
    ET.SubElement(inertial, "origin", xyz=_numbers(center), rpy="0 0 0")
    ET.SubElement(inertial, "mass", value=f"{link.mass_kg:.6g}")
    tensor = {f"i{'xyz'[i]}{'xyz'[j]}": inertia[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))}
    ET.SubElement(inertial, "inertia", {key: f"{value.round(15) + 0.0:.9g}" for key, value in tensor.items()})
    # PyBullet's window draws a whole link in the color of its last visual: the main shape, given first, goes last.
    for shape in reversed(link.shapes):
        visual = _add_shape(element, "visual", shape, side)
        ET.SubElement(visual, "material", name=shape.color)
    for shape in link.shapes:
        if shape.collide:
            _add_shape(element, "collision", shape, side)


def _add_shape(element: ET.Element, role: str, shape: Shape, side: float) -> ET.Element:
    part = ET.SubElement(element, role)
    at, turn = _pose(shape, side)
    ET.SubElement(part, "origin", xyz=_numbers(at), rpy=_numbers(turn))
    ET.SubElement(ET.SubElement(part, "geometry"), shape.kind, _solid(shape).size)
    return part


def _pose(shape: Shape, side: float) -> tuple[Array, Array]:
    """Return the center [m] and roll, pitch, yaw [rad] of a shape; a cylinder's axis is its z axis."""
    mirror = np.array([1.0, side, 1.0]) / 1e3
    if shape.from_mm is None or shape.to_mm is None:
        return np.array(shape.at_mm) * mirror, np.zeros(3)
    start, end = np.array(shape.from_mm) * mirror, np.array(shape.to_mm) * mirror
    x, y, z = (end - start) / np.linalg.norm(end - start)
    return (start + end) / 2, np.array([0.0, math.atan2(math.hypot(x, y), z), math.atan2(y, x)])


class _Solid(NamedTuple):
    """What a shape is to physics, whatever its place."""

    size: dict[str, str]
    """Its measures in a URDF [m]."""
    volume: float
    """Volume [m^3]."""
    moments: Array
    """Principal moments about its center at a mass of 1 [m^2], (3,)."""


def _solid(shape: Shape) -> _Solid:
    if shape.kind == "box":
        edges = np.array(shape.size_mm) / 1e3
        x, y, z = edges**2
        return _Solid({"size": _numbers(edges)}, float(np.prod(edges)), np.array([y + z, x + z, x + y]) / 12)
    radius = (shape.radius_mm or 0.0) / 1e3
    size = {"radius": f"{radius:.6g}"}
    if shape.kind == "sphere":
        return _Solid(size, 4 / 3 * math.pi * radius**3, np.full(3, 2 / 5 * radius**2))
    length = float(np.linalg.norm(np.subtract(shape.to_mm or 0, shape.from_mm or 0))) / 1e3
    size["length"] = f"{length:.6g}"
    across = (3 * radius**2 + length**2) / 12
    return _Solid(size, math.pi * radius**2 * length, np.array([across, across, radius**2 / 2]))


def _numbers(values: object) -> str:
    return " ".join(f"{value + 0.0:.6g}" for value in np.asarray(values, dtype=float).round(9))


if __name__ == "__main__":
    try:
        given = [Path(name) for name in sys.argv[1:]]
        for toml in given or [robot_folder(name) / "robot.toml" for name in robot_names()]:
            made = parse_spec(RobotSpec, read_toml(toml), str(toml))
            write_atomic(toml.parent / made.urdf, build_urdf(made))
            print(toml.parent / made.urdf)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
