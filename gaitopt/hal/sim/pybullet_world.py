"""PyBullet's world: ground, robot, payload and pictures. The engine is imported only here.

Every call names its own physics client.
"""

from __future__ import annotations

import math
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gaitopt.errors import BodyError
from gaitopt.hal.body import Camera
from gaitopt.hal.sim.native_output import silenced
from gaitopt.hal.sim.scenery import CARPET, LIGHT_FROM, MARK_THICKNESS, Mark, marks
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.urdf import PAYLOAD_SIZE, urdf_text, with_payload
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.scenario.terrain import Terrain, make_terrain

try:
    with silenced():
        import pybullet as p
except ImportError as error:
    raise BodyError(f"PyBullet cannot be imported ({error}); it has a wheel for CPython 3.11: use that") from error

ROTOR_SHARE = 0.5
"""Share of the rotors' inertia that links get.

Bullet knows no inertia of a joint alone: on a link, it also resists the turning of the whole robot. With all of it
published walks of the ERS-7 are a fifth slower than in MuJoCo, with half of it they agree; without any, the servos'
damping is not stable at 4 ms.
"""
STIFFNESS, DAMPING = 10_000.0, 100.0
"""Stiffness [N/m] and damping [N s/m] of a contact with a carpet.

At 3000 N/m a paw under load sinks in so far that the shin touches the ground; rigid contacts make fast gaits jump.
"""


def add_ground(scenario: ScenarioSpec, marked: bool, client: int) -> int:
    """Add the ground and, for pictures, its carpet's marks; return the ground's id.

    Marks are bodies that the engine checks in every step, though nothing touches them: they cost 8 %.
    """
    terrain = make_terrain(scenario)
    carpet, *others = marks(scenario)
    if terrain is not None:
        return _add_rough_ground(terrain, client)
    plane = p.createCollisionShape(p.GEOM_PLANE, physicsClientId=client)
    ground: int = p.createMultiBody(0.0, plane, _flat_box(carpet, carpet.center, client), physicsClientId=client)
    for mark in others if marked else ():
        shape = _flat_box(mark, (0.0, 0.0), client)
        p.createMultiBody(0.0, -1, shape, basePosition=[*mark.center, 0.0], physicsClientId=client)
    return ground


