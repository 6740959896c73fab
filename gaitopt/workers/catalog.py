"""Makes workers of a choice; the modules for Ray and process pools are imported when used."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from gaitopt.errors import InputError
from gaitopt.workers.base import InProcess, Result, Task, Workers
from gaitopt.workers.count import RAY, WorkerChoice, check_count, default_count


def make_workers(factory: Callable[[], Callable[[Task], Result]], choice: WorkerChoice) -> Workers[Task, Result]:
    """Return workers: this process for 1, a process pool for more, a Ray cluster for `ray`.

    Args:
        factory: Builds the function that does one task, once in each process. It must be picklable unless there is 1.
        choice: Number of workers, or `ray`.

    Raises:
        InputError: The number is less than 1, or Ray cannot be used.
    """
    if choice == RAY:
        from gaitopt.workers.ray.workers import RayWorkers

        return RayWorkers(factory)
    check_count(choice)
    if choice == 1:
        return InProcess(factory)
    from gaitopt.workers.process_pool import ProcessPool

    return ProcessPool(factory, choice)


def check_workers(choice: WorkerChoice) -> None:
    """Check that such workers can be made.

    Raises:
        InputError: The number is less than 1, Ray is not installed, or its cluster does not answer.
    """
    if choice == RAY:
        from gaitopt.workers.ray.connection import check_ray

        check_ray()
    else:
        check_count(choice)


def workers_of_choice(choice: Any) -> WorkerChoice:
    """Return a number of processes, all cores for None; or `ray`.

    Raises:
        InputError: it is something else, or such workers are not available.
    """
    if choice is None:
        return default_count()
    if choice != RAY and (isinstance(choice, bool) or not hasattr(choice, "__index__")):
        raise InputError(f"workers: got {choice!r:.80}; expected a number of processes, None for all cores, or 'ray'")
    workers = RAY if choice == RAY else operator.index(choice)
    check_workers(workers)
    return workers
