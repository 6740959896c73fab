"""From an address to a body: `pybullet:` and, on a serial line, `driver:port`."""

from __future__ import annotations

from gaitopt.errors import InputError, unknown_name
from gaitopt.hal.body import Body
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import RobotSpec

BODIES = ("pybullet",)


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
        address: `pybullet:`.
        engine: how the physics are computed.
        window: show a window, at the pace of real time.
        camera: make ready to take many pictures.

    Raises:
        InputError: the address is not one.
        BodyError: the body's library cannot be used on this machine.
    """
    kind, colon, rest = address.partition(":")
    if kind not in BODIES:
        raise unknown_name("body", kind, BODIES)
    if not colon or rest:
        raise InputError(f"body address: got {address!r}; expected 'pybullet:'")
    from gaitopt.hal.pybullet_body import PyBulletBody  # the engine is loaded only when it is used

    return PyBulletBody(robot, engine, window, camera)
