"""Numeric libraries on one thread: the matrices here are small, and more threads only get in each other's way.

They would also add up sums in another order on a machine with other cores, and the same seed give other numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any


def one_thread() -> Callable[[], AbstractContextManager[Any]]:
    """Return what makes contexts in which the numeric libraries that are loaded by now use one thread."""
    from threadpoolctl import ThreadpoolController  # slow to import

    return partial(ThreadpoolController().limit, limits=1)
