"""Continuing any kind of experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.run.compare.folder import find_study
from gaitopt.run.compare.results import Comparison
from gaitopt.run.experiment import folder_names, named
from gaitopt.run.learn.folder import find_run
from gaitopt.run.learn.learn import RUNS
from gaitopt.run.learn.optimize import Outcome
from gaitopt.run.real.walks import Operator
from gaitopt.run.train.folder import find_training, is_training
from gaitopt.run.train.train import TrainOutcome
from gaitopt.view.compare.compare import finish_comparison
from gaitopt.view.learn.learn import finish_run
from gaitopt.view.train.train import finish_training
from gaitopt.workers import WorkerChoice, check_count, check_workers, default_count


def resume(
    experiment: str | Path = "latest",
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: Any = None,
    operator: Operator | None = None,
) -> Outcome | TrainOutcome | Comparison:
    """Continue a run, a training or a comparison to its end, as if it had never stopped.

    Args:
        experiment: its folder, its folder's name, or `latest`.
        workers: processes, all cores if None; or `ray`. The result does not depend on it.
        runs: folder in which names are looked up.
        report: called with the progress of that kind of experiment; if None, progress is shown live.
        operator: helps the robot, if the run is on a real one.

    Raises:
        InputError: there is no such experiment, or it cannot be continued.
    """
    runs, workers = Path(runs), default_count() if workers is None else workers
    check_workers(workers)
    name = named(str(experiment), runs, comparisons=True)
    if (comparison := find_study(name, runs)) is not None:
        return finish_comparison(comparison, workers, report)
    if is_training(name, runs):
        check_count(workers)
        assert isinstance(workers, int)  # see check_count
        return finish_training(find_training(name, runs), workers, report)
    return finish_run(find_run(name, runs, folder_names(runs, comparisons=True)), workers, report, operator)
