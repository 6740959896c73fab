"""From an address to a body: `mujoco:`, `opencat:PORT`, `dynamixel:PORT`, or one that another package adds."""

from __future__ import annotations

from gaitopt.errors import InputError
from gaitopt.hal.address import parse_address
from gaitopt.hal.body import Body
from gaitopt.hal.engine import ENGINES, EngineSpec, engine_of
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
        address: such as `mujoco:` or `opencat:PORT`; None is the engine. See `gaitopt.hal.address`.
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
        from gaitopt.hal.real.connection import make_real_body  # workers import nothing of real robots

        return make_real_body(robot, parts)
    if engine is not None and engine.name != parts.kind:
        raise InputError(f"body address: got {address!r}; expected '{engine.name}:', as in the engine's settings")
    return ENGINES.load(parts.kind)(robot, engine or engine_of(robot, parts.kind), window, camera)
