"""Run many tasks in any number of processes; knows nothing of robots."""

from gaitopt.workers.base import Workers
from gaitopt.workers.catalog import check_count, default_count, make_workers
from gaitopt.workers.in_process import InProcess

__all__ = ["InProcess", "Workers", "check_count", "default_count", "make_workers"]
