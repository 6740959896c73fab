"""Numeric libraries on one thread.

The matrices here are small, so that more threads only slow each other down. They would also add up sums in an order
that depends on the number of cores, so that the same seed would give other numbers on another machine.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any


def one_thread() -> Callable[[], AbstractContextManager[Any]]:
    """Return a function that makes contexts in which the numeric libraries loaded so far use one thread."""
    from threadpoolctl import ThreadpoolController  # slow to import

    return partial(ThreadpoolController().limit, limits=1)
