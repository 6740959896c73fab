"""Runs many tasks in any number of processes, on one machine or many; independent of robots."""

from gaitopt.workers.base import InProcess, Workers
from gaitopt.workers.catalog import check_workers, make_workers, workers_of_choice
from gaitopt.workers.count import RAY, WorkerChoice, check_count, default_count

__all__ = [
    "RAY",
    "InProcess",
    "WorkerChoice",
    "Workers",
    "check_count",
    "check_workers",
    "default_count",
    "make_workers",
    "workers_of_choice",
]
