"""A robot in numbers: legs, joints, servos, shapes and the ranges of its gait parameters.

Read from `robots/<name>/robot.toml`, where the source of each number stands beside it.

Frames: x forward, y left, z up; the body's origin lies midway between the four hips. The file gives the
left legs, with y outward; the right ones are their mirror images.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from gaitopt.errors import InputError, unknown_name
from gaitopt.robot.shape import Link
from gaitopt.robot.wiring import Wiring
from gaitopt.spec import Positive, Real, Share, Spec, Vector, parse_spec
from gaitopt.toml import data_folder, read_toml

if TYPE_CHECKING:
    from gaitopt.arrays import Array

LEGS = ("front_left", "front_right", "rear_left", "rear_right")
JOINTS = ("rotator", "elevator", "knee")
JOINT_NAMES = tuple(f"{leg}_{joint}" for leg in LEGS for joint in JOINTS)
"""The order of joints everywhere: leg by leg, from the body out. Some robots lack some; see RobotSpec.joint_names."""
LINK_NAMES = (
    "trunk",
    "head",
    *(f"{end}_{part}" for end in ("front", "rear") for part in ("rotator", "upper", "lower", "paw")),
)


LONGEST_STEP_S, MOST_ITERATIONS = 0.01, 1000
"""Coarsest time step [s], and largest number of the solver's iterations, with which physics are computed."""


class Joint(Spec):
    """One kind of joint, the same in all four legs."""

    limits_deg: tuple[Real, Real]
    """Lowest and highest angle [deg]."""
    rated_speed_radps: Positive
    """Speed that the maker rates the servo for [rad/s]."""

    @model_validator(mode="after")
    def _ordered(self) -> Joint:
        if self.limits_deg[0] >= self.limits_deg[1]:
            raise ValueError(f"limits_deg: got {list(self.limits_deg)}; expected [lower, higher]")
        return self


class Joints(Spec):
    """The three joints of a leg, from the body out."""

    rotator: Joint
    """J1, pitch about y; positive swings the leg forward."""
    elevator: Joint | None = None
    """J2, roll about x; positive swings the leg outward, 0 = vertical. None where legs move in one plane only."""
    knee: Joint
    """J3, pitch; positive folds the lower leg."""


class Leg(Spec):
    """The geometry of a left leg, y outward."""

    hip_mm: Vector
    """From the body's origin to the point where J1 and J2 meet [mm]."""
    upper_mm: Vector
    """From the hip to the knee, all angles 0 [mm]."""
    lower_mm: Vector
    """From the knee to the ball of the foot, all angles 0 [mm]."""
    knee_folds: Literal["forward", "backward"]
    """Where the lower leg goes when the knee's angle grows."""

    @model_validator(mode="after")
    def _long_enough(self) -> Leg:
        for name in ("upper_mm", "lower_mm"):
            if math.hypot(*getattr(self, name)) < 1.0:
                raise ValueError(f"{name}: got {list(getattr(self, name))}; expected a length of at least 1 mm")
        return self


class Legs(Spec):
    """Front and rear legs."""

    paw_radius_mm: Positive
    """Radius of the ball of the foot [mm]."""
    front: Leg
    """The front left leg."""
    rear: Leg
    """The rear left leg."""

    @model_validator(mode="after")
    def _front_ahead(self) -> Legs:
        if self.front.hip_mm[0] <= self.rear.hip_mm[0]:
            ends = f"got {self.front.hip_mm[0]:g} in front and {self.rear.hip_mm[0]:g} behind"
            raise ValueError(f"hip_mm: {ends}; expected the front hips ahead (x) of the rear ones")
        return self


class Servo(Spec):
    """What every servo of the robot can do."""

    command_period_s: Positive
    """Time between two commands [s]."""
    stall_torque_nm: Positive
    """Largest torque [N m]."""
    time_constant_s: Positive
    """Time constant of the position loop: the servo closes 63 % of an error in this time [s]."""
    speed_margin: Positive = 1.5
    """Ratio of the speed a servo really reaches to its rated speed; never tuned for one gait.

    1.5 for the AIBOs, the one calibrated number: published gaits command more than the rated speeds, which the robots
    did not enforce; at 1.25 to 2 times rated the published ERS-7 gaits come out in their true order and near their
    measured speeds. Below 1 where servos are rated without load.
    """


