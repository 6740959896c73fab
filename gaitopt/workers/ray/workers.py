"""Workers on a Ray cluster: a machine that is lost costs time, never a result."""

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
"""Tasks on their way for each CPU: one at work, one that lies ready there, one that waits for whoever is free first."""


class RayWorkers(RetryingWorkers[Task, Result]):
    """Do tasks on the cluster at `RAY_ADDRESS`, or on a Ray that is started on this machine and ended on closing.

    Args:
        factory: Builds the function that does one task; called once in each worker process. It is pickled.
        cluster: Whose actors have been made with the same factory; others use it too. One of its own if None.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, factory: Callable[[], Callable[[Task], Result]], cluster: RayCluster | None = None):
        self._owned = cluster is None
        self._cluster = RayCluster(pickle.dumps(factory)) if cluster is None else cluster
        super().__init__(factory, self._cluster.size)

    def share(self) -> RayWorkers[Task, Result]:
        """Return workers that do their tasks by the same actors; close them first. They may be used in a thread."""
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
        """Do waiting tasks, again those whose workers died: a node takes many along that are not to blame."""
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
        finally:  # an error, Ctrl-C, or the caller left early: nobody waits for the rest
            for job in busy:
                job.dropped = True

    def _stop(self) -> None:
        if self._owned:
            self._cluster.close()
