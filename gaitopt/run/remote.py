"""Walking on other machines, which share neither the disk nor, perhaps, the versions of this one."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import platformdirs

from gaitopt.errors import InputError
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.versions import current_versions
from gaitopt.toml import write_atomic

Walking = TypeVar("Walking")

FREE = {"python"}
"""Versions that may differ: of Python, Ray itself sees to what matters."""


@dataclass(frozen=True)
class Elsewhere(Generic[Walking]):
    """Makes what walks, with all that it needs; a factory for workers. See `elsewhere`."""

    make: Callable[[RobotSpec], Walking]
    """Makes what walks, of a robot whose URDF is on the disk."""
    robot: RobotSpec
    urdf: bytes
    """Content of the robot's URDF."""
    versions: Mapping[str, str]
    """Where it comes from; see `current_versions`."""

    def __call__(self) -> Walking:
        """Return what walks, on the machine where this is called.

        Raises:
            InputError: a version differs, so that results would.
        """
        here = current_versions()
        for name in self.versions.keys() - FREE:
            if here.get(name) != self.versions[name]:
                raise InputError(
                    f"node {platform.node()}: has {name} {here.get(name)}, expected {self.versions[name]} as on the "
                    "machine that asks; install the same there: results would differ"
                )
        return self.make(self.robot.model_copy(update={"urdf": str(self._kept_urdf())}))

    def _kept_urdf(self) -> Path:
        """Return the URDF's file; it is named by its content, so that equal ones are one."""
        folder = platformdirs.user_cache_path("gaitopt", ensure_exists=True)
        path = folder / f"{hashlib.sha256(self.urdf).hexdigest()}.urdf"
        if not path.is_file() or path.read_bytes() != self.urdf:
            write_atomic(path, self.urdf)
        return path


def elsewhere(robot: RobotSpec, make: Callable[[RobotSpec], Walking]) -> Elsewhere[Walking]:
    """Return a factory for other machines.

    Args:
        robot: who walks; its URDF is sent along.
        make: makes what walks, of the robot.

    Raises:
        InputError: the URDF cannot be read.
    """
    try:
        urdf = Path(robot.urdf).read_bytes()
    except OSError as error:
        raise InputError(f"{robot.urdf}: cannot be read: {error.strerror}") from error
    return Elsewhere(make, robot, urdf, current_versions())
