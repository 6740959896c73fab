"""Run many tasks in any number of processes; knows nothing of robots."""

from gaitopt.workers.base import Workers
from gaitopt.workers.catalog import check_count, default_count, make_workers

__all__ = ["Workers", "check_count", "default_count", "make_workers"]
