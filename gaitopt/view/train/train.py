"""Training as people start it: it shows progress and leaves a training curve.

`train` is what Python calls; `finish_training` is also what the command line calls, so that both leave the same files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.run.experiment import RUNS
from gaitopt.run.settings.base import settings_of
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import Report, TrainOutcome, continue_training, new_training
from gaitopt.view.progress_view import reporter
from gaitopt.view.train.curve import training_curve
from gaitopt.view.train.progress import TrainProgressView
from gaitopt.workers import check_count, default_count


def train(
    settings: TrainSettings | None = None,
    /,
    *,
    workers: int | None = None,
    runs: Path | str = RUNS,
    report: Report | None = None,
    **fields: Any,
) -> TrainOutcome:
    """Train a policy that adjusts a gait as the robot walks; the training is kept in a folder of its own.

    Args:
        settings: what is to be trained; or give its fields, see `TrainSettings`.
        workers: processes, all cores if None. The result does not depend on it.
        runs: folder in which the training's folder is made.
        report: called after every iteration; if None, progress is shown on a terminal or in a notebook.
        fields: fields of `TrainSettings`, such as `robot`, `gait`, `algorithm`, `steps` and `seed`.

    Raises:
        InputError: something cannot be used; nothing is left half-written.
    """
    workers = default_count() if workers is None else workers
    check_count(workers)
    return finish_training(
        new_training(settings_of(TrainSettings, settings, fields, ("workers", "runs", "report")), runs, workers),
        workers,
        report,
    )


def finish_training(
    folder: TrainFolder, workers: int, report: Report | None = None, plain: bool = False
) -> TrainOutcome:
    """Train to the end, draw the training curve and return what was learned; see `continue_training`.

    Args:
        folder: new, or stopped at any moment.
        workers: number of processes; the result does not depend on it.
        report: called after every iteration; if None, progress is shown live.
        plain: print plain lines where progress cannot be shown live.
    """
    with reporter(TrainProgressView(folder.config, plain=plain), report) as call:
        outcome = continue_training(folder, workers, call)
    training_curve(folder)
    return outcome
