"""How many workers: a number, or `ray` for all that a Ray cluster has."""

from __future__ import annotations

import os
from typing import Literal

from gaitopt.errors import InputError

RAY: Literal["ray"] = "ray"

WorkerChoice = int | Literal["ray"]
"""So many processes of this machine; or `ray`: the cluster at `RAY_ADDRESS`, else a Ray on this machine."""


def check_count(count: WorkerChoice) -> None:
    """Check a number of workers on this machine.

    Raises:
        InputError: If it is less than 1, or no number.
    """
    if count == RAY:
        raise InputError(
            "workers: got 'ray', which only walks traversals; this keeps what it learns from in processes of this "
            f"machine: give their number, such as {default_count()}"
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
