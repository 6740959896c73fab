"""Interface of all workers: tasks in, results out in any order, each exactly once; and those in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Generic, TypeVar

from gaitopt.errors import ProtocolError

Task = TypeVar("Task")
Result = TypeVar("Result")
AnyWorkers = TypeVar("AnyWorkers", bound="Workers")


class Workers(ABC, Generic[Task, Result]):
    """One or more processes that do tasks, each with its own function.

    A context manager: leaving it closes the workers.

    Args:
        factory: Builds the function that does one task. It is called once in each worker process, when the
            first task arrives, so the function may hold something expensive, such as a physics client. It is
            pickled, as are tasks and results, unless they stay in this process.
        count: Number of tasks done in parallel.
    """

    def __init__(self, factory: Callable[[], Callable[[Task], Result]], count: int):
        self.count = count
        self._factory = factory
        self._running = False
        self._closed = False

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Do all tasks; work starts when the first result is requested.

        Closing the iterator early drops the unfinished tasks.

        Args:
            tasks: Arguments of the function, one per call.

        Yields:
            The index of a task in `tasks` and its result, as tasks finish, in any order.

        Raises:
            ProtocolError: The workers are closed, or an earlier run is not finished.
            WorkerError: A task keeps killing its worker; raised when all other tasks are finished.
            Exception: Any error of a task; the workers can be used again afterwards.
        """
        self._require_open()
        if self._running:
            raise ProtocolError("an earlier run is not finished; exhaust or close its iterator first")
        self._running = True
        try:
            with closing(self._results(list(tasks))) as results:
                for result in results:
                    yield result
                    self._require_open()
        finally:
            self._running = False

    def close(self) -> None:
        """Stop the workers without waiting for unfinished tasks; closing again has no effect."""
        if not self._closed:
            self._closed = True
            self._stop()

    def __enter__(self: AnyWorkers) -> AnyWorkers:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _require_open(self) -> None:
        if self._closed:
            raise ProtocolError("these workers are closed; make new ones")

    @abstractmethod
    def _results(self, tasks: list[Task]) -> Generator[tuple[int, Result], None, None]:
        """Do all tasks and yield (index, result); closing the generator drops the unfinished ones."""

    @abstractmethod
    def _stop(self) -> None:
        """Release all resources; called once, with `_running` true if tasks are unfinished."""


class InProcess(Workers[Task, Result]):
    """Do tasks in this process, in order; the easiest to debug.

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
