"""Tasks in this process, in order; the easiest to debug."""

from __future__ import annotations

from collections.abc import Callable, Generator

from gaitopt.workers.base import Result, Task, Workers


class InProcess(Workers[Task, Result]):
    """Do tasks in this process, one after the other.

    Args:
        factory: Builds the function that does one task, when the first task arrives. A `close()` of the function
            is called when the workers close.
    """

    def __init__(self, factory: Callable[[], Callable[[Task], Result]]):
        super().__init__(factory, count=1)
        self._function: Callable[[Task], Result] | None = None

    def _results(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        for index, task in enumerate(tasks):
            if self._function is None:
                self._function = self._factory()
            yield index, self._function(task)

    def _stop(self) -> None:
        function, self._function = self._function, None
        close = getattr(function, "close", None)
        if close is not None:
            close()
