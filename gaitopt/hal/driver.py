"""What a serial protocol does for a robot: the seam between `RealBody`, which keeps it safe, and a kind of device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from gaitopt.arrays import Array


@dataclass(frozen=True)
class DeviceInfo:
    """Who answered."""

    model: str
    """What the device calls itself."""
    firmware: str
    """Its version."""
    dialect: str
    """Which variant of the protocol it speaks."""


@dataclass(frozen=True)
class Measurement:
    """What a device tells of its joints, (joints,) in the robot's order, and of its tilt; None where it cannot."""

    angles: Array | None = None
    """[rad]."""
    speeds: Array | None = None
    """[rad/s]."""
    loads: Array | None = None
    """Torque as a part of the stall torque, -1 to 1."""
    roll_pitch_yaw: tuple[float, float, float] | None = None
    """Roll to the right, pitch nose down, yaw to the left positive [rad]."""


@dataclass(frozen=True)
class Health:
    """How a device is; None where it cannot tell."""

    voltage: float | None = None
    """Of the battery or the bus [V]."""
    temperatures: Array | None = None
    """Of the servos, (joints,) [degrees Celsius]."""
    problems: tuple[str, ...] = field(default=())
    """What is wrong by the device's own account, each fit for a user: such as 'servo 3: overload'."""


class Driver(ABC):
    """One kind of device on a link. Joint arrays are (joints,) in the robot's order [rad], calibration included.

    Calls are made under one lock, `cut` excepted. Every call that waits ends within a bounded time. A reply that does
    not come, or cannot be understood, is asked for again where that is harmless, and then is a `MissedReplyError`.
    """

    period: float
    """Time between two commands of a stream that the device bears [s]."""
    feedback: Literal["measured", "commanded"]
    """What the angles of `measure` are."""
    tilt: bool
    """Whether `measure` tells roll, pitch and yaw."""
    lowest_voltage: float | None = None
    """Below it the device must not move [V]."""
    highest_temperature: float | None = None
    """Above it the servos must rest [degrees Celsius]."""

    @abstractmethod
    def open(self) -> DeviceInfo:
        """Find out who answers and check that it is this robot; nothing moves.

        Raises:
            BodyError: nobody answers, or not this robot; says what to do.
        """

    @abstractmethod
    def power_on(self) -> Array:
        """Switch the servos on where they are, without motion, and return that pose."""

    @abstractmethod
    def send(self, angles: Array) -> Array:
        """Send one pose and return what went on the wire, after the device's rounding."""

    @abstractmethod
    def reach(self, elapsed: float) -> Array:
        """Return how far each joint may be sent from where it was sent last, if `elapsed` [s] passed since, (joints,).

        The servos' rated speed, and no more than the device can carry out before the next command is due.
        """

    @abstractmethod
    def measure(self) -> Measurement:
        """Return what the device measures now; parts of it may be some tenths of a second old."""

    @abstractmethod
    def health(self) -> Health:
        """Return how the device is."""

    @abstractmethod
    def hold(self) -> None:
        """Stop where it is, servos on; called when no command came for a while."""

    @abstractmethod
    def limp(self) -> None:
        """Switch the servos off and make sure of it."""

    @abstractmethod
    def cut(self) -> None:
        """Put servos-off on the wire at once, by a path of its own: no lock, no state, any thread; never raises."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the line, without motion; harmless when repeated."""


@runtime_checkable
class NativeSkills(Protocol):
    """A driver whose device plays a cycle by itself."""

    def load(self, angles: Array, duration: float) -> float:
        """Load one cycle of joint angles [rad], (n, joints), of `duration` [s]; return how long it will last [s].

        Raises:
            BodyError: the device cannot hold a cycle like this; says what would fit.
        """

    def start(self) -> None:
        """Play the loaded cycle again and again."""

    def stop(self) -> None:
        """Stop playing; the servos hold."""
