"""Everything a run depends on, resolved: written before the first traversal, read again to resume."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

import gaitopt
from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, check_gait
from gaitopt.gait.parameters import GaitParameters, GaitSpace, Twelve
from gaitopt.gait.paw_motion import TRENDS, StanceModel
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.optim.base import Features, Optimizer
from gaitopt.optim.catalog import make_optimizer, resolve_options
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.real.robot import RealRobot
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.seeding import Stream, generator
from gaitopt.spec import Spec, parse_spec

PACKAGES = ("numpy", "scipy", "scikit-learn", "cma", "pybullet", "pydantic")


class RunConfig(Spec):
    """The settings of a run of learning."""

    schema_version: Literal[1] = 1
    """Version of the file's layout."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    """The run's name: letters, digits, dot, dash, underscore."""
    optimizer: str
    """Which optimizer."""
    options: dict[str, Any]
    """Its options, all of them."""
    traversals: Annotated[int, Field(strict=True, ge=1)]
    """Budget: learning uses as many whole iterations as it pays for."""
    fresh: Annotated[int, Field(strict=True, ge=2)] = 20
    """Fresh traversals by which start and winner are reported, outside the budget."""
    seed: Annotated[int, Field(strict=True, ge=0)]
    """Seed of the run's one SeedSequence."""
    score: ScoreSpec = SPEED
    """What learning makes as high as it can."""
    start_name: str
    """Where the start gait came from."""
    start: Twelve
    """The start gait's twelve parameters, SI units."""
    engine: EngineSpec
    """How the physics are computed."""
    desk: RealRobot | None = None
    """How a real robot walks; None in simulation."""
    versions: dict[str, str]
    """Versions of what computes, and the git revision."""
    scenario: ScenarioSpec
    """Where the robot walks."""
    robot: RobotSpec
    """The robot."""

    @model_validator(mode="after")
    def _start_fits(self) -> RunConfig:
        try:
            GaitSpace(self.robot).check(self.start_gait)
        except InputError as error:
            raise ValueError(f"start: {error}") from error
        return self

    @property
    def start_gait(self) -> GaitParameters:
        """The gait from which learning starts."""
        return GaitParameters(**self.start)


class BudgetError(InputError):
    """A budget that does not pay for an optimizer's first iteration."""

    def __init__(self, optimizer: str, traversals: int, cost: int) -> None:
        super().__init__(
            f"traversals: got {traversals}; one iteration of {optimizer} takes {cost}: give at least as many"
        )
        self.cost = cost
        """Traversals of the first iteration."""


def resolve(
    *,
    robot: RobotSpec,
    scenario: ScenarioSpec,
    start: Gait,
    start_name: str,
    optimizer: str,
    traversals: int,
    seed: int,
    name: str | None = None,
    options: dict[str, Any] | None = None,
    engine: EngineSpec | None = None,
    desk: RealRobot | None = None,
    fresh: int = 20,
    score: ScoreSpec | None = None,
) -> RunConfig:
    """Return the complete settings of a run; without a score, the scenario's own, else the speed.

    Raises:
        InputError: a name is unknown, or the gait is another robot's.
        BudgetError: the budget pays for no iteration.
    """
    check_gait(start, robot, start_name)
    settings = {
        "name": name or f"{robot.name}-{optimizer}",
        "optimizer": optimizer,
        "options": resolve_options(optimizer, options),
        "traversals": traversals,
        "fresh": fresh,
        "seed": seed,
        "score": score or scenario.score or SPEED,
        "start_name": start_name,
        "start": dict(vars(start.parameters)),
        "engine": engine or engine_of(robot),
        "desk": desk,
        "versions": current_versions(),
        "scenario": scenario,
        "robot": robot,
    }
    config = parse_spec(RunConfig, settings, "settings of the run")
    _check_budget(config)
    return config


def new_optimizer(config: RunConfig) -> Optimizer:
    """Return the run's optimizer, at its start."""
    space, stance = GaitSpace(config.robot), StanceModel(config.robot)
    start, epsilon = space.to_cube(config.start_gait), space.epsilon_in_cube
    rng = generator(config.seed, Stream.OPTIMIZER)

    def of(points: Array) -> Array:
        return stance(space.vectors(points))

    return make_optimizer(config.optimizer, start, epsilon, rng, config.options, Features(of, len(TRENDS)))


def current_versions() -> dict[str, str]:
    """Return the versions of what computes here."""
    versions = {"python": platform.python_version(), "gaitopt": gaitopt.__version__}
    return versions | {package: _version(package) for package in PACKAGES} | {"git": _git_revision()}


def _check_budget(config: RunConfig) -> None:
    optimizer = new_optimizer(config)
    cost = optimizer.batch * optimizer.repeats
    if config.traversals < cost:
        raise BudgetError(config.optimizer, config.traversals, cost)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _git_revision() -> str:
    checkout = Path(gaitopt.__file__).resolve().parent.parent
    if not (checkout / ".git").exists():
        return "none"
    try:
        answer = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()


def first_difference(ours: Any, theirs: Any, key: str = "") -> tuple[str, Any, Any] | None:
    """Return the first key in which two settings differ, with both values; None if they are equal."""
    return next(differences(ours, theirs, key), None)


def differences(ours: Any, theirs: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield every key in which two settings differ, with both values.

    Files that settings name are not compared: every folder has its own copy.
    """
    if not (isinstance(ours, Mapping) and isinstance(theirs, Mapping)):
        if ours != theirs:
            yield key, ours, theirs
        return
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        inner = f"{key}.{name}" if key else str(name)
        if inner != "robot.urdf":
            yield from differences(ours.get(name), theirs.get(name), inner)
