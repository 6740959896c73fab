"""Run many tasks in any number of processes; knows nothing of robots."""

from gaitopt.workers.base import Workers
from gaitopt.workers.catalog import default_count, make_workers

__all__ = ["Workers", "default_count", "make_workers"]
