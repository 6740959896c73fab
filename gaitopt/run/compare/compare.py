"""Comparing methods: every method learns with every seed, then fresh traversals tell what each had recommended when.

Runs stand side by side, one process each (on Ray, one thread), because methods that ask for one point at a time leave
all cores but one idle. Each run depends on its own settings alone, so neither the number of workers nor a stop changes
what comes out.
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
from gaitopt.run.compare.ray_runs import learn_abreast
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
"""How long the processes of a comparison that was killed may take to end [s]."""


@dataclass(frozen=True)
class ComparisonProgress:
    """How far a comparison is; reported when a run has ended, and after every fresh traversal."""

    stage: str
    """`learning`, or `measuring` by fresh traversals."""
    done: int
    """Runs ended, or fresh traversals walked."""
    total: int
    """Of so many."""
    ended: str | None = None
    """The run that has just ended."""
    error: str | None = None
    """Why it broke off, if it did."""


ComparisonReport = Callable[[ComparisonProgress], None]


def new_comparison(settings: CompareSettings, runs: Path, workers: WorkerChoice = 1) -> ComparisonFolder:
    """Make the folder of a new comparison; if policies adjust the gait, its own pace is measured first.

    Raises:
        InputError: no method is left, the folder exists, or it cannot be written.
    """
    made = plan(settings)
    trainings = {member.seed: member for member in made.members if isinstance(member, TrainSettings)}
    if trainings:
        check_count(workers)
    paces = {seed: measured_pace(member, workers) for seed, member in trainings.items()}
    return create_comparison(made, runs, paces)


def run_comparison(
    folder: ComparisonFolder, workers: WorkerChoice, report: ComparisonReport | None = None
) -> Comparison:
    """Compare from where a comparison stands to its end, and return what it says.

    Args:
        folder: new, or stopped at any moment.
        workers: how many processes, or `ray` if optimizers are compared; the result does not depend on it.
        report: called when a run has ended, and after every fresh traversal.

    Raises:
        InputError: the folder holds other settings than this comparison's, or all runs broke off.
    """
    report = report or (lambda progress: None)
    if isinstance(folder.members[0].config, TrainSettings):
        check_count(workers)
    check_layout(folder.path, folder.provenance.layout, folder.provenance.versions)
    with folder.locked():
        folder.check()
        failed = _learn(folder, workers, report)
        if len(failed) == len(folder.members):
            raise InputError(f"{folder.path}: all runs broke off: {next(iter(failed.values()))}")
        members = [member for member in folder.members if member.config.name not in failed]
        say = report
        return measure(
            folder, members, failed, workers, lambda done, total: say(ComparisonProgress("measuring", done, total))
        )


def learn_trial(path: Path) -> str | None:
    """Learn one run of a comparison to its end, in this process alone; return what broke it off, if anything did."""
    return _broken_off(path, lambda member: member.learn())


def learn_run(path: Path, walkers: RolloutWorkers) -> str | None:
    """Learn one run of an optimizer to its end, by traversals walked elsewhere; see `learn_trial`."""
    return _broken_off(path, lambda member: OptimizerTrial(member.path).learn(walkers))


def _broken_off(path: Path, learn: Callable[[Trial], None]) -> str | None:
    try:
        member = open_trial(path)
        _await_unlocked(member)
        learn(member)
    except Exception as error:  # one method's fault shall not take the others' results
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def _learn(folder: ComparisonFolder, workers: WorkerChoice, report: ComparisonReport) -> dict[str, str]:
    """Let all runs learn to their ends; return those that broke off, with the reason."""
    left = [member for member in folder.members if not _ended(member)]
    failed: dict[str, str] = {}
    done = len(folder.members) - len(left)
    report(ComparisonProgress("learning", done, len(folder.members)))
    with closing(_side_by_side(left, workers)) as ends:
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
    except InputError:  # learning tells what is wrong with it
        return False


def _side_by_side(left: list[Trial], workers: WorkerChoice) -> Generator[tuple[int, str | None], None, None]:
    """Let runs learn, and yield the number of each as it ends, with what broke it off."""
    if not left:
        return
    paths = [member.path for member in left]
    if workers == RAY:
        config = left[0].config
        assert isinstance(config, LearnSettings)  # see run_comparison
        yield from learn_abreast(config, paths, learn_run)
        return
    with make_workers(_learner, min(workers, len(left))) as pool:
        yield from pool.run(paths)


def _learner() -> Callable[[Path], str | None]:
    return learn_trial


def _await_unlocked(member: Trial) -> None:
    """Wait for the worker of a killed comparison to end; should it not, learning will tell that it is at work."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with member.locked():
                return
        except InputError:
            time.sleep(0.05)
