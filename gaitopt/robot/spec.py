"""Specification of a robot: legs, joints, servos, shapes and the ranges of its gait parameters.

Read from `robots/<name>/robot.toml`, which also gives the source of each number.

Frames: x forward, y left, z up; the body's origin is midway between the four hips. The file gives the left legs, with y
outward; the right legs are their mirror images.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from gaitopt.errors import InputError, check_names, unknown_name
from gaitopt.robot.shape import Link
from gaitopt.robot.wiring import Wiring
from gaitopt.spec import NonNegative, Positive, Real, Share, Spec, Vector, parse_spec
from gaitopt.toml import data_folder, read_toml

if TYPE_CHECKING:
    from gaitopt.arrays import Array

LEGS = ("front_left", "front_right", "rear_left", "rear_right")
JOINTS = ("rotator", "elevator", "knee")
JOINT_NAMES = tuple(f"{leg}_{joint}" for leg in LEGS for joint in JOINTS)
"""Order of joints everywhere: leg by leg, from the body out. For the joints of one robot, see RobotSpec.joint_names."""
LINK_NAMES = (
    "trunk",
    "head",
    *(f"{end}_{part}" for end in ("front", "rear") for part in ("rotator", "upper", "lower", "paw")),
)


LONGEST_STEP_S, MOST_ITERATIONS = 0.01, 1000
"""Largest time step [s] and number of solver iterations of a physics engine."""


class Joint(Spec):
    """Kind of joint, the same in all four legs."""

    limits_deg: tuple[Real, Real]
    """Lowest and highest angle [deg]."""
    no_load_speed_radps: Positive
    """Speed of the servo without load, at which it has no torque left [rad/s]."""
    rated_speed_radps: Positive | None = None
    """Speed that the maker recommends at most; None if not published [rad/s]."""

    @model_validator(mode="after")
    def _ordered(self) -> Joint:
        if self.limits_deg[0] >= self.limits_deg[1]:
            raise ValueError(f"limits_deg: got {list(self.limits_deg)}; expected [lower, higher]")
        return self

    @model_validator(mode="after")
    def _no_load_is_fastest(self) -> Joint:
        if self.rated_speed_radps is not None and self.no_load_speed_radps < self.rated_speed_radps:
            raise ValueError(
                f"no_load_speed_radps: got {self.no_load_speed_radps:g}; "
                f"expected at least the rated speed, {self.rated_speed_radps:g}"
            )
        return self


class Joints(Spec):
    """Joints of a leg, from the body out."""

    rotator: Joint
    """J1, pitch about y; positive swings the leg forward."""
    elevator: Joint | None = None
    """J2, roll about x; positive swings the leg outward, 0 = vertical. None if legs move in one plane only."""
    knee: Joint
    """J3, pitch; positive folds the lower leg."""


class Leg(Spec):
    """Geometry of a left leg, y outward."""

    hip_mm: Vector
    """Position of the hip, where the axes of J1 and J2 meet, from the body's origin [mm]."""
    upper_mm: Vector
    """Vector from the hip to the knee at angles 0 [mm]."""
    lower_mm: Vector
    """Vector from the knee to the ball of the foot at angles 0 [mm]."""
    knee_folds: Literal["forward", "backward"]
    """Direction in which the lower leg moves as the knee angle increases."""

    @model_validator(mode="after")
    def _long_enough(self) -> Leg:
        for name in ("upper_mm", "lower_mm"):
            if math.hypot(*getattr(self, name)) < 1.0:
                raise ValueError(f"{name}: got {list(getattr(self, name))}; expected a length of at least 1 mm")
        return self


class Legs(Spec):
    """Geometry of the legs."""

    paw_radius_mm: Positive
    """Radius of the ball of the foot [mm]."""
    front: Leg
    """Front left leg."""
    rear: Leg
    """Rear left leg."""

    @model_validator(mode="after")
    def _front_ahead(self) -> Legs:
        if self.front.hip_mm[0] <= self.rear.hip_mm[0]:
            ends = f"got {self.front.hip_mm[0]:g} in front and {self.rear.hip_mm[0]:g} behind"
            raise ValueError(f"hip_mm: {ends}; expected the front hips ahead (x) of the rear ones")
        return self


class Servo(Spec):
    """Servo, the same for all joints."""

    command_period_s: Positive
    """Time between two commands [s]."""
    stall_torque_nm: Positive
    """Torque at rest; it falls linearly to 0 at the speed without load [N m]."""
    response_s: Positive
    """Time in which 63 % of a small error is corrected, if nothing resists [s]."""
    damping_nms: Positive
    """Torque per speed of the servo's controller [N m s/rad]."""
    armature_kgm2: NonNegative = 0.0
    """Inertia of the rotor and the gears, seen at the joint [kg m^2]."""
    friction_nm: NonNegative = 0.0
    """Dry friction of the gears [N m]."""
    delay_s: NonNegative = 0.0
    """Time from a command to the moment when the servo acts on it [s]."""


class Physics(Spec):
    """Resolution of the physics in one engine."""

    time_step_s: Annotated[Positive, Field(le=LONGEST_STEP_S)]
    """Time step [s]."""
    solver_iterations: Annotated[int, Field(strict=True, ge=1, le=MOST_ITERATIONS)]
    """Iterations of the contact solver per step, at most."""


class ParameterRange(Spec):
    """Range of one gait parameter on this robot, in SI units, and the size of its perturbation."""

    low: Real
    """Lowest value."""
    high: Real
    """Highest value."""
    epsilon: Positive
    """Perturbation size of finite differences."""

    @model_validator(mode="after")
    def _ordered(self) -> ParameterRange:
        if self.low >= self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}")
        return self


