"""Workers on a Ray cluster: a lost machine costs time but no result."""

from __future__ import annotations

import pickle
import queue
from collections import deque
from collections.abc import Callable, Generator

from gaitopt.workers.base import Result, Task
from gaitopt.workers.ray.cluster import Job, RayCluster
from gaitopt.workers.retrying import RetryingWorkers
from gaitopt.workers.worker_main import unpacked
from gaitopt.workers.worker_process import WorkerDied

AHEAD = 3
"""Submitted tasks per CPU: one that runs, one queued at the actor, one for the first free actor."""


class RayWorkers(RetryingWorkers[Task, Result]):
    """Do tasks on the cluster at `RAY_ADDRESS`, or on a local Ray that ends on closing.

    Args:
        factory: Builds the function that does one task, once in each worker process. It is pickled.
        cluster: Shared cluster whose actors use the same factory; None for a cluster of its own.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, factory: Callable[[], Callable[[Task], Result]], cluster: RayCluster | None = None):
        self._owned = cluster is None
        self._cluster = RayCluster(pickle.dumps(factory)) if cluster is None else cluster
        super().__init__(factory, self._cluster.size)

    def share(self) -> RayWorkers[Task, Result]:
        """Return workers that share these actors, also for another thread; close them first."""
        return RayWorkers(self._factory, self._cluster)

    def check(self) -> None:
        """Check that the cluster still works.

        Raises:
            WorkerError: It is lost.
        """
        self._cluster.check()

    def _results(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        yield from self._finish(tasks)

    def _suspects(self, tasks: list[Task], waiting: deque[int]) -> Generator[tuple[int, Result], None, list[int]]:
        """Do waiting tasks, and once more those whose workers died: most were lost with a node."""
        lost = yield from self._together(tasks, waiting)
        return (yield from self._together(tasks, deque(lost)))

    def _together(self, tasks: list[Task], waiting: deque[int]) -> Generator[tuple[int, Result], None, list[int]]:
        busy: set[Job] = set()
        ended: queue.SimpleQueue[tuple[Job, bytes | Exception]] = queue.SimpleQueue()
        lost: list[int] = []
        try:
            while True:
                size = self._cluster.size
                while waiting and len(busy) < AHEAD * size and len(lost) < size:
                    job = Job(waiting[0], pickle.dumps(tasks[waiting.popleft()]), ended)
                    busy.add(job)
                    self._cluster.submit(job)
                if not busy:
                    return lost
                job, came = ended.get()
                busy.remove(job)
                if isinstance(came, bytes):
                    yield job.index, unpacked(came)
                elif isinstance(came, WorkerDied):
                    lost.append(job.index)
                else:
                    raise came
        finally:  # an error, Ctrl-C, or closed early: drop the rest
            for job in busy:
                job.dropped = True

    def _stop(self) -> None:
        if self._owned:
            self._cluster.close()
