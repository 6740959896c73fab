"""Parallel runs on a Ray cluster: optimizers in threads of this process, traversals on all CPUs of the cluster.

The runs' folders stay on this machine's disk: nodes need no access to it, and the loss of a node loses no data. Methods
that ask for one point at a time leave most of a cluster idle; many of them together do not.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.remote import remote_factory
from gaitopt.run.rollout import RolloutWorkers, World
from gaitopt.threads import one_thread
from gaitopt.workers.ray.workers import RayWorkers

Outcome = TypeVar("Outcome")

MOST = 100
"""Largest number of simultaneous runs: each holds its database open, and a process may open some 1,000 files."""


def learn_in_threads(
    config: LearnSettings, runs: Sequence[Path], learn: Callable[[Path, RolloutWorkers], Outcome]
) -> Generator[tuple[int, Outcome], None, None]:
    """Execute runs in parallel; yield the index of each as it ends, with the value that `learn` returned.

    Args:
        config: settings of one run; all runs have the same robot, scenario and engine.
        runs: folders of the runs.
        learn: executes one run with given workers.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
        WorkerError: the cluster is lost.
    """
    factory = remote_factory(config.robot, World(config.robot, config.scenario, config.engine).rollout)
    threads = ThreadPoolExecutor(MOST, thread_name_prefix="run")
    # The number of BLAS threads belongs to the process: methods that change it in turn would undo each other's.
    with one_thread()(), RayWorkers(factory) as walkers:
        try:
            ends = {threads.submit(learn, run, walkers.share()): index for index, run in enumerate(runs)}
            for end in as_completed(ends):
                walkers.check()  # a run may have failed because of the cluster
                yield ends[end], end.result()
        finally:  # an error, Ctrl-C, or the caller left early: without walkers, the threads end
            walkers.close()
            threads.shutdown(cancel_futures=True)
