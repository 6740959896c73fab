"""Traversals as tasks for workers, and the evaluation of a gait by fresh ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from gaitopt.errors import InputError
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.body import Body
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.desk import Desk, DeskSpec, Operator
from gaitopt.run.trained import TrainedPolicy
from gaitopt.scenario.score import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.controller import Controller, GaitController
from gaitopt.walk.score import Evaluation, summarize
from gaitopt.walk.traversal import Traversal, traverse
from gaitopt.workers import InProcess, Workers, make_workers


class RolloutTask(NamedTuple):
    """One traversal to be walked."""

    parameters: tuple[float, ...]
    """The twelve parameters, SI units."""
    seed: int
    """Seed of the traversal."""


class RolloutResult(NamedTuple):
    """One traversal walked."""

    traversal: Traversal
    wall_s: float
    """How long it took to compute [s]."""


@dataclass(frozen=True)
class RolloutFactory:
    """What a worker needs to walk: sent to each worker once."""

    robot: RobotSpec
    scenario: ScenarioSpec
    engine: EngineSpec
    trained: TrainedPolicy | None = None
    """What adjusts its gait; None for gaits alone."""

    def __call__(self) -> Rollout:
        """Return the function that walks one traversal."""
        return Rollout(self.robot, self.scenario, self.engine, self.trained)


class Rollout:
    """Walks traversals in one body that it keeps open."""

    def __init__(
        self, robot: RobotSpec, scenario: ScenarioSpec, engine: EngineSpec, trained: TrainedPolicy | None = None
    ) -> None:
        self._robot, self._scenario, self._engine = robot, scenario, engine
        self._body: Body | None = None
        self._tables: tuple[tuple[float, ...], Controller] | None = None
        if trained is not None:
            gait = tuple(trained.gait.parameters.to_vector().tolist())
            self._tables = gait, trained.controller(robot, scenario)

    def __call__(self, task: RolloutTask) -> RolloutResult:
        """Walk one traversal."""
        begun = time.perf_counter()
        if self._body is None:
            self._body = make_body(self._robot, engine=self._engine)
            self._body.configure()
        traversal = traverse(self._body, self._controller(task.parameters), self._scenario, task.seed)
        return RolloutResult(traversal, time.perf_counter() - begun)

    def close(self) -> None:
        """Let go of the body."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _controller(self, parameters: tuple[float, ...]) -> Controller:
        """Return the gait's controller; the repeats of a candidate share its tables."""
        if self._tables is None or self._tables[0] != parameters:
            gait = GaitParameters(*parameters)
            self._tables = parameters, GaitController(gait, self._robot, self._scenario)
        return self._tables[1]


class DeskRollout:
    """Walks traversals on a real robot."""

    def __init__(
        self,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        spec: DeskSpec,
        operator: Operator,
        trained: TrainedPolicy | None = None,
    ) -> None:
        self._desk = Desk(robot, scenario, spec, operator, trained)

    def __call__(self, task: RolloutTask) -> RolloutResult:
        """Walk one traversal."""
        begun = time.perf_counter()
        traversal = self._desk.walk(GaitParameters(*task.parameters), task.seed)
        return RolloutResult(traversal, time.perf_counter() - begun)

    def close(self) -> None:
        """Let go of the robot."""
        self._desk.close()


def rollout_workers(
    robot: RobotSpec,
    scenario: ScenarioSpec,
    engine: EngineSpec,
    workers: int,
    desk: DeskSpec | None = None,
    operator: Operator | None = None,
    trained: TrainedPolicy | None = None,
) -> Workers[RolloutTask, RolloutResult]:
    """Return what walks traversals: worker processes in simulation, or one real robot with its operator."""
    if desk is None:
        return make_workers(RolloutFactory(robot, scenario, engine, trained), workers)
    if operator is None:
        raise InputError(f"{desk.body} is a real robot: an operator is needed")
    return InProcess(partial(DeskRollout, robot, scenario, desk, operator, trained))


def fresh_tasks(gait: GaitParameters, repeats: int, seed: int) -> list[RolloutTask]:
    """Return the fresh traversals that tell how fast a gait is."""
    parameters = tuple(gait.to_vector().tolist())
    return [RolloutTask(parameters, traversal_seed(seed, Stream.FRESH, repeat)) for repeat in range(repeats)]


def evaluate(
    gait: GaitParameters,
    robot: RobotSpec,
    scenario: ScenarioSpec,
    repeats: int = 20,
    seed: int = 0,
    engine: EngineSpec | None = None,
    workers: int = 1,
    report: Callable[[int, Traversal], None] | None = None,
    desk: DeskSpec | None = None,
    operator: Operator | None = None,
    score: ScoreSpec = SPEED,
    trained: TrainedPolicy | None = None,
) -> Evaluation:
    """Return what fresh traversals say of a gait: mean speed and 95 % interval, falls, artefacts.

    Args:
        gait: the twelve parameters.
        robot: who walks.
        scenario: where.
        repeats: how many traversals.
        seed: decides their conditions.
        engine: how the physics are computed.
        workers: how many processes walk.
        report: called with the number and result of each traversal as it ends.
        desk: walk on a real robot instead.
        operator: who helps the real robot.
        score: what a traversal is worth, beside its speed.
        trained: a policy that adjusts this gait.
    """
    if repeats < 1:
        raise InputError(f"repeats: got {repeats}; expected at least 1")
    tasks = fresh_tasks(gait, repeats, seed)
    walked: dict[int, Traversal] = {}
    with rollout_workers(robot, scenario, engine or engine_of(robot), workers, desk, operator, trained) as pool:
        for index, result in pool.run(tasks):
            walked[index] = result.traversal
            if report is not None:
                report(index, result.traversal)
    return summarize([walked[index] for index in range(repeats)], score)
