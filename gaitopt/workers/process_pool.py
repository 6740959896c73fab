"""Worker processes on this machine; a killed worker costs time but no result."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from multiprocessing.connection import wait
from typing import Any

from gaitopt.workers.base import Result, Task
from gaitopt.workers.retrying import RetryingWorkers
from gaitopt.workers.worker_main import unpacked
from gaitopt.workers.worker_process import WorkerDied, WorkerProcess, spawning

_Busy = dict[Any, tuple[int, WorkerProcess]]
"""Index of a task and its worker, by the connection on which the outcome arrives."""


class ProcessPool(RetryingWorkers[Task, Result]):
    """Do tasks in several processes, and replace those that die.

    Each worker has its own connection, so one that dies loses only its own task. (A `ProcessPoolExecutor` loses
    all tasks in flight, and cannot tell which one killed the worker.)

    Processes are spawned, not forked, so a script that uses them needs `if __name__ == "__main__":`.

    Args:
        factory: Builds the function that does one task, once in each process. It is pickled.
        count: Number of processes.
    """

    def __init__(self, factory: Callable[[], Callable[[Task], Result]], count: int):
        super().__init__(factory, count)
        self._workers: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []

    def _results(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        try:
            yield from self._finish(tasks)
        except BaseException:  # an error, Ctrl-C, or closed early: drop the rest
            self._kill_busy()
            raise

    def _together(self, tasks: list[Task], waiting: deque[int]) -> Generator[tuple[int, Result], None, list[int]]:
        busy: _Busy = {}
        came: list[tuple[int, bytes]] = []
        lost: list[int] = []
        while True:
            # Hand out before yielding, so that workers do not wait for the caller to process results.
            if len(lost) < self.count:
                self._hand_out(tasks, waiting, busy)
            for index, outcome in came:
                yield index, unpacked(outcome)
            if not busy:
                return lost
            came = self._collect(busy, lost)

    def _hand_out(self, tasks: list[Task], waiting: deque[int], busy: _Busy) -> None:
        """Send tasks to as many workers as possible, one each, so that none waits behind a long one."""
        for worker in self._take_workers(min(len(waiting), self.count - len(busy))):
            index = waiting.popleft()
            busy[worker.connection] = index, worker
            worker.send(tasks[index])

    def _take_workers(self, wanted: int) -> list[WorkerProcess]:
        """Return this many workers, idle or new; new ones are all started before the first gets its task."""
        taken: list[WorkerProcess] = []
        while self._idle and len(taken) < wanted:
            worker = self._idle.pop()
            if worker.is_alive():
                taken.append(worker)
            else:
                self._retire(worker)
        if len(taken) < wanted:
            with spawning():
                started = [WorkerProcess(self._factory) for _ in range(wanted - len(taken))]
                self._workers.update(started)
            taken += started
        return taken

    def _collect(self, busy: _Busy, lost: list[int]) -> list[tuple[int, bytes]]:
        """Wait for some outcomes and return them with the index of their task; add lost tasks to `lost`."""
        came = []
        for connection in wait(list(busy)):
            index, worker = busy.pop(connection)
            try:
                came.append((index, worker.receive()))
                self._idle.append(worker)
            except WorkerDied:
                lost.append(index)
                self._retire(worker)
        return came

    def _stop(self) -> None:
        self._kill_busy()
        idle, self._idle = self._idle, []
        for worker in idle:
            worker.dismiss()
        for worker in idle:
            self._retire(worker)

    def _kill_busy(self) -> None:
        busy = self._workers.difference(self._idle)
        for worker in busy:
            worker.kill()
        for worker in busy:
            self._retire(worker)

    def _retire(self, worker: WorkerProcess) -> None:
        self._workers.discard(worker)
        worker.join()
