"""Learning in one call: what the command line and scripts use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gaitopt.gait.gait_file import Gait, load_gait
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.optim.catalog import DEFAULT
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.run.learn.folder import RunFolder, create_run, find_run
from gaitopt.run.learn.optimize import Outcome, Report, optimize
from gaitopt.run.learn.settings import RunConfig, resolve
from gaitopt.run.real.robot import Operator, RealRobot
from gaitopt.run.real.walks import check_real_robot
from gaitopt.run.walker import gait_walker
from gaitopt.scenario.objective import ScoreSpec, parse_score
from gaitopt.scenario.spec import ScenarioSpec, load_scenario
from gaitopt.workers import WorkerChoice, check_workers, default_count

RUNS = "runs"
"""Where runs lie, unless told otherwise: in the current folder."""


def learn(
    robot: str | RobotSpec = "aibo-ers7",
    scenario: str | ScenarioSpec = "field",
    start: str | Gait | None = None,
    optimizer: str = DEFAULT,
    traversals: int = 1035,
    workers: WorkerChoice | None = None,
    seed: int = 0,
    name: str | None = None,
    runs: Path | str = RUNS,
    options: dict[str, Any] | None = None,
    engine: EngineSpec | None = None,
    desk: RealRobot | None = None,
    operator: Operator | None = None,
    report: Report | None = None,
    score: str | ScoreSpec | None = None,
) -> Outcome:
    """Learn a faster gait and return what was learned; the run is kept in a folder of its own.

    Args:
        robot: a name or a spec.
        scenario: a name or a spec.
        start: a gait's name, its file, or a gait; the robot's usual start if None.
        optimizer: a name; see `gaitopt list optimizers`.
        traversals: the budget; whole iterations are walked.
        workers: processes, all cores if None; or `ray`. The result does not depend on it.
        seed: of the run.
        name: of the run.
        runs: folder in which the run's folder is made.
        options: of the optimizer.
        engine: how the physics are computed.
        desk: walk on a real robot instead.
        operator: who helps the real robot.
        report: called after every traversal.
        score: what to make as high as can be, such as `speed - 0.5*sway`; the scenario's own, else the speed, if None.

    Raises:
        InputError: something cannot be used; nothing is left half-written.
    """
    workers = default_count() if workers is None else workers
    check_workers(workers)
    run = new_run(
        robot=robot,
        scenario=scenario,
        start=start,
        optimizer=optimizer,
        traversals=traversals,
        seed=seed,
        name=name,
        runs=runs,
        options=options,
        engine=engine,
        desk=desk,
        score=score,
    )
    return optimize(run, workers, report, operator)


def new_run(
    *,
    robot: str | RobotSpec,
    scenario: str | ScenarioSpec,
    start: str | Gait | None,
    optimizer: str,
    traversals: int,
    seed: int,
    name: str | None,
    runs: Path | str,
    options: dict[str, Any] | None = None,
    engine: EngineSpec | None = None,
    desk: RealRobot | None = None,
    fresh: int = 20,
    score: str | ScoreSpec | None = None,
) -> RunFolder:
    """Check the settings of a run and make its folder; see `learn`."""
    robot = load_robot(robot) if isinstance(robot, str) else robot
    scenario = load_scenario(scenario) if isinstance(scenario, str) else scenario
    start = start or robot.start_gait
    start_name = start if isinstance(start, str) else "given"
    config = resolve(
        robot=robot,
        scenario=scenario,
        start=load_gait(start, robot) if isinstance(start, str) else start,
        start_name=start_name,
        optimizer=optimizer,
        traversals=traversals,
        seed=seed,
        name=name,
        options=options,
        engine=engine,
        desk=desk,
        fresh=fresh,
        score=parse_score(score) if isinstance(score, str) else score,
    )
    _check_body(config)
    return create_run(config, Path(runs))


def resume(
    run: str | Path | RunFolder,
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: Report | None = None,
    operator: Operator | None = None,
) -> Outcome:
    """Take up a run where it stopped and return what was learned, as if it had never stopped.

    Args:
        run: its folder, its folder's name, or `latest`.
        workers: processes, all cores if None; or `ray`.
        runs: folder in which names are looked up.
        report: called after every traversal.
        operator: who helps the robot, if the run is on a real one.
    """
    folder = run if isinstance(run, RunFolder) else find_run(str(run), Path(runs))
    return optimize(folder, default_count() if workers is None else workers, report, operator)


def _check_body(config: RunConfig) -> None:
    """Open the robot's body: what cannot walk shall fail before anything is written."""
    if config.desk is not None:
        start = gait_walker(config.robot, config.start_gait)
        check_real_robot(config.robot, config.scenario, config.desk, start, config.score)
        return
    with make_body(config.robot, engine=config.engine) as body:
        body.prepare(config.scenario, config.scenario.sample(np.random.default_rng(config.seed)))
