"""Learning as people start it: it shows progress and leaves a learning curve.

`learn` is what Python calls; `finish_run` is also what the command line calls, so that both leave the same files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.learn import RUNS, new_run
from gaitopt.run.learn.optimize import Outcome, Report, optimize
from gaitopt.run.real.walks import Operator
from gaitopt.view.learn.curve import learning_curve
from gaitopt.view.learn.progress import LearnProgressView
from gaitopt.view.progress_view import reporter
from gaitopt.workers import WorkerChoice, check_workers, default_count


def learn(
    *settings: Any,
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: Report | None = None,
    operator: Operator | None = None,
    **fields: Any,
) -> Outcome:
    """Learn a faster gait; see `new_run` for the settings and `finish_run` for the rest."""
    workers = default_count() if workers is None else workers
    check_workers(workers)
    return finish_run(new_run(*settings, runs=runs, **fields), workers, report, operator)


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