class RobotSpec(Spec):
    """Specification of a robot; see the module's docstring."""

    schema_version: Literal[1]
    """Version of the file's layout."""
    name: str
    """Name of the robot in commands and files."""
    title: str
    """Full name."""
    urdf: str
    """URDF file."""
    start_gait: str
    """Name of the gait from which learning starts by default."""
    neck_mm: Vector
    """Position where the head is fixed, from the body's origin [mm]."""
    legs: Legs
    """Geometry of the legs."""
    joints: Joints
    """Limits and speeds of the joints."""
    servo: Servo
    """Servos."""
    gait: dict[str, ParameterRange]
    """Range of each active gait parameter, by name."""
    physics: dict[str, Physics] = Field(default_factory=dict)
    """Resolution of the physics by engine; that of the engine's default where none is given."""
    wiring: Wiring | None = None
    """Connection to the real robot; None if gaitopt has no driver for it."""
    palette: dict[str, tuple[Share, Share, Share]]
    """Colors by name: red, green, blue, each 0 to 1."""
    links: dict[str, Link]
    """Rigid parts, by name; see LINK_NAMES."""

    @model_validator(mode="after")
    def _links_known(self) -> RobotSpec:
        check_names("link", self.links, LINK_NAMES, "links.{} is missing")
        for name, link in self.links.items():
            for shape in link.shapes:
                if shape.color not in self.palette:
                    raise ValueError(f"links.{name}: {unknown_name('color', shape.color, self.palette)}")
        return self

    @model_validator(mode="after")
    def _wired_fully(self) -> RobotSpec:
        if self.wiring is None:
            return self
        for key in ("servos", "rest_deg"):
            given: dict[str, object] = getattr(self.wiring, key)
            for name in given:
                if name not in self.joint_names:
                    raise ValueError(f"wiring.{key}: {unknown_name('joint', name, self.joint_names)}")
            for name in self.joint_names:
                if name not in given:
                    raise ValueError(f"wiring.{key}.{name} is missing")
        for name, (low, high) in zip(self.joint_names, (joint.limits_deg for joint in self._joints), strict=True):
            if not low - 1e-9 <= self.wiring.rest_deg[name] <= high + 1e-9:
                got = f"got {self.wiring.rest_deg[name]:g}"
                raise ValueError(f"wiring.rest_deg.{name}: {got}; expected {low:g} to {high:g}, the joint's limits")
        ids = [servo.id for servo in self.wiring.servos.values()]
        if len(set(ids)) < len(ids):
            raise ValueError(f"wiring.servos: got ids {sorted(ids)}; expected each once")
        return self

    @property
    def planar(self) -> bool:
        """Whether the legs have no elevators, so that each foot moves in one plane."""
        return self.joints.elevator is None

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Joints of this robot, in the order of JOINT_NAMES; arrays of angles have this order."""
        return tuple(name for name in JOINT_NAMES if not (self.planar and name.endswith("_elevator")))

    @property
    def mass_kg(self) -> float:
        """Mass of the whole robot [kg]."""
        return sum(link.mass_kg * (1 if name in ("trunk", "head") else 2) for name, link in self.links.items())

    @property
    def paw_radius(self) -> float:
        """Radius of the ball of the foot [m]."""
        return self.legs.paw_radius_mm / 1e3

    @property
    def wheelbase(self) -> float:
        """Distance from the rear hips to the front hips [m]."""
        return (self.legs.front.hip_mm[0] - self.legs.rear.hip_mm[0]) / 1e3

    @property
    def joint_limits(self) -> Array:
        """Lowest and highest angle of each joint [rad], shape (joints, 2)."""
        import numpy as np  # here: commands that only read specs do not need it

        return np.radians([joint.limits_deg for joint in self._joints])

    @property
    def joint_speeds(self) -> Array:
        """Speed of each joint without load [rad/s], shape (joints,)."""
        import numpy as np

        return np.array([joint.no_load_speed_radps for joint in self._joints])

    @property
    def _joints(self) -> list[Joint]:
        return [getattr(self.joints, name.rpartition("_")[2]) for name in self.joint_names]


def robot_names() -> list[str]:
    """Return the names of the robots that come with the package."""
    return sorted(path.parent.name for path in data_folder("robots").glob("*/robot.toml"))


def robot_folder(name: str) -> Path:
    """Return the folder of a robot that comes with the package.

    Raises:
        InputError: there is no robot of that name.
    """
    if name not in robot_names():
        raise unknown_name("robot", name, robot_names())
    return data_folder("robots") / name


def load_robot(name: str | Path, **changes: Any) -> RobotSpec:
    """Return the robot of a name, or the one in a `robot.toml` file; keyword arguments change its fields.

    Raises:
        InputError: unknown name, a file that does not describe a robot, or a change that does not fit.
    """
    robot = read_robot(Path(name) if str(name).endswith(".toml") else robot_folder(str(name)) / "robot.toml")
    return robot.changed(**changes) if changes else robot


def read_robot(path: Path) -> RobotSpec:
    """Return the robot in a file; its URDF is in the same folder."""
    tables = read_toml(path)
    robot = parse_spec(RobotSpec, tables, str(path))
    urdf = path.parent / robot.urdf
    if not urdf.is_file():
        raise InputError(f"{path}: urdf: no file {urdf}; put the robot's URDF file beside its robot.toml")
    return robot.model_copy(update={"urdf": str(urdf)})
