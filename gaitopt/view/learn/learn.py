"""Learning as people start it: it shows progress and leaves a learning curve.

`learn` is what Python calls; `finish_run` is also what the command line calls, so that both leave the same files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.run.experiment import RUNS
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import Outcome, Report, new_run, optimize
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.real.robot import Operator
from gaitopt.run.settings.base import settings_of
from gaitopt.view.learn.curve import learning_curve
from gaitopt.view.learn.progress import LearnProgressView
from gaitopt.view.progress_view import reporter
from gaitopt.workers import WorkerChoice, workers_of_choice


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
        report: called after every traversal; if None, progress is shown on a terminal or in a notebook.
        operator: person or program that helps a real robot.
        fields: fields of `LearnSettings`, such as `robot`, `gait`, `optimizer`, `traversals` and `seed`.

    Raises:
        InputError: something cannot be used; nothing is left half-written.
    """
    workers = workers_of_choice(workers)
    return finish_run(
        new_run(settings_of(LearnSettings, settings, fields, ("workers", "runs", "report", "operator")), runs),
        workers,
        report,
        operator,
    )


def finish_run(
    folder: RunFolder,
    workers: WorkerChoice,
    report: Report | None = None,
    operator: Operator | None = None,
    plain: bool = False,
) -> Outcome:
    """Learn to the end, draw the learning curve and return what was learned; see `optimize`.

    Args:
        folder: new, or stopped at any moment.
        workers: number of processes, or `ray`; the result does not depend on it.
        report: called after every traversal; if None, progress is shown live.
        operator: helps a real robot; needed by runs on one.
        plain: print plain lines where progress cannot be shown live.
    """
    with reporter(LearnProgressView(plain=plain), report) as call:
        outcome = optimize(folder, workers, call, operator)
    learning_curve(folder)
    return outcome
