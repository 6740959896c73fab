"""Workers that may die: lost tasks are done again, alone, to identify one that kills its workers."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Generator

from gaitopt.errors import WorkerError
from gaitopt.workers.base import Result, Task, Workers

DEATHS_TO_BLAME = 3
"""A task must kill its worker this many times, running alone, to be blamed."""

MOST_BLAMED = 3
"""Number of blamed tasks after which the others are not tried: the fault is hardly in the tasks."""


class RetryingWorkers(Workers[Task, Result]):
    """Workers in processes that may be killed; a subclass implements `_together`."""

    def _finish(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        """Do all tasks, and repeat those that lost their workers.

        Raises:
            WorkerError: A task keeps killing its worker; raised when all other tasks are finished.
        """
        waiting = deque(range(len(tasks)))
        blamed: list[int] = []
        while waiting and len(blamed) < MOST_BLAMED:
            lost = yield from self._suspects(tasks, waiting)
            for index in sorted(lost):
                if len(blamed) < MOST_BLAMED and not (yield from self._alone(tasks, index)):
                    blamed.append(index)
        if blamed:
            raise _blame(tasks, blamed)

    @abstractmethod
    def _together(self, tasks: list[Task], waiting: deque[int]) -> Generator[tuple[int, Result], None, list[int]]:
        """Do waiting tasks and return those whose workers died; if too many die, some are left waiting."""

    def _suspects(self, tasks: list[Task], waiting: deque[int]) -> Generator[tuple[int, Result], None, list[int]]:
        """Do waiting tasks and return those that may have killed their workers."""
        return (yield from self._together(tasks, waiting))

    def _alone(self, tasks: list[Task], index: int) -> Generator[tuple[int, Result], None, bool]:
        """Repeat a task alone, with all memory for itself; return whether its worker survived."""
        for _ in range(DEATHS_TO_BLAME):
            lost = yield from self._together(tasks, deque([index]))
            if not lost:
                return True
        return False


def _blame(tasks: list[Task], blamed: list[int]) -> WorkerError:
    text = " ".join(repr(tasks[blamed[0]]).split())
    short = text if len(text) <= 120 else text[:117] + "..."
    others = f" (and so did {len(blamed) - 1} more)" if len(blamed) > 1 else ""
    return WorkerError(
        f"task {blamed[0]} of {len(tasks)}, {short}, killed its worker {DEATHS_TO_BLAME} times when run alone"
        f"{others}; run it with 1 worker to see the crash, and check that memory is free"
    )
