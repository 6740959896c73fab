"""From a number to workers."""

from __future__ import annotations

import os
from collections.abc import Callable

from gaitopt.errors import InputError
from gaitopt.workers.base import Result, Task, Workers
from gaitopt.workers.in_process import InProcess
from gaitopt.workers.process_pool import ProcessPool


def make_workers(factory: Callable[[], Callable[[Task], Result]], count: int) -> Workers[Task, Result]:
    """Return workers that do `count` tasks at a time: in this process if it is 1, in a pool if it is more.

    Args:
        factory: Builds the function that does one task; called once in each process. Picklable if count > 1.
        count: How many workers.

    Raises:
        InputError: If `count` is less than 1.
    """
    check_count(count)
    return InProcess(factory) if count == 1 else ProcessPool(factory, count)


def check_count(count: int) -> None:
    """Check a number of workers.

    Raises:
        InputError: If it is less than 1.
    """
    if count < 1:
        raise InputError(
            f"workers: got {count}, expected 1 or more; {default_count()} would use all cores of this machine"
        )


def default_count() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
