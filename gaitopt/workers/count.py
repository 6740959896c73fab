"""Number of workers: a number of processes, or `ray` for all CPUs of a Ray cluster."""

from __future__ import annotations

import os
from typing import Literal

from gaitopt.errors import InputError

RAY: Literal["ray"] = "ray"

WorkerChoice = int | Literal["ray"]
"""Number of processes on this machine; or `ray`: the cluster at `RAY_ADDRESS`, else a local Ray."""


def check_count(count: WorkerChoice) -> None:
    """Check a number of workers on this machine.

    Raises:
        InputError: It is less than 1, or `ray`.
    """
    if count == RAY:
        raise InputError(
            "workers: got 'ray', expected a number: only traversals run on Ray, this needs processes of this "
            f"machine, such as {default_count()}"
        )
    if count < 1:
        raise InputError(
            f"workers: got {count}, expected 1 or more; {default_count()} would use all cores of this machine"
        )


def default_count() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