class Physics(Spec):
    """How finely a robot must be computed, where the engine's usual settings are too coarse for it."""

    time_step_s: Annotated[Positive, Field(le=LONGEST_STEP_S)]
    """Time step [s]."""
    solver_iterations: Annotated[int, Field(strict=True, ge=1, le=MOST_ITERATIONS)]
    """Iterations of the contact solver in one step."""


class ParameterRange(Spec):
    """Bounds of one gait parameter on this robot, in SI units, and the size of its perturbation."""

    low: Real
    """Lowest value."""
    high: Real
    """Highest value."""
    epsilon: Positive
    """Perturbation size: what a finite difference changes the parameter by."""

    @model_validator(mode="after")
    def _ordered(self) -> ParameterRange:
        if self.low >= self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}")
        return self


class RobotSpec(Spec):
    """A robot in numbers; see the module's text."""

    schema_version: Literal[1]
    """Version of the file's layout."""
    name: str
    """The robot's name in commands and files."""
    title: str
    """What people call it."""
    urdf: str
    """Its URDF file."""
    start_gait: str
    """Name of the gait from which it learns, unless told otherwise."""
    neck_mm: Vector
    """From the body's origin to where the head is fixed [mm]."""
    legs: Legs
    """Geometry of the legs."""
    joints: Joints
    """Limits and speeds of the joints."""
    servo: Servo
    """What the servos can do."""
    gait: dict[str, ParameterRange]
    """Range of each gait parameter that the legs can follow, by name."""
    physics: Physics | None = None
    """How finely it must be computed; None where the engine's usual settings do."""
    wiring: Wiring | None = None
    """How the real robot is reached; None where gaitopt has no driver for it."""
    palette: dict[str, tuple[Share, Share, Share]]
    """Colors by name: red, green, blue, each 0 to 1."""
    links: dict[str, Link]
    """The rigid parts, by name; see LINK_NAMES."""

    @model_validator(mode="after")
    def _links_known(self) -> RobotSpec:
        for name in self.links:
            if name not in LINK_NAMES:
                raise ValueError(str(unknown_name("link", name, LINK_NAMES)))
        for name in LINK_NAMES:
            if name not in self.links:
                raise ValueError(f"links.{name} is missing")
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
        """Whether legs have no elevator, so that feet move in one plane only."""
        return self.joints.elevator is None

    @property
    def joint_names(self) -> tuple[str, ...]:
        """The joints that this robot has, in the order of JOINT_NAMES; arrays of angles have this order."""
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
        import numpy as np  # not above: what only reads specs does without

        return np.radians([joint.limits_deg for joint in self._joints])

    @property
    def joint_speeds(self) -> Array:
        """Highest speed of each joint, the margin included [rad/s], shape (joints,)."""
        import numpy as np

        return np.array([joint.rated_speed_radps for joint in self._joints]) * self.servo.speed_margin

    @property
    def _joints(self) -> list[Joint]:
        return [getattr(self.joints, name.rpartition("_")[2]) for name in self.joint_names]


def robot_names() -> list[str]:
    """Return the names of the robots that come with the package."""
    return sorted(path.parent.name for path in data_folder("robots").glob("*/robot.toml"))


def robot_folder(name: str) -> Path:
    """Return the folder of a robot.

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
    """Return the robot in a file; its URDF lies beside the file."""
    tables = read_toml(path)
    robot = parse_spec(RobotSpec, tables, str(path))
    urdf = path.parent / robot.urdf
    if not urdf.is_file():
        raise InputError(f"{path}: urdf: no file {urdf}; give the robot's URDF file beside its robot.toml")
    return robot.model_copy(update={"urdf": str(urdf)})
