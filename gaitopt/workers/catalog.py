"""From a choice to workers."""

from __future__ import annotations

from collections.abc import Callable

from gaitopt.workers.base import Result, Task, Workers
from gaitopt.workers.count import RAY, WorkerChoice, check_count
from gaitopt.workers.in_process import InProcess
from gaitopt.workers.process_pool import ProcessPool


def make_workers(factory: Callable[[], Callable[[Task], Result]], choice: WorkerChoice) -> Workers[Task, Result]:
    """Return workers: in this process if their number is 1, in a pool if it is more, on Ray if it is `ray`.

    Args:
        factory: Builds the function that does one task; called once in each process. Picklable unless there is 1.
        choice: How many workers, or `ray`.

    Raises:
        InputError: If the number is less than 1, or there is no Ray.
    """
    if choice == RAY:
        from gaitopt.workers.ray.workers import RayWorkers

        return RayWorkers(factory)
    check_count(choice)
    return InProcess(factory) if choice == 1 else ProcessPool(factory, choice)


def check_workers(choice: WorkerChoice) -> None:
    """Check that there can be such workers, before anything is made.

    Raises:
        InputError: If the number is less than 1, Ray is not installed, or its cluster does not answer.
    """
    if choice == RAY:
        from gaitopt.workers.ray.connection import check_ray

        check_ray()
    else:
        check_count(choice)
