"""Workers on other machines, which have another disk and perhaps other versions."""

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
from gaitopt.run.settings.versions import current_versions
from gaitopt.toml import write_atomic

Made = TypeVar("Made")

MAY_DIFFER = {"python"}
"""Versions that may differ: Ray itself checks Python's."""


@dataclass(frozen=True)
class RemoteFactory(Generic[Made]):
    """A factory for workers on other machines; see `remote_factory`."""

    make: Callable[[RobotSpec], Made]
    """Factory that takes the robot; its URDF is then on the disk."""
    robot: RobotSpec
    urdf: bytes
    """Content of the robot's URDF."""
    versions: Mapping[str, str]
    """Versions on the machine that sent it; see `current_versions`."""

    def __call__(self) -> Made:
        """Call the factory on this machine.

        Raises:
            InputError: a version differs, so that results would, too.
        """
        here = current_versions()
        for name in self.versions.keys() - MAY_DIFFER:
            if here.get(name) != self.versions[name]:
                raise InputError(
                    f"node {platform.node()}: has {name} {here.get(name)}, expected {self.versions[name]} as on the "
                    "machine that started this; install the same version, or results would differ"
                )
        return self.make(self.robot.model_copy(update={"urdf": str(self._cached_urdf())}))

    def _cached_urdf(self) -> Path:
        """Return the file of the URDF; its name is a hash of the content, so that equal ones share it."""
        folder = platformdirs.user_cache_path("gaitopt", ensure_exists=True)
        path = folder / f"{hashlib.sha256(self.urdf).hexdigest()}.urdf"
        if not path.is_file() or path.read_bytes() != self.urdf:
            write_atomic(path, self.urdf)
        return path


def remote_factory(robot: RobotSpec, make: Callable[[RobotSpec], Made]) -> RemoteFactory[Made]:
    """Return a factory for other machines.

    Args:
        robot: the robot; its URDF is sent along.
        make: factory that takes the robot.

    Raises:
        InputError: the URDF cannot be read.
    """
    try:
        urdf = Path(robot.urdf).read_bytes()
    except OSError as error:
        raise InputError(f"{robot.urdf}: cannot be read: {error.strerror}") from error
    return RemoteFactory(make, robot, urdf, current_versions())
