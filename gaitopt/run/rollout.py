"""Traversals as tasks for workers, and the evaluation of a gait by fresh ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gaitopt.errors import InputError
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.body import Body
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.controller import Controller, GaitController
from gaitopt.walk.evaluation import Evaluation, summarize
from gaitopt.walk.traversal import Traversal, traverse
from gaitopt.workers import RAY, InProcess, WorkerChoice, Workers, make_workers

if TYPE_CHECKING:  # every worker imports this module: what it does not need is imported where it is used
    from gaitopt.run.real.walks import DeskSpec, Operator
    from gaitopt.run.trained_policy import TrainedPolicy


class RolloutTask(NamedTuple):
    """One traversal to be walked."""

    parameters: tuple[float, ...]
    """The twelve parameters, SI units."""
    seed: int
    """Seed of the traversal."""
    trained: TrainedPolicy | None = None
    """The policy that adjusts this gait; None for the gait alone."""


class RolloutResult(NamedTuple):
    """One traversal walked."""

    traversal: Traversal
    wall_s: float
    """How long it took to compute [s]."""


RolloutWorkers = Workers[RolloutTask, RolloutResult]
"""What walks traversals."""


@dataclass(frozen=True)
class RolloutFactory:
    """What a worker needs to walk: sent to each worker once."""

    robot: RobotSpec
    scenario: ScenarioSpec
    engine: EngineSpec

    def __call__(self) -> Rollout:
        """Return the function that walks one traversal."""
        return self.of(self.robot)

    def of(self, robot: RobotSpec) -> Rollout:
        """Return the same for another robot."""
        return Rollout(robot, self.scenario, self.engine)


class Rollout:
    """Walks traversals in one body that it keeps open."""

    def __init__(self, robot: RobotSpec, scenario: ScenarioSpec, engine: EngineSpec) -> None:
        self._robot, self._scenario, self._engine = robot, scenario, engine
        self._body: Body | None = None
        self._last: tuple[object, Controller] | None = None

    def __call__(self, task: RolloutTask) -> RolloutResult:
        """Walk one traversal."""
        begun = time.perf_counter()
        if self._body is None:
            self._body = make_body(self._robot, engine=self._engine)
            self._body.configure()
        traversal = traverse(self._body, self._controller(task), self._scenario, task.seed)
        return RolloutResult(traversal, time.perf_counter() - begun)

    def close(self) -> None:
        """Let go of the body."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _controller(self, task: RolloutTask) -> Controller:
        """Return the controller of a gait or a policy; the repeats of a candidate share its tables."""
        walker = task.parameters, task.trained and task.trained.digest
        if self._last is None or self._last[0] != walker:
            self._last = walker, self._new_controller(task)
        return self._last[1]

    def _new_controller(self, task: RolloutTask) -> Controller:
        if task.trained is not None:
            return task.trained.controller(self._robot, self._scenario)
        return GaitController(GaitParameters(*task.parameters), self._robot, self._scenario)


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
        from gaitopt.run.real.walks import Desk

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
    workers: WorkerChoice,
    desk: DeskSpec | None = None,
    operator: Operator | None = None,
    trained: TrainedPolicy | None = None,
) -> RolloutWorkers:
    """Return what walks traversals: worker processes in simulation, or one real robot with its operator.

    A real robot walks by one policy, `trained`, if it does not walk by gaits; in simulation, every task may name one.
    """
    if desk is None:
        factory = RolloutFactory(robot, scenario, engine)
        if workers != RAY:
            return make_workers(factory, workers)
        from gaitopt.run.remote import elsewhere

        return make_workers(elsewhere(robot, factory.of), workers)
    if operator is None:
        raise InputError(f"{desk.body} is a real robot: an operator is needed")
    return InProcess(partial(DeskRollout, robot, scenario, desk, operator, trained))


def fresh_tasks(
    gait: GaitParameters, repeats: int, seed: int, trained: TrainedPolicy | None = None
) -> list[RolloutTask]:
    """Return the fresh traversals that tell how fast a gait is, alone or with a policy."""
    parameters = tuple(gait.to_vector().tolist())
    seeds = (traversal_seed(seed, Stream.FRESH, repeat) for repeat in range(repeats))
    return [RolloutTask(parameters, fresh, trained) for fresh in seeds]


def evaluate(
    gait: GaitParameters,
    robot: RobotSpec,
    scenario: ScenarioSpec,
    repeats: int = 20,
    seed: int = 0,
    engine: EngineSpec | None = None,
    workers: WorkerChoice = 1,
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
        workers: how many processes walk, or `ray`.
        report: called with the number and result of each traversal as it ends.
        desk: walk on a real robot instead.
        operator: who helps the real robot.
        score: what a traversal is worth, beside its speed.
        trained: a policy that adjusts this gait.
    """
    if repeats < 1:
        raise InputError(f"repeats: got {repeats}; expected at least 1")
    tasks = fresh_tasks(gait, repeats, seed, trained)
    walked: dict[int, Traversal] = {}
    with rollout_workers(robot, scenario, engine or engine_of(robot), workers, desk, operator, trained) as pool:
        for index, result in pool.run(tasks):
            walked[index] = result.traversal
            if report is not None:
                report(index, result.traversal)
    return summarize([walked[index] for index in range(repeats)], score)