def _add_rough_ground(terrain: Terrain, client: int) -> int:
    """Add a mesh of triangles, and return its id.

    Not Bullet's height field: there paws that slide strike the edges between coplanar triangles, which brakes them by
    up to 70 % more than the friction. A mesh knows which edges are inside of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = _write(Path(folder) / "ground.obj", _mesh(terrain))
        shape = p.createCollisionShape(
            p.GEOM_MESH,
            fileName=str(file),  # as lists, vertices are limited to 131072
            flags=p.GEOM_FORCE_CONCAVE_TRIMESH | p.GEOM_CONCAVE_INTERNAL_EDGE,
            physicsClientId=client,
        )
        looks = p.createVisualShape(p.GEOM_MESH, fileName=str(file), rgbaColor=CARPET, physicsClientId=client)
    ground: int = p.createMultiBody(0.0, shape, looks, physicsClientId=client)
    return ground


def _mesh(terrain: Terrain) -> str:
    """Return a terrain as a Wavefront OBJ file; each cell is cut from its corner of lowest x and y, as in MuJoCo."""
    nx, ny = terrain.heights.shape
    x, y = (start + terrain.cell * np.arange(n) for start, n in zip(terrain.corner, (nx, ny), strict=True))
    points = zip(np.repeat(x, ny).tolist(), np.tile(y, nx).tolist(), terrain.heights.ravel().tolist(), strict=True)
    first = (ny * np.arange(nx - 1)[:, None] + np.arange(1, ny)).ravel()  # points are counted from 1
    cells = np.column_stack([first, first + ny, first + ny + 1, first, first + ny + 1, first + 1])
    lines = [f"v {a:.9g} {b:.9g} {c:.9g}\n" for a, b, c in points]
    return "".join(lines + [f"f {a} {b} {c}\n" for a, b, c in cells.reshape(-1, 3).tolist()])


def load_robot(robot: RobotSpec, scenario: ScenarioSpec, client: int) -> int:
    """Load the robot, with its payload if it carries one, and return its id.

    Raises:
        BodyError: PyBullet cannot read the URDF.
    """
    load = scenario.payload
    return load_text(urdf_text(robot) if load is None else with_payload(robot, load.at_mm), robot, client)


def load_text(text: str, robot: RobotSpec, client: int, fixed: bool = False) -> int:
    """Load a robot from the text of its URDF, its trunk `fixed` or free, and return its id.

    Raises:
        BodyError: PyBullet cannot read the URDF.
    """
    text = _with_rotors(text, robot)
    with tempfile.TemporaryDirectory() as folder:
        file = _write(Path(folder) / "robot.urdf", text)
        try:
            flags = p.URDF_USE_INERTIA_FROM_FILE
            body: int = p.loadURDF(str(file), useFixedBase=fixed, flags=flags, physicsClientId=client)
        except p.error as error:
            raise BodyError(f"{robot.urdf}: PyBullet cannot load this URDF ({error})") from error
    return body


def _write(file: Path, text: str) -> Path:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BodyError(f"{file}: cannot be written: {error.strerror}; the engine needs space there") from error
    return file


def _with_rotors(text: str, robot: RobotSpec) -> str:
    """Return a URDF whose links have the inertia of their joint's rotor, too; see `ROTOR_SHARE`."""
    root = ET.fromstring(text)
    inertias = {link.get("name"): link.find("inertial/inertia") for link in root.iter("link")}
    for joint in root.iter("joint"):
        child = joint.find("child")
        inertia = inertias.get(child.get("link")) if child is not None else None
        if joint.get("name") in robot.joint_names and inertia is not None:
            for key in ("ixx", "iyy", "izz"):  # in all directions: Bullet refuses the inertia of a rod's axis
                inertia.set(key, f"{float(inertia.get(key, '0')) + ROTOR_SHARE * robot.servo.armature_kgm2:.9g}")
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def make_soft(body: int, client: int) -> None:
    """Give all links of a body the friction 1, the softness of a carpet, and no damping by air.

    Bullet multiplies the friction of two bodies: that of the ground counts. Friction needs a call of its own: beside a
    damping, Bullet drops it for every link but the base.
    """
    for link in range(-1, p.getNumJoints(body, physicsClientId=client)):
        p.changeDynamics(body, link, linearDamping=0.0, angularDamping=0.0, physicsClientId=client)
        p.changeDynamics(body, link, lateralFriction=1.0, physicsClientId=client)
        p.changeDynamics(body, link, contactStiffness=STIFFNESS, contactDamping=DAMPING, physicsClientId=client)


def set_payload(body: int, link: int, mass: float, client: int) -> None:
    """Set the mass of the payload [kg], a uniform box."""
    inertia = mass / 6 * PAYLOAD_SIZE**2
    p.changeDynamics(body, link, mass=mass, localInertiaDiagonal=[inertia] * 3, physicsClientId=client)


def take_picture(camera: Camera, renderer: int, client: int) -> NDArray[np.uint8]:
    """Return a picture, (height, width, 3)."""
    degrees = math.degrees(-camera.yaw), math.degrees(-camera.pitch)
    view = p.computeViewMatrixFromYawPitchRoll(camera.target, camera.distance, *degrees, 0.0, 2)
    projection = p.computeProjectionMatrixFOV(45.0, camera.width / camera.height, 0.05, 12.0)
    _, _, pixels, _, _ = p.getCameraImage(
        camera.width,
        camera.height,
        view,
        projection,
        lightDirection=LIGHT_FROM,
        shadow=int(renderer != p.ER_TINY_RENDERER),  # shadows would double the work of the processor
        renderer=renderer,
        physicsClientId=client,
    )
    return np.asarray(pixels, dtype=np.uint8).reshape(camera.height, camera.width, 4)[..., :3]


def _flat_box(mark: Mark, at: tuple[float, float], client: int) -> int:
    place = [*at, mark.top - MARK_THICKNESS / 2]
    size = [*mark.half_size, MARK_THICKNESS / 2]
    shape: int = p.createVisualShape(
        p.GEOM_BOX, halfExtents=size, rgbaColor=mark.color, visualFramePosition=place, physicsClientId=client
    )
    return shape
