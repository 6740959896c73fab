"""From the address of a real robot to its body: calibration, serial link and driver."""

from __future__ import annotations

from gaitopt.hal.address import Address
from gaitopt.hal.calibration import load_calibration
from gaitopt.hal.driver import Driver, load_driver
from gaitopt.hal.link import Link
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.serial.serial_link import SerialLink
from gaitopt.hal.wiring import wiring_of
from gaitopt.robot.spec import RobotSpec


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
