"""Factories and scripts for the tests of workers, in a module that spawned processes can import."""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gaitopt.errors import BodyError
from gaitopt.workers.process_pool import ProcessPool

Function = Callable[[int], object]
LONG_S = 300.0
"""Longer than any test may take: a task that sleeps this long must be killed."""


def squares() -> Function:
    return lambda task: task**2


def fails_at_3() -> Function:
    def function(task: int) -> int:
        if task == 3:
            raise BodyError("task 3 fell over")
        return task

    return function


def cannot_be_built() -> Function:
    raise BodyError("no physics here")


class UnsendableError(Exception):
    """Can be pickled, but not unpickled, which calls it with its message only."""

    def __init__(self, what: str, joint: int):
        super().__init__(f"{what} of joint {joint}")


def raises_unsendable() -> Function:
    def function(task: int) -> int:
        if task == 0:
            raise UnsendableError("torque", 3)
        return task

    return function


def returns_unsendable() -> Function:
    return lambda task: lambda: task


def repeats() -> Function:
    return lambda task: bytes([task]) * 5_000_000


def long_results() -> Function:
    return lambda task: bytes([task]) * 500_000


def kills_worker_at_3() -> Function:
    def function(task: int) -> int:
        if task == 3:
            _die()
        return task

    return function


def always_kills_worker() -> Function:
    return lambda task: _die()


def process_id() -> Function:
    def function(task: int) -> int:
        time.sleep(0.01)  # so that every worker gets some
        return os.getpid()

    return function


def environment() -> Function:
    return lambda task: dict(os.environ)


def interrupts_itself() -> Function:
    def function(task: int) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return task

    return function


@dataclass(frozen=True)
class Counted:
    """Writes a file each time it builds a function; the function returns its process id."""

    folder: Path

    def __call__(self) -> Function:
        (self.folder / f"{os.getpid()}-{uuid.uuid4().hex}").touch()
        return process_id()


class NotUnderstood:
    """Cannot be unpickled."""

    def __call__(self) -> Function:
        return squares()

    def __setstate__(self, state: object) -> None:
        raise ModuleNotFoundError("No module named 'newer'")

    def __getstate__(self) -> object:
        return True  # anything true, or __setstate__ is not called


class KillsWorkerAtStart:
    """Kills the worker that receives it, before a task is received."""

    def __call__(self) -> Function:
        return squares()

    def __setstate__(self, state: object) -> None:
        _die()

    def __getstate__(self) -> object:
        return True  # anything true, or __setstate__ is not called


@dataclass(frozen=True)
class KillsWorkerOnce:
    """The first time that task 3 is done, its worker dies."""

    marker: Path

    def __call__(self) -> Function:
        return self._square

    def _square(self, task: int) -> int:
        if task == 3 and not self.marker.exists():
            self.marker.touch()
            _die()
        return task**2


@dataclass(frozen=True)
class Hangs:
    """Tasks from `first` on never end; each writes a file when it begins."""

    folder: Path
    first: int = 0

    def __call__(self) -> Function:
        return self._function

    def _function(self, task: int) -> int:
        if task >= self.first:
            (self.folder / f"begun-{task}").touch()
            time.sleep(LONG_S)
        return task


def hang_in_pool(folder: str) -> None:
    """Script: start workers that never end; print when interrupted."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored in the background
    try:
        print("starting", flush=True)
        with ProcessPool(Hangs(Path(folder)), count=2) as workers:
            list(workers.run(range(10)))
    except KeyboardInterrupt:
        print("interrupted", flush=True)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    hang_in_pool(sys.argv[1])
