"""Comparison of methods: each learns with each seed; evaluation walks then measure what each recommended over time.

Runs are executed in parallel, one process each (on Ray, one thread), because methods that ask for one point at a time
leave all cores but one idle. Each run depends on its own settings alone, so neither the number of workers nor an
interruption changes the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gaitopt.errors import InputError
from gaitopt.run.compare.evaluation_walks import measure
from gaitopt.run.compare.folder import ComparisonFolder, create_comparison, open_trial, plan
from gaitopt.run.compare.optimizer_trial import OptimizerTrial
from gaitopt.run.compare.ray_runs import learn_in_threads
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.compare.trial import Trial
from gaitopt.run.experiment import check_layout
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.rollout import RolloutWorkers
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import measured_pace
from gaitopt.workers import RAY, WorkerChoice, check_count, make_workers

PATIENCE_S = 10.0
"""Time allowed for the processes of a killed comparison to end [s]."""


@dataclass(frozen=True)
class ComparisonProgress:
    """Progress of a comparison; reported when a run has ended, and after every evaluation walk."""

    stage: str
    """`learning`, or `measuring` by evaluation walks."""
    done: int
    """Number of runs ended, or of evaluation walks done."""
    total: int
    """Total number of runs or evaluation walks."""
    ended: str | None = None
    """Name of the run that has just ended."""
    error: str | None = None
    """Reason for which it failed; None if it did not."""


ComparisonReport = Callable[[ComparisonProgress], None]


def new_comparison(settings: CompareSettings, runs: Path, workers: WorkerChoice = 1) -> ComparisonFolder:
    """Make the folder of a new comparison; for policies, the speed of the gait alone is measured first.

    Raises:
        InputError: no method is left, or the folder cannot be written.
    """
    planned = plan(settings)
    trainings = {member.seed: member for member in planned.members if isinstance(member, TrainSettings)}
    if trainings:
        check_count(workers)
    paces = {seed: measured_pace(member, workers) for seed, member in trainings.items()}
    return create_comparison(planned, runs, paces)


def run_comparison(
    folder: ComparisonFolder, workers: WorkerChoice, report: ComparisonReport | None = None
) -> Comparison:
    """Continue a comparison to its end, and return the result.

    Args:
        folder: a new comparison, or one interrupted at any moment.
        workers: number of processes, or `ray` if optimizers are compared; the result does not depend on it.
        report: called when a run has ended, and after every evaluation walk.

    Raises:
        InputError: a run's settings differ from the comparison's, or all runs failed.
    """
    report = report or (lambda progress: None)
    if isinstance(folder.members[0].config, TrainSettings):
        check_count(workers)
    check_layout(folder.path, folder.provenance.layout, folder.provenance.versions)
    with folder.locked():
        folder.check()
        failed = _learn(folder, workers, report)
        if len(failed) == len(folder.members):
            raise InputError(f"{folder.path}: all runs failed: {next(iter(failed.values()))}")
        members = [member for member in folder.members if member.config.name not in failed]
        report_walk = report
        return measure(
            folder,
            members,
            failed,
            workers,
            lambda done, total: report_walk(ComparisonProgress("measuring", done, total)),
        )


def learn_trial(path: Path) -> str | None:
    """Execute one run of a comparison in this process; return the error that ended it, None if there was none."""
    return _error_of(path, lambda member: member.learn())


def learn_run(path: Path, walkers: RolloutWorkers) -> str | None:
    """Execute one run of an optimizer with given workers; see `learn_trial`."""
    return _error_of(path, lambda member: OptimizerTrial(member.path).learn(walkers))


def _error_of(path: Path, learn: Callable[[Trial], None]) -> str | None:
    try:
        member = open_trial(path)
        _await_unlocked(member)
        learn(member)
    except Exception as error:  # one method's failure must not cost the others' results
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def _learn(folder: ComparisonFolder, workers: WorkerChoice, report: ComparisonReport) -> dict[str, str]:
    """Execute all unfinished runs; return those that failed, with the reason."""
    left = [member for member in folder.members if not _ended(member)]
    failed: dict[str, str] = {}
    done = len(folder.members) - len(left)
    report(ComparisonProgress("learning", done, len(folder.members)))
    with closing(_in_parallel(left, workers)) as ends:
        for index, error in ends:
            name = left[index].config.name
            if error is not None:
                failed[name] = error
            done += 1
            report(ComparisonProgress("learning", done, len(folder.members), name, error))
    return {member.config.name: failed[member.config.name] for member in left if member.config.name in failed}


def _ended(member: Trial) -> bool:
    try:
        return member.result is not None
    except InputError:  # learning reports what is wrong
        return False


def _in_parallel(left: list[Trial], workers: WorkerChoice) -> Generator[tuple[int, str | None], None, None]:
    """Execute runs in parallel; yield the index of each as it ends, with the error that ended it."""
    if not left:
        return
    paths = [member.path for member in left]
    if workers == RAY:
        config = left[0].config
        assert isinstance(config, LearnSettings)  # see run_comparison
        yield from learn_in_threads(config, paths, learn_run)
        return
    with make_workers(_learner, min(workers, len(left))) as pool:
        yield from pool.run(paths)


def _learner() -> Callable[[Path], str | None]:
    return learn_trial


def _await_unlocked(member: Trial) -> None:
    """Wait for the worker of a killed comparison to end; if it does not, learning reports that it is at work."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with member.locked():
                return
        except InputError:
            time.sleep(0.05)
