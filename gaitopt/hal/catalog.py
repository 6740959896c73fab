"""From an address to a body: `pybullet:`, `opencat:PORT`, `dynamixel:PORT`."""

from __future__ import annotations

from gaitopt.hal.address import Address, parse_address
from gaitopt.hal.body import Body
from gaitopt.hal.calibration import load_calibration
from gaitopt.hal.driver import Driver
from gaitopt.hal.dynamixel.driver import DynamixelDriver
from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.link import Link
from gaitopt.hal.opencat.driver import OpenCatDriver
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.serial.serial_link import SerialLink
from gaitopt.hal.wiring import servo_map, servo_slots, wiring_of
from gaitopt.robot.spec import RobotSpec

BAUD = {"opencat": 115200, "dynamixel": 1_000_000}
"""The usual speed of each kind of line [bit/s]."""


def make_body(
    robot: RobotSpec,
    address: str = "pybullet:",
    engine: EngineSpec | None = None,
    window: bool = False,
    camera: bool = False,
) -> Body:
    """Return the body at an address, not yet configured: use it as a context manager.

    Args:
        robot: which robot.
        address: `pybullet:`, `opencat:PORT` or `dynamixel:PORT`; see `gaitopt.hal.address`.
        engine: how the physics are computed.
        window: show a window, at the pace of real time.
        camera: make ready to take many pictures.

    Raises:
        InputError: the address is not one, or not one of this robot.
        BodyError: the body's library cannot be used on this machine.
    """
    parts = parse_address(address)
    if parts.real:
        return make_real_body(robot, parts)
    from gaitopt.hal.sim.pybullet_body import PyBulletBody  # the engine is loaded only when it is used

    return PyBulletBody(robot, engine, window, camera)


def make_real_body(robot: RobotSpec, address: Address) -> RealBody:
    """Return the robot on a serial line, not yet configured.

    Raises:
        InputError: it cannot be driven that way, or its calibration is missing.
    """
    wiring_of(robot, address.kind)
    own = load_calibration(address.id).apply(robot) if address.id is not None else robot
    baud = address.baud or BAUD[address.kind]

    def connect() -> tuple[Driver, Link]:
        link = SerialLink(address.port, baud)
        try:
            return make_driver(own, link, baud), link
        except BaseException:
            link.close()
            raise

    return RealBody(own, connect)


def make_driver(robot: RobotSpec, link: Link, baud: int) -> Driver:
    """Return the driver of a robot on a link."""
    wiring = wiring_of(robot)
    if wiring.driver == "opencat":
        return OpenCatDriver(link, servo_map(robot), wiring.model, wiring.lowest_voltage_v)
    return DynamixelDriver(
        link, servo_slots(robot), wiring.model, robot.joint_speeds, baud, lowest_voltage=wiring.lowest_voltage_v
    )
