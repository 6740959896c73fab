"""Workers that may die: their tasks are done again, and one that keeps killing them is told from its neighbors."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Generator

from gaitopt.errors import WorkerError
from gaitopt.workers.base import Result, Task, Workers

DEATHS_TO_BLAME = 3
"""How often a task, running alone, must lose its worker to be blamed."""

MOST_BLAMED = 3
"""With so many tasks blamed, the fault is hardly in the tasks: the others are not tried any more."""


class RetryingWorkers(Workers[Task, Result]):
    """Workers in processes of their own, which can be killed; `_together` is what kinds differ in."""

    def _finish(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        """Do all tasks, those again that lost their workers.

        Raises:
            WorkerError: If a task keeps killing its worker; raised when all other tasks are finished.
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
        """Do waiting tasks and return those whose workers died; where too many die, some are left waiting."""

    def _suspects(self, tasks: list[Task], waiting: deque[int]) -> Generator[tuple[int, Result], None, list[int]]:
        """Do waiting tasks and return those that have to be done alone to know whether they kill their workers."""
        return (yield from self._together(tasks, waiting))

    def _alone(self, tasks: list[Task], index: int) -> Generator[tuple[int, Result], None, bool]:
        """Repeat a task, with no other that may take its memory; return whether its worker survived."""
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
