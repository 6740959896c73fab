"""From an address to a body: `pybullet:`, `opencat:PORT`, `dynamixel:PORT`, or one that another package adds."""

from __future__ import annotations

from gaitopt.errors import InputError
from gaitopt.hal.address import Address, parse_address
from gaitopt.hal.body import Body
from gaitopt.hal.calibration import load_calibration
from gaitopt.hal.driver import Driver, load_driver
from gaitopt.hal.engine import ENGINES, EngineSpec, engine_of
from gaitopt.hal.link import Link
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.serial.serial_link import SerialLink
from gaitopt.hal.wiring import wiring_of
from gaitopt.robot.spec import RobotSpec


def make_body(
    robot: RobotSpec,
    address: str | None = None,
    engine: EngineSpec | None = None,
    window: bool = False,
    camera: bool = False,
) -> Body:
    """Return the body at an address, not yet configured: use it as a context manager.

    Args:
        robot: which robot.
        address: `pybullet:`, `opencat:PORT` or `dynamixel:PORT`; None is the engine. See `gaitopt.hal.address`.
        engine: how the physics are computed; None is what the robot usually needs.
        window: whether to show a window, at the pace of real time.
        camera: whether to prepare for many pictures.

    Raises:
        InputError: the address is not one, or not one of this robot or engine.
        BodyError: the body's library cannot be used on this machine.
    """
    if address is None:
        engine = engine or engine_of(robot)
        address = f"{engine.name}:"
    parts = parse_address(address)
    if parts.real:
        return make_real_body(robot, parts)
    if engine is not None and engine.name != parts.kind:
        raise InputError(f"body address: got {address!r}; expected '{engine.name}:', as in the engine's settings")
    return ENGINES.load(parts.kind)(robot, engine or engine_of(robot, parts.kind), window, camera)


def make_real_body(robot: RobotSpec, address: Address) -> RealBody:
    """Return the robot on a serial line, not yet configured.

    Raises:
        InputError: it cannot be driven that way, or its calibration is missing.
    """
    wiring_of(robot, address.kind)
    own = load_calibration(address.id).apply(robot) if address.id is not None else robot
    baud = address.baud or load_driver(address.kind).usual_baud

    def connect() -> tuple[Driver, Link]:
        link = SerialLink(address.port, baud)
        try:
            return make_driver(own, link, baud), link
        except BaseException:
            link.close()
            raise

    return RealBody(own, connect)


def make_driver(robot: RobotSpec, link: Link, baud: int | None = None) -> Driver:
    """Return the driver of a robot on a link; `baud` is the link's speed [bit/s], None the driver's usual one."""
    driver = load_driver(wiring_of(robot).driver)
    return driver.for_robot(robot, link, baud or driver.usual_baud)
