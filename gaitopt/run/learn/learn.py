"""Learning a gait in one call, and resuming it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gaitopt.hal.catalog import make_body
from gaitopt.run.experiment import RUNS, check_layout
from gaitopt.run.learn.folder import RunFolder, create_run
from gaitopt.run.learn.optimize import Outcome, Report, optimize
from gaitopt.run.learn.settings import LearnSettings, check_budget
from gaitopt.run.real.walks import Operator, check_desk
from gaitopt.run.settings import settings_of
from gaitopt.workers import WorkerChoice, check_workers, default_count


def learn(
    settings: LearnSettings | None = None,
    /,
    *,
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: Report | None = None,
    operator: Operator | None = None,
    **fields: Any,
) -> Outcome:
    """Learn a faster gait; the run is kept in a folder of its own.

    Args:
        settings: what is to be learned; or give its fields, see `LearnSettings`.
        workers: processes, all cores if None; or `ray`. The result does not depend on it.
        runs: folder in which the run's folder is made.
        report: called after every traversal.
        operator: person or program that helps a real robot.
        fields: fields of `LearnSettings`, such as `robot`, `gait`, `optimizer`, `traversals` and `seed`.

    Raises:
        InputError: something cannot be used; nothing is left half-written.
    """
    workers = default_count() if workers is None else workers
    check_workers(workers)
    return optimize(new_run(settings_of(LearnSettings, settings, fields), runs), workers, report, operator)


def new_run(settings: LearnSettings, runs: Path | str) -> RunFolder:
    """Check that a run can be walked, and make its folder.

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
    """Take up a run where it stopped and return what was learned, as if it had never stopped.

    Raises:
        InputError: the run has an older layout, or its store cannot be used.
    """
    check_layout(folder.path, folder.provenance.layout, folder.provenance.versions)
    return optimize(folder, default_count() if workers is None else workers, report, operator)


def _check_body(settings: LearnSettings) -> None:
    """Open the robot's body: what cannot walk shall fail before anything is written."""
    if settings.real is not None:
        check_desk(settings.robot, settings.scenario, settings.real, settings.start_gait, settings.score)
        return
    with make_body(settings.robot, engine=settings.engine) as body:
        body.prepare(settings.scenario, settings.scenario.sample(np.random.default_rng(settings.seed)))
