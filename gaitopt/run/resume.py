"""Taking up an experiment where it stopped, whatever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.errors import InputError
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.results import Comparison
from gaitopt.run.experiment import RUNS, find, open_experiment
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.learn import continue_run
from gaitopt.run.learn.optimize import Outcome
from gaitopt.run.real.walks import Operator
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.train import TrainOutcome, continue_training
from gaitopt.workers import WorkerChoice, check_workers, default_count


def resume(
    experiment: Any,
    *,
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: Any = None,
    operator: Operator | None = None,
) -> Outcome | TrainOutcome | Comparison:
    """Take up a run, a training or a comparison where it stopped; it ends as if it had never stopped.

    Args:
        experiment: its folder, its name, or `latest`.
        workers: processes, all cores if None; or `ray`, but for trainings. The result does not depend on it.
        runs: folder in which names are looked up.
        report: called as by `learn`, `train` or `compare`.
        operator: person or program that helps a real robot, if the run is on one.

    Raises:
        InputError: there is none, it cannot be resumed, or its files are damaged.
    """
    workers = default_count() if workers is None else workers
    check_workers(workers)
    folder = open_experiment(find(experiment, Path(runs))) if isinstance(experiment, (str, Path)) else experiment
    if isinstance(folder, RunFolder):
        return continue_run(folder, workers, report, operator)
    if isinstance(folder, TrainFolder):
        if workers == "ray":
            raise InputError("workers: got 'ray'; a training runs in processes of this machine: give their number")
        return continue_training(folder, workers, report)
    if isinstance(folder, ComparisonFolder):
        return run_comparison(folder, workers, report)
    raise InputError(f"{experiment}: cannot be resumed; expected a run, a training or a comparison")
