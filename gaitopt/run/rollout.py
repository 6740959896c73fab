"""Traversals as tasks for workers, and evaluations of walkers by many of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gaitopt.hal.body import Body
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.walkers.walker import Walker, WalkerKey
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.controller import Controller
from gaitopt.walk.evaluation import Evaluation, summarize
from gaitopt.walk.traversal import Traversal, traverse
from gaitopt.workers import RAY, InProcess, WorkerChoice, Workers, make_workers

if TYPE_CHECKING:  # every worker imports this module: what workers do not need is imported where it is used
    from gaitopt.run.real.robot import OperatedRobot


class RolloutTask(NamedTuple):
    """Task of walking one traversal."""

    walker: Walker
    """Walker."""
    seed: int
    """Seed of the traversal."""


class RolloutResult(NamedTuple):
    """Result of a `RolloutTask`."""

    traversal: Traversal
    wall_s: float
    """Wall time [s]."""


RolloutWorkers = Workers[RolloutTask, RolloutResult]
"""Workers that walk traversals."""


@dataclass(frozen=True)
class World:
    """Robot, scenario and body of traversals; sent to each worker once."""

    robot: RobotSpec
    scenario: ScenarioSpec
    body: EngineSpec | OperatedRobot
    """The engine of a simulation, or a real robot with its operator."""

    def rollout(self, robot: RobotSpec | None = None) -> Rollout:
        """Return a function that walks one traversal in simulation; `robot` has another path to its URDF."""
        return Rollout(self if robot is None else replace(self, robot=robot))


class Rollout:
    """Function that walks traversals in one simulated body, which it keeps open."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._body: Body | None = None
        self._last: tuple[WalkerKey, Controller] | None = None

    def __call__(self, task: RolloutTask) -> RolloutResult:
        """Walk one traversal."""
        begun = time.perf_counter()
        if self._body is None:
            assert isinstance(self._world.body, EngineSpec)  # see `rollout_workers`
            self._body = make_body(self._world.robot, engine=self._world.body)
            self._body.configure()
        traversal = traverse(self._body, self._controller(task.walker), self._world.scenario, task.seed)
        return RolloutResult(traversal, time.perf_counter() - begun)

    def close(self) -> None:
        """Close the body."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _controller(self, walker: Walker) -> Controller:
        """Return the controller of a walker; the repeats of a candidate share its tables."""
        key = walker.key
        if self._last is None or self._last[0] != key:
            self._last = key, walker.controller(self._world.robot, self._world.scenario)
        return self._last[1]


def rollout_workers(world: World, workers: WorkerChoice) -> RolloutWorkers:
    """Return workers that walk traversals: processes in simulation, or one real robot with its operator."""
    if not isinstance(world.body, EngineSpec):
        from gaitopt.run.real.walks import RealWalks

        return InProcess(partial(RealWalks, world.robot, world.scenario, world.body))
    if workers != RAY:
        return make_workers(world.rollout, workers)
    from gaitopt.run.remote import remote_factory

    return make_workers(remote_factory(world.robot, world.rollout), workers)


def fresh_tasks(walker: Walker, repeats: int, seed: int) -> list[RolloutTask]:
    """Return the evaluation walks of a walker; their seeds are not used for learning."""
    return [RolloutTask(walker, fresh_seed(seed, repeat)) for repeat in range(repeats)]


def fresh_seed(seed: int, repeat: int = 0) -> int:
    """Return the seed of one evaluation walk."""
    return traversal_seed(seed, Stream.FRESH, repeat)


def measure(
    walkers: Sequence[Walker],
    world: World,
    repeats: int,
    seed: int,
    workers: WorkerChoice,
    score: ScoreSpec = SPEED,
    report: Callable[[int, Traversal], None] = lambda index, traversal: None,
) -> list[Evaluation]:
    """Return the evaluation of each walker by the same walks.

    Args:
        walkers: the walkers.
        world: robot, scenario and body.
        repeats: number of traversals of each walker.
        seed: seed of the traversals.
        workers: number of processes, or `ray`.
        score: objective; the speed is always measured.
        report: called with the index and result of each traversal as it ends.
    """
    tasks = [task for walker in walkers for task in fresh_tasks(walker, repeats, seed)]
    walked: dict[int, Traversal] = {}
    with rollout_workers(world, workers) as pool:
        for index, result in pool.run(tasks):
            walked[index] = result.traversal
            report(index, result.traversal)
    ordered = [walked[index] for index in range(len(tasks))]
    return [summarize(ordered[first : first + repeats], score) for first in range(0, len(tasks), repeats)]
