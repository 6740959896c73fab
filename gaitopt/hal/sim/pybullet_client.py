"""A physics client of PyBullet: connected, with or without a window, and cleared for a new world."""

from __future__ import annotations

import os
import sys

from gaitopt.errors import BodyError
from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.sim import egl
from gaitopt.hal.sim.native_output import silenced
from gaitopt.hal.sim.pybullet_world import p
from gaitopt.hal.sim.simulated_body import GRAVITY


def connect(window: bool, camera: bool) -> tuple[int, int]:
    """Return a new client's id and its renderer: EGL if pictures are wanted and this machine has it.

    Raises:
        BodyError: there is no display for a window.
    """
    if window and sys.platform == "linux" and not os.environ.get("DISPLAY"):
        raise BodyError(
            "there is no display for a window; leave out --window, or film with --video "
            "(an environment's render_mode: rgb_array instead of human)"
        )
    with silenced():
        client: int = p.connect(p.GUI if window else p.DIRECT)
    if client < 0:
        raise BodyError("PyBullet cannot open a window; is there a display? Leave out --window to run without one")
    if window or not camera or not egl.egl_works():
        return client, p.ER_TINY_RENDERER
    with silenced():  # before the world is built: the plugin draws what is loaded after it
        p.loadPlugin(egl.plugin(), egl.SUFFIX, physicsClientId=client)
    return client, p.ER_BULLET_HARDWARE_OPENGL


def disconnect(client: int) -> None:
    """Disconnect a client, unless it is gone already, as when the user closed the window."""
    if client >= 0 and p.isConnected(client):
        with silenced():
            p.disconnect(client)


def clear(engine: EngineSpec, window: bool, client: int) -> None:
    """Remove everything from the world, and set how it is computed."""
    p.resetSimulation(physicsClientId=client)
    p.setGravity(0.0, 0.0, -GRAVITY, physicsClientId=client)
    p.setPhysicsEngineParameter(
        fixedTimeStep=engine.time_step_s,
        numSolverIterations=engine.solver_iterations,
        deterministicOverlappingPairs=1,
        physicsClientId=client,
    )
    if window:
        p.configureDebugVisualizer(p.COV_ENABLE_GUI, 0, physicsClientId=client)
