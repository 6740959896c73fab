"""Continuing any kind of experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.errors import InputError
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.results import Comparison
from gaitopt.run.experiment import RESUMABLE, RUNS, find, open_experiment
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import Outcome
from gaitopt.run.real.robot import Operator
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.train import TrainOutcome
from gaitopt.view.compare.compare import finish_comparison
from gaitopt.view.learn.learn import finish_run
from gaitopt.view.train.train import finish_training
from gaitopt.workers import WorkerChoice, check_count, workers_of_choice


def resume(
    experiment: str | Path | RunFolder | TrainFolder | ComparisonFolder = "latest",
    *,
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: Any = None,
    operator: Operator | None = None,
) -> Outcome | TrainOutcome | Comparison:
    """Continue a run, a training or a comparison to its end, as if it had never stopped.

    Args:
        experiment: its folder or its name; or `latest`.
        workers: processes, all cores if None; or `ray`. The result does not depend on it.
        runs: folder in which names are looked up.
        report: called with the progress of that kind of experiment; if None, progress is shown live.
        operator: helps the robot, if the run is on a real one.

    Raises:
        InputError: there is no such experiment, or it cannot be continued.
    """
    workers = workers_of_choice(workers)
    folder = experiment
    if isinstance(experiment, (str, Path)):
        folder = open_experiment(find(experiment, Path(runs), RESUMABLE))
    if isinstance(folder, RunFolder):
        return finish_run(folder, workers, report, operator)
    if isinstance(folder, ComparisonFolder):
        return finish_comparison(folder, workers, report)
    if isinstance(folder, TrainFolder):
        check_count(workers)
        assert isinstance(workers, int)  # see check_count
        return finish_training(folder, workers, report)
    raise InputError(
        f"{getattr(folder, 'path', folder)}: cannot be resumed; expected a run, a training or a comparison"
    )
