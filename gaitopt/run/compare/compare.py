"""Comparison of methods: each learns with each seed; evaluation walks then measure what each recommended over time.

Runs are executed in parallel, one process each (on Ray, one thread), because methods that ask for one point at a time
leave all cores but one idle. Each run depends on its own settings alone, so neither the number of workers nor an
interruption changes the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gaitopt.errors import InputError
from gaitopt.run.compare.evaluation_walks import measure
from gaitopt.run.compare.folder import ComparisonFolder, create_comparison, plan
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.compare.trial import OptimizerTrial, Trial, has_ended, open_trial
from gaitopt.run.remote import remote_factory
from gaitopt.run.rollout import RolloutWorkers, World
from gaitopt.run.settings.base import Settings
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import measured_pace
from gaitopt.threads import one_thread
from gaitopt.workers import RAY, WorkerChoice, check_count, make_workers
from gaitopt.workers.ray.workers import RayWorkers

PATIENCE_S = 10.0
"""Time allowed for the processes of a killed comparison to end [s]."""
MOST_ON_RAY = 100
"""Largest number of simultaneous runs on Ray: each holds its database open, and a process may open some 1,000 files."""


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
    tell = report or (lambda progress: None)
    if isinstance(folder.members[0].config, TrainSettings):
        check_count(workers)
    folder.check_layout()
    with folder.locked():
        folder.check()
        failed = _learn(folder, workers, tell)
        if len(failed) == len(folder.members):
            raise InputError(f"{folder.path}: all runs failed: {next(iter(failed.values()))}")
        members = [member for member in folder.members if member.config.name not in failed]
        return measure(
            folder, members, failed, workers, lambda done, total: tell(ComparisonProgress("measuring", done, total))
        )


def learn_trial(path: Path, walkers: RolloutWorkers | None = None) -> str | None:
    """Execute one run of a comparison; return the error that ended it, None if there was none.

    Args:
        path: folder of the run.
        walkers: workers for the traversals of an optimizer's run; this process if None.
    """
    try:
        member = open_trial(path)
        _await_unlocked(member)
        if walkers is None:
            member.learn()
        else:
            OptimizerTrial(path).learn(walkers)
    except Exception as error:  # one method's failure must not cost the others' results
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def _learn(folder: ComparisonFolder, workers: WorkerChoice, report: ComparisonReport) -> dict[str, str]:
    """Execute all unfinished runs; return those that failed, with the reason."""
    left = [member for member in folder.members if not has_ended(member)]
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


def _in_parallel(left: list[Trial], workers: WorkerChoice) -> Generator[tuple[int, str | None], None, None]:
    """Execute runs in parallel; yield the index of each as it ends, with the error that ended it."""
    if not left:
        return
    paths = [member.path for member in left]
    if workers == RAY:
        yield from _on_ray(left[0].config, paths)
        return
    with make_workers(_learner, min(workers, len(left))) as pool:
        yield from pool.run(paths)


def _on_ray(config: Settings, runs: Sequence[Path]) -> Generator[tuple[int, str | None], None, None]:
    """Execute runs on a Ray cluster: optimizers in threads of this process, traversals on all CPUs of the cluster.

    The runs' folders stay on this machine's disk: nodes need no access to it, and the loss of a node loses no data.
    Methods that ask for one point at a time leave most of a cluster idle; many of them together do not.

    Args:
        config: settings of one run; all runs have the same robot, scenario and engine.
        runs: folders of the runs.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
        WorkerError: the cluster is lost.
    """
    factory = remote_factory(config.robot, World(config.robot, config.scenario, config.engine).rollout)
    threads = ThreadPoolExecutor(MOST_ON_RAY, thread_name_prefix="run")
    # The number of BLAS threads belongs to the process: methods that change it in turn would undo each other's.
    with one_thread()(), RayWorkers(factory) as walkers:
        try:
            ends = {threads.submit(learn_trial, run, walkers.share()): index for index, run in enumerate(runs)}
            for end in as_completed(ends):
                walkers.check()  # a run may have failed because of the cluster
                yield ends[end], end.result()
        finally:  # an error, Ctrl-C, or the caller left early: without walkers, the threads end
            walkers.close()
            threads.shutdown(cancel_futures=True)


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
