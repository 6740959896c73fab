"""Differences between settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def first_difference(ours: Any, theirs: Any, key: str = "") -> tuple[str, Any, Any] | None:
    """Return the first key in which two settings differ, with both values; None if they are equal."""
    return next(differences(ours, theirs, key), None)


def differences(ours: Any, theirs: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield every key in which two settings differ, with both values.

    A robot's URDF path is not compared: every folder has its own copy.
    """
    if not (isinstance(ours, Mapping) and isinstance(theirs, Mapping)):
        if ours != theirs:
            yield key, ours, theirs
        return
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        inner = f"{key}.{name}" if key else str(name)
        if inner != "robot.urdf":
            yield from differences(ours.get(name), theirs.get(name), inner)
