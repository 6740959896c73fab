"""Traversals of any walker in one call: one, many, or many of several walkers."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from os import PathLike
from typing import Any

from gaitopt.errors import InputError
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.real.robot import OperatedRobot
from gaitopt.run.rollout import World, fresh_seed, measure
from gaitopt.run.settings.base import score_of_choice
from gaitopt.run.walkers.walk_setup import RobotChoice, ScenarioChoice, find_walk, find_walks
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.walk.evaluation import Evaluation
from gaitopt.walk.traversal import Observer, Traversal
from gaitopt.walk.traversal import traverse as walk
from gaitopt.workers import WorkerChoice, workers_of_choice


def evaluate(
    walker: Any,
    robot: RobotChoice | None = None,
    scenario: ScenarioChoice | None = None,
    *,
    repeats: int = 20,
    seed: int = 0,
    workers: WorkerChoice | None = 1,
    score: str | ScoreSpec | None = None,
    body: EngineSpec | str | OperatedRobot | None = None,
) -> Evaluation:
    """Measure a walker by evaluation walks, not used for learning: mean speed with 95 % interval, falls, artefacts.

    Args:
        walker: a gait, a policy or a controller of your own; or the name or path of one, or of a run or training. See
            `gaitopt.run.walkers.walk_setup.find_walk`.
        robot: name, file or spec; the walker's own, else the AIBO ERS-7, if None.
        scenario: name, file or spec; the walker's own, else `field`, if None.
        repeats: number of traversals.
        seed: random seed; decides the conditions of the traversals.
        workers: number of processes, all cores if None; or `ray`. The result does not depend on it.
        score: objective, such as `speed - 0.5*sway`; the run's own, else the scenario's, else the speed, if None.
        body: an engine's name or settings; or a real robot, as `RealRobot(...).operated_by(operator)`.

    Raises:
        InputError: something cannot be used.
    """
    return evaluate_many(
        [walker], robot, scenario, repeats=repeats, seed=seed, workers=workers, score=score, body=body
    )[0]


def evaluate_many(
    walkers: Iterable[Any],
    robot: RobotChoice | None = None,
    scenario: ScenarioChoice | None = None,
    *,
    repeats: int = 3,
    seed: int = 0,
    workers: WorkerChoice | None = None,
    score: str | ScoreSpec | None = None,
    body: EngineSpec | str | OperatedRobot | None = None,
) -> list[Evaluation]:
    """Measure many walkers of one robot by the same traversals, in parallel; see `evaluate`.

    What is None is taken from the first walker.
    """
    if isinstance(walkers, (str, PathLike)) or not isinstance(walkers, Iterable):
        raise InputError(f"walkers: got {walkers!r:.80}; expected a list of walkers")
    setups = find_walks(walkers, robot, scenario)
    if not setups:
        return []
    first = setups[0]
    repeats, seed, workers = whole("repeats", repeats, 1), whole("seed", seed, 0), workers_of_choice(workers)
    objective = first.usual_score if score is None else score_of_choice(score)
    if body is not None and not isinstance(body, (str, EngineSpec, OperatedRobot)):
        expected = "an engine's name, an EngineSpec, or RealRobot(...).operated_by(operator)"
        raise InputError(f"body: got {body!r:.80}; expected {expected}")
    if not isinstance(body, OperatedRobot):
        body = engine_of_choice(body, first.robot) or first.engine
    world = World(first.robot, first.scenario, body)
    return measure([setup.walker for setup in setups], world, repeats, seed, workers, objective)


def traverse(
    walker: Any,
    robot: RobotChoice | None = None,
    scenario: ScenarioChoice | None = None,
    *,
    seed: int = 0,
    engine: EngineSpec | str | None = None,
    window: bool = False,
    observer: Observer | None = None,
) -> Traversal:
    """Walk once in simulation; it is the first of the traversals that `evaluate` walks with this seed.

    Args:
        walker: see `evaluate`.
        robot: name, file or spec; the walker's own, else the AIBO ERS-7, if None.
        scenario: name, file or spec; the walker's own, else `field`, if None.
        seed: random seed.
        engine: an engine's name or settings; the run's or the robot's own if None.
        window: show the walk in a window, in real time.
        observer: called with body and state at every reading of the sensors.

    Raises:
        InputError: something cannot be used.
    """
    setup = find_walk(walker, robot, scenario)
    seed, engine = whole("seed", seed, 0), engine_of_choice(engine, setup.robot) or setup.engine
    controller = setup.walker.controller(setup.robot, setup.scenario)
    with make_body(setup.robot, engine=engine, window=window) as body:
        return walk(body, controller, setup.scenario, fresh_seed(seed), observer)


def whole(name: str, value: Any, least: int) -> int:
    """Return an integer, such as one of numpy's, as an int.

    Raises:
        InputError: it is not an integer, or less than `least`.
    """
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(f"{name}: got {value!r:.80}; expected a whole number of at least {least}")
    return number


def engine_of_choice(choice: Any, robot: RobotSpec) -> EngineSpec | None:
    """Return an engine's settings by its name, with those usual for a robot, or as given; None for None.

    Raises:
        InputError: there is none, or it is something else.
    """
    if isinstance(choice, str):
        return engine_of(robot, choice)
    if choice is not None and not isinstance(choice, EngineSpec):
        raise InputError(f"engine: got {choice!r:.80}; expected an engine's name or an EngineSpec")
    return choice
