"""Worker processes on this machine; a killed worker costs time, never a result."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

from gaitopt.errors import WorkerError
from gaitopt.workers.base import Result, Task, Workers
from gaitopt.workers.worker_process import do_task, spawning, start_worker

DEATHS_TO_BLAME = 3
"""How often a task, running alone, must lose its worker to be blamed."""

MOST_BLAMED = 3
"""With so many tasks blamed, the fault is hardly in the tasks: the others are not tried any more."""


class ProcessPool(Workers[Task, Result]):
    """Do tasks in several processes, and replace those that die.

    Each worker is an executor of one process. An executor loses all its tasks when one process dies, and
    cannot tell which was to blame; with one process it has only one to lose. (With more, it also happens
    before Python 3.12 that a submit which meets a death crashes the executor's thread, and nothing returns.)

    Processes are spawned, not forked, so a script that uses them needs `if __name__ == "__main__":`.

    Args:
        factory: Builds the function that does one task; called once in each process. It is pickled.
        count: How many processes.
    """

    def __init__(self, factory: Callable[[], Callable[[Task], Result]], count: int):
        super().__init__(factory, count)
        self._workers: set[ProcessPoolExecutor] = set()
        self._idle: list[ProcessPoolExecutor] = []

    def _results(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        try:
            yield from self._finish(tasks)
        except BaseException:  # an error, Ctrl-C, or the caller left early: nobody waits for the rest
            self._kill_busy()
            raise

    def _finish(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        waiting = deque(range(len(tasks)))
        blamed: list[int] = []
        while waiting and len(blamed) < MOST_BLAMED:
            lost = yield from self._together(tasks, waiting)
            for index in lost:
                if len(blamed) < MOST_BLAMED and not (yield from self._alone(tasks, index)):
                    blamed.append(index)
        if blamed:
            raise _blame(tasks, blamed)

    def _together(
        self, tasks: list[Task], waiting: deque[int]
    ) -> Generator[tuple[int, Result], None, list[int]]:
        """Do waiting tasks and return those whose workers died; where too many die, some are left waiting."""
        busy: dict[Future[Result], tuple[int, ProcessPoolExecutor]] = {}
        came: list[tuple[int, Future[Result]]] = []
        lost: list[int] = []
        while True:
            # Hand out before yielding, so that workers do not wait for what the caller does with results.
            while waiting and len(busy) < self.count and len(lost) < self.count:
                index = waiting.popleft()
                worker, future = self._submit(tasks[index])
                busy[future] = index, worker
            for index, future in came:
                yield index, future.result()
            if not busy:
                return lost
            came = self._collect(busy, lost)

    def _alone(self, tasks: list[Task], index: int) -> Generator[tuple[int, Result], None, bool]:
        """Repeat a task, with no other that may take its memory; return whether its worker survived."""
        for _ in range(DEATHS_TO_BLAME):
            lost = yield from self._together(tasks, deque([index]))
            if not lost:
                return True
        return False

    def _submit(self, task: Task) -> tuple[ProcessPoolExecutor, Future[Result]]:
        while self._idle:
            worker = self._idle.pop()
            try:
                return worker, worker.submit(do_task, task)
            except BrokenProcessPool:  # it died while it was idle
                self._retire(worker)
        context = multiprocessing.get_context("spawn")
        worker = ProcessPoolExecutor(1, context, start_worker, (self._factory,))
        self._workers.add(worker)
        with spawning():
            return worker, worker.submit(do_task, task)

    def _collect(
        self, busy: dict[Future[Result], tuple[int, ProcessPoolExecutor]], lost: list[int]
    ) -> list[tuple[int, Future[Result]]]:
        """Wait for tasks, and move them from busy to those returned, or to the lost."""
        came = []
        for future in wait(busy, return_when=FIRST_COMPLETED).done:
            index, worker = busy.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                self._retire(worker)
                lost.append(index)
            else:
                self._idle.append(worker)
                came.append((index, future))
        return came

    def _stop(self) -> None:
        self._kill_busy()
        while self._idle:
            self._retire(self._idle.pop())

    def _kill_busy(self) -> None:
        """Kill the workers at a task: an executor would wait until they have done it."""
        busy = self._workers.difference(self._idle)
        for worker in busy:
            # Python offers this in public, as kill_workers(), only from 3.14 on.
            for process in list((worker._processes or {}).values()):
                process.kill()
        for worker in busy:
            self._retire(worker)

    def _retire(self, worker: ProcessPoolExecutor) -> None:
        self._workers.discard(worker)
        worker.shutdown()


def _blame(tasks: list[Task], blamed: list[int]) -> WorkerError:
    text = " ".join(repr(tasks[blamed[0]]).split())
    short = text if len(text) <= 120 else text[:117] + "..."
    others = f" (and so did {len(blamed) - 1} more)" if len(blamed) > 1 else ""
    return WorkerError(
        f"task {blamed[0]} of {len(tasks)}, {short}, killed its worker {DEATHS_TO_BLAME} times when run alone"
        f"{others}; run it with 1 worker to see the crash, and check that memory is free"
    )
