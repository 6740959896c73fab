"""Physics engines: their registry, and the settings of one."""

from __future__ import annotations

import functools
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import AfterValidator, Field

from gaitopt.errors import unknown_name
from gaitopt.registry import Entry, Registry
from gaitopt.robot.spec import LONGEST_STEP_S, MOST_ITERATIONS, RobotSpec
from gaitopt.spec import Positive, Spec

if TYPE_CHECKING:  # commands that only read specs do without numpy
    from gaitopt.hal.body import Body


class Engine(Protocol):
    """Makes simulated bodies: a class derived from `Body`, or a function."""

    def __call__(self, robot: RobotSpec, engine: EngineSpec | None, window: bool, camera: bool) -> Body:
        """Return a body that is not configured yet; for the arguments, see `gaitopt.hal.catalog.make_body`."""


ENGINES: Registry[Engine] = Registry(
    "engine",
    "gaitopt.engines",
    {
        "pybullet": Entry("gaitopt.hal.sim.pybullet_body:PyBulletBody", "PyBullet, the Bullet engine"),
        "mujoco": Entry("gaitopt.hal.sim.mujoco_body:MuJoCoBody", "MuJoCo"),
    },
)
"""Physics engines by name; other packages add to them by entry points."""


@functools.cache
def default_engine() -> str:
    """Return the name of the engine used where none is named: PyBullet where it is installed, else MuJoCo."""
    return "pybullet" if find_spec("pybullet") else "mujoco"


def _known(name: str) -> str:
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    return name


class EngineSpec(Spec):
    """How the physics are computed."""

    name: Annotated[str, AfterValidator(_known)] = Field(default_factory=default_engine)
    """Name of the engine (default: PyBullet where it is installed, else MuJoCo)."""
    time_step_s: Annotated[Positive, Field(le=LONGEST_STEP_S)] = 0.004
    """Time step [s]; a whole number of them must make a command period."""
    solver_iterations: Annotated[int, Field(strict=True, ge=1, le=MOST_ITERATIONS)] = 10
    """Iterations of the contact solver per step; what they are worth is measured in docs/results/convergence.md."""


def engine_of(robot: RobotSpec, name: str | None = None) -> EngineSpec:
    """Return an engine's usual settings for a robot: light, quick ones need finer ones than the AIBOs.

    Args:
        robot: which robot.
        name: name of the engine; the default one if None.

    Raises:
        InputError: there is no such engine.
    """
    name = name or default_engine()
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    physics = robot.physics.get(name)
    return EngineSpec(name=name, **({} if physics is None else physics.model_dump()))
