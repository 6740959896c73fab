"""The body: one interface for simulated and real robots.

A body goes through these states, checked at every call:

    disconnected --configure--> inactive --activate--> active --deactivate--> inactive --close--> disconnected

`fault` and `estop` are sticky: only `close` leaves them. A body is a context manager; leaving it always leaves the
servos limp.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, ProtocolError
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, ScenarioSpec


class Meter(Protocol):
    """Measures a simulated body while it plays commands."""

    def due(self) -> bool:
        """Return whether the next command is to be measured; called once per command."""

    def take(self) -> None:
        """Measure now; called after every physics step of a command that is due."""


class Lifecycle(StrEnum):
    """The states of a body."""

    DISCONNECTED = "disconnected"
    INACTIVE = "inactive"
    ACTIVE = "active"
    FAULT = "fault"
    ESTOP = "estop"


@dataclass(frozen=True)
class Capabilities:
    """What a body can measure and show."""

    simulated: bool = False
    """Whether time and position are the simulation's."""
    position: bool = False
    """Whether `read` returns the body's position."""
    joint_torque: bool = False
    """Whether `read` returns the joint torques."""
    contacts: bool = False
    """Whether `ground_contacts` works."""
    camera: bool = False
    """Whether `render` returns pictures."""
    tilt: bool = True
    """Whether `read` returns the trunk's orientation."""
    feedback: Literal["measured", "commanded"] = "measured"
    """Meaning of the joint angles that `read` returns."""
    native_skills: bool = False
    """Whether the device can play a cycle by itself."""


class BodyState(NamedTuple):
    """Measurements of a body at one moment; None where it cannot measure. A tuple, as one is made at every command."""

    time: float
    """Time since the activation [s]."""
    position: tuple[float, float, float] | None
    """Position of the body's origin on the field [m]."""
    orientation: tuple[float, float, float, float] | None
    """Quaternion (x, y, z, w), body to field."""
    joint_angles: tuple[float, ...] | None
    """Joint angles, in the robot's joint order [rad]."""
    joint_speeds: tuple[float, ...] | None
    """Joint speeds [rad/s]."""
    joint_torques: tuple[float, ...] | None
    """Joint torques [N m]."""


class GroundContacts(NamedTuple):
    """Which parts of the body touch the ground."""

    paws: bool
    """At least one paw."""
    legs: bool
    """At least one knee, upper or lower leg."""
    trunk: bool
    """Trunk, head or shoulder."""


class Body(ABC):
    """Anything that takes joint angles; see the module's text."""

    capabilities: Capabilities

    lifecycle = Lifecycle.DISCONNECTED
    """State of the body."""

    meter: Meter | None = None
    """Measures the body as it plays commands; only simulated bodies use it."""

    def __init__(self, robot: RobotSpec) -> None:
        self.robot = robot
        self._low, self._high = robot.joint_limits.T.copy()  # (joints,), (joints,)

    @property
    def command_period(self) -> float:
        """Time between two commands [s]."""
        return self.robot.servo.command_period_s

    @abstractmethod
    def configure(self) -> None:
        """Open the body and check it, without motion. From disconnected to inactive."""

    @abstractmethod
    def prepare(self, scenario: ScenarioSpec, conditions: Conditions) -> None:
        """Set up the next traversal: ground and start pose. The body must be inactive."""

    @abstractmethod
    def activate(self, pose: Array, duration: float) -> None:
        """Power the servos and move to `pose` [rad], (joints,), within `duration` [s]. From inactive to active."""

    @abstractmethod
    def read(self) -> BodyState:
        """Return what the body measures now."""

    @abstractmethod
    def command(self, angles: Array) -> Array:
        """Send joint angles [rad], (joints,), and return what was really sent, after joint limits."""

    @abstractmethod
    def advance(self, duration: float) -> None:
        """Let `duration` [s] pass: step the physics, or wait for the deadline."""

    def play(self, angles: Array, period: float) -> Array:
        """Send rows of joint angles [rad], (k, joints), one every `period` [s], and return what was really sent."""
        sent = np.empty_like(angles)
        for i, row in enumerate(angles):
            sent[i] = self.command(row)
            self.advance(period)
        return sent

    def sit(self) -> None:  # noqa: B027, most bodies need nothing
        """Ease into a pose in which the servos can be switched off without a fall; nothing in simulation."""

    @abstractmethod
    def deactivate(self) -> None:
        """Leave the servos limp. From active to inactive; harmless otherwise."""

    @abstractmethod
    def estop(self) -> None:
        """Leave the servos limp at once, from any thread, any number of times; only `close` leaves this state."""

    @abstractmethod
    def close(self) -> None:
        """Leave the servos limp and release the body; harmless when repeated."""

    def load_skill(self, angles: Array, duration: float) -> float:
        """Load one cycle of joint angles [rad], (n, joints), of `duration` [s] into the device's own memory.

        Returns:
            Duration of the cycle as the device plays it [s].

        Raises:
            BodyError: this body plays no skills of its own, or cannot hold this one.
        """
        raise BodyError(f"{type(self).__name__} plays no skills of its own; leave out --native")

    def start_skill(self) -> None:
        """Let the device play the loaded cycle by itself, again and again, while `advance` is called.

        Raises:
            BodyError: this body plays no skills of its own.
        """
        raise BodyError(f"{type(self).__name__} plays no skills of its own; leave out --native")

    def ground_contacts(self) -> GroundContacts:
        """Return which parts touch the ground.

        Raises:
            BodyError: this body cannot sense contacts.
        """
        raise BodyError(f"{type(self).__name__} cannot sense contacts; use a simulated body")

    def render(self, camera: Camera) -> NDArray[np.uint8]:
        """Return a picture, (height, width, 3).

        Raises:
            BodyError: this body has no camera.
        """
        raise BodyError(f"{type(self).__name__} has no camera; use a simulated body")

    def __enter__(self) -> Self:
        self.configure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require(self, *allowed: Lifecycle, call: str) -> None:
        require_state(self.lifecycle, *allowed, call=call)

    def _within_limits(self, angles: Array) -> Array:
        if angles.shape[-1:] != self._low.shape:
            raise BodyError(f"command: got angles of shape {angles.shape}; expected {self._low.shape}")
        sent = np.minimum(np.maximum(angles, self._low), self._high)
        if not sent.sum() < np.inf:  # NaN passes minimum and maximum; angles within limits have a finite sum
            raise BodyError("command: got an angle that is not a number; the body was not moved")
        return sent


def require_state(state: Lifecycle, *allowed: Lifecycle, call: str) -> None:
    """Refuse a call in a state in which it is not allowed.

    Raises:
        BodyError: the body was stopped.
        ProtocolError: the calls came in the wrong order.
    """
    if state in (Lifecycle.FAULT, Lifecycle.ESTOP):
        raise BodyError(f"{call}: the body was stopped ({state}); close it and open it again")
    if state not in allowed:
        raise ProtocolError(f"{call}: the body is {state}; it must be {' or '.join(allowed)}")


@dataclass(frozen=True)
class Camera:
    """Where a picture is taken from."""

    target: tuple[float, float, float]
    """Point that the camera looks at [m]."""
    distance: float = 0.75
    """Distance from the target [m]."""
    yaw: float = 0.7
    """Angle around the vertical: 0 looks along the field, positive from the right [rad]."""
    pitch: float = 0.35
    """Angle down on the target [rad]."""
    width: int = 480
    """Width of the picture [pixels]."""
    height: int = 360
    """Height of the picture [pixels]."""
