"""What a serial protocol does for a robot: the seam between the guard, which keeps it safe, and a kind of device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, Self, runtime_checkable

from gaitopt.errors import InputError
from gaitopt.hal.link import Link
from gaitopt.registry import Entry, Registry
from gaitopt.robot.spec import RobotSpec

if TYPE_CHECKING:  # commands that only read addresses do without numpy
    from gaitopt.arrays import Array


@dataclass(frozen=True)
class DeviceInfo:
    """Identity of a device."""

    model: str
    """Name that the device gives itself."""
    firmware: str
    """Version of its firmware."""
    dialect: str
    """Variant of the protocol that it speaks."""


@dataclass(frozen=True)
class Measurement:
    """Measurements of joints, (joints,) in the robot's order, and of the tilt; None where the device has none."""

    angles: Array | None = None
    """Joint angles [rad]."""
    speeds: Array | None = None
    """Joint speeds [rad/s]."""
    loads: Array | None = None
    """Torques as a share of the stall torque, -1 to 1."""
    roll_pitch_yaw: tuple[float, float, float] | None = None
    """Roll to the right, pitch nose down, yaw to the left positive [rad]."""


@dataclass(frozen=True)
class Health:
    """Health of a device; None where it cannot be measured."""

    voltage: float | None = None
    """Voltage of the battery or the bus [V]."""
    temperatures: Array | None = None
    """Temperatures of the servos, (joints,) [degrees Celsius]."""
    problems: tuple[str, ...] = ()
    """Problems that the device reports, each fit for a user: such as 'servo 3: overload'."""


class Driver(ABC):
    """One kind of device on a link. Joint arrays are (joints,) in the robot's order [rad], calibration included.

    Calls are made under one lock, except `cut`. Every call that waits ends within a bounded time. A reply that does
    not come, or cannot be understood, is requested again where that is harmless; then it is a `MissedReplyError`.
    """

    usual_baud: ClassVar[int]
    """Usual speed of the line [bit/s]."""
    units_per_turn: ClassVar[int]
    """Units of servo angles in one turn, as robots' wirings must count them: 360 for degrees."""

    period: float
    """Shortest time between two commands of a stream [s]."""
    feedback: Literal["measured", "commanded"]
    """Meaning of the angles that `measure` returns."""
    tilt: bool
    """Whether `measure` returns roll, pitch and yaw."""
    lowest_voltage: float | None = None
    """Voltage below which the device must not move [V]."""
    highest_temperature: float | None = None
    """Temperature above which the servos must rest [degrees Celsius]."""

    @classmethod
    @abstractmethod
    def for_robot(cls, robot: RobotSpec, link: Link, baud: int) -> Self:
        """Return the driver of a robot on a link of that speed [bit/s]; nothing is sent yet."""

    @abstractmethod
    def open(self) -> DeviceInfo:
        """Identify the device and check that it is this robot; nothing moves.

        Raises:
            BodyError: nothing answers, or not this robot; says what to do.
        """

    @abstractmethod
    def power_on(self) -> Array:
        """Switch the servos on where they are, without motion, and return that pose."""

    @abstractmethod
    def send(self, angles: Array) -> Array:
        """Send one pose and return what went on the wire, after the device's rounding."""

    @abstractmethod
    def reach(self, elapsed: float) -> Array:
        """Return the largest change of each joint from the last pose, after `elapsed` [s], (joints,).

        The servos' rated speed, and no more than the device can carry out before the next command is due.
        """

    @abstractmethod
    def measure(self) -> Measurement:
        """Return what the device measures now; parts of it may be some tenths of a second old."""

    @abstractmethod
    def health(self) -> Health:
        """Return the device's health."""

    @abstractmethod
    def hold(self) -> None:
        """Stop where it is, servos on; called when no command came for a while."""

    @abstractmethod
    def limp(self) -> None:
        """Switch the servos off and verify it."""

    @abstractmethod
    def cut(self) -> None:
        """Put servos-off on the wire at once, by a path of its own: no lock, no state, any thread; never raises."""

    @abstractmethod
    def close(self) -> None:
        """Close the line, without motion; harmless when repeated."""


@runtime_checkable
class NativeSkills(Protocol):
    """A driver whose device plays a cycle by itself."""

    def load(self, angles: Array, duration: float) -> float:
        """Load one cycle of joint angles [rad], (n, joints), of `duration` [s]; return its duration there [s].

        Raises:
            BodyError: the device cannot hold a cycle like this; says what would fit.
        """

    def start(self) -> None:
        """Play the loaded cycle again and again."""

    def stop(self) -> None:
        """Stop playing; the servos hold."""


DRIVERS: Registry[type[Driver]] = Registry(
    "driver",
    "gaitopt.drivers",
    {
        "opencat": Entry("gaitopt.hal.opencat.driver:OpenCatDriver", "Petoi robots with OpenCat firmware"),
        "dynamixel": Entry("gaitopt.hal.dynamixel.driver:DynamixelDriver", "robots of Dynamixel X servos"),
    },
)
"""Drivers by name; other packages add to them by entry points."""


def load_driver(name: str) -> type[Driver]:
    """Return the class of a driver.

    Raises:
        InputError: there is none of that name, or it is no driver.
    """
    driver = DRIVERS.load(name)
    if not (isinstance(driver, type) and issubclass(driver, Driver)):
        raise InputError(f"driver {name!r}: got {driver!r}; expected a class derived from gaitopt.hal.driver.Driver")
    return driver
