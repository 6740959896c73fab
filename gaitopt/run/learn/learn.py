"""Creation and continuation of runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitopt.hal.catalog import make_body
from gaitopt.run.experiment import check_layout
from gaitopt.run.learn.folder import RunFolder, create_run
from gaitopt.run.learn.optimize import Outcome, Report, optimize
from gaitopt.run.learn.settings import LearnSettings, check_budget
from gaitopt.run.real.robot import Operator
from gaitopt.run.real.walks import check_real_robot
from gaitopt.run.walkers.walker import gait_walker
from gaitopt.workers import WorkerChoice, default_count


def new_run(settings: LearnSettings, runs: Path | str) -> RunFolder:
    """Check that a run is possible, and make its folder.

    Raises:
        InputError: the budget is too small, or the body cannot walk; nothing is written.
    """
    check_budget(settings)
    _check_body(settings)
    return create_run(settings, Path(runs))


def continue_run(
    folder: RunFolder,
    workers: WorkerChoice | None = None,
    report: Report | None = None,
    operator: Operator | None = None,
) -> Outcome:
    """Continue a run to its end and return the result, the same as without an interruption.

    Raises:
        InputError: the run has an older layout, or its store cannot be used.
    """
    check_layout(folder.path, folder.provenance.layout, folder.provenance.versions)
    return optimize(folder, default_count() if workers is None else workers, report, operator)


def _check_body(settings: LearnSettings) -> None:
    """Open the robot's body, so that errors are raised before anything is written."""
    if settings.real is not None:
        start = gait_walker(settings.robot, settings.start_gait)
        check_real_robot(settings.robot, settings.scenario, settings.real, start, settings.score)
        return
    with make_body(settings.robot, engine=settings.engine) as body:
        body.prepare(settings.scenario, settings.scenario.sample(np.random.default_rng(settings.seed)))
