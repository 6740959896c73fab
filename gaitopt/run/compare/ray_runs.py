"""Runs side by side on a Ray cluster: optimizers in threads of this process, traversals wherever there are CPUs.

The folders of runs stay on this machine's disk, so nodes need none of it, and nothing is lost with a node. Methods that
ask for one point at a time leave most of a cluster idle; many of them together do not.
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
"""Runs that learn at a time: each holds its database open, and a process may have some 1,000 files."""


def learn_abreast(
    config: LearnSettings, runs: Sequence[Path], learn: Callable[[Path, RolloutWorkers], Outcome]
) -> Generator[tuple[int, Outcome], None, None]:
    """Let runs learn, and yield the number of each as it ends, with what `learn` returned.

    Args:
        config: of one run; robot, scenario and engine are those of all.
        runs: their folders.
        learn: lets one learn by the traversals of what walks.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
        WorkerError: the cluster is lost.
    """
    factory = remote_factory(config.robot, World(config.robot, config.scenario, config.engine).rollout)
    threads = ThreadPoolExecutor(MOST, thread_name_prefix="run")
    # The number of threads is the process's own: methods that change it by turns would undo each other's.
    with one_thread()(), RayWorkers(factory) as walkers:
        try:
            ends = {threads.submit(learn, run, walkers.share()): index for index, run in enumerate(runs)}
            for end in as_completed(ends):
                walkers.check()  # what broke a run off may have been the cluster
                yield ends[end], end.result()
        finally:  # an error, Ctrl-C, or the caller left early: without walkers, the threads end
            walkers.close()
            threads.shutdown(cancel_futures=True)
