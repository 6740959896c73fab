"""Calibration of a physical robot: zero offsets and directions of its servos, stored in a file of its own.

Robots of one model differ: a horn sits a few teeth off, a servo is mounted the other way around.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field

from gaitopt.errors import InputError, unknown_name
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.wiring import Wiring
from gaitopt.spec import Real, Spec, parse_spec, read_spec
from gaitopt.toml import format_toml, write_atomic

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]


class JointCalibration(Spec):
    """How one servo differs from the robot's wiring."""

    offset: Real
    """Added to the servo's zero [device units]."""
    sign: Literal[1, -1] = 1
    """-1 where it is mounted the other way around."""


class Calibration(Spec):
    """How one physical robot differs from its model."""

    schema_version: Literal[1] = 1
    """Version of the file's layout."""
    id: Name
    """Name of this physical robot."""
    robot: str
    """Name of its model, such as `petoi-bittle`."""
    joints: dict[str, JointCalibration]
    """Calibration of each joint, by name."""

    def apply(self, robot: RobotSpec) -> RobotSpec:
        """Return the robot with the wiring of this physical one.

        Raises:
            InputError: the calibration is for another model, or for other joints.
        """
        if robot.name != self.robot or robot.wiring is None:
            raise InputError(f"calibration {self.id!r} is for a {self.robot}; got a {robot.name}: choose another --id")
        servos = dict(robot.wiring.servos)
        for name, own in self.joints.items():
            if name not in servos:
                raise InputError(f"calibration {self.id!r}: {unknown_name('joint', name, servos)}")
            port = servos[name]
            change = {"sign": port.sign * own.sign, "zero": port.zero + own.offset}
            servos[name] = port.model_copy(update=change)
        wiring: Wiring = robot.wiring.model_copy(update={"servos": servos})
        return robot.model_copy(update={"wiring": wiring})


def new_calibration(name: str, robot: RobotSpec) -> Calibration:
    """Return the calibration of a robot before anything is measured.

    Raises:
        InputError: the name cannot be used.
    """
    return parse_spec(Calibration, {"id": name, "robot": robot.name, "joints": {}}, "--id")


def calibration_folder() -> Path:
    """Return the folder of calibrations: the user's configuration folder."""
    return platformdirs.user_config_path("gaitopt") / "robots"


def load_calibration(name: str, folder: Path | None = None) -> Calibration:
    """Return the calibration of the robot of that name.

    Raises:
        InputError: it is not calibrated, or its file is broken.
    """
    folder = folder or calibration_folder()
    path = folder / f"{name}.toml"
    if "/" in name or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml"))) or "none yet"
        raise InputError(
            f"robot {name!r} is not calibrated (known: {known}); "
            f"calibrate it with: gaitopt calibrate --body KIND:PORT --id {name}"
        )
    return read_spec(Calibration, path)


def save_calibration(calibration: Calibration, folder: Path | None = None) -> Path:
    """Write a calibration atomically, and return its file.

    Raises:
        InputError: it cannot be written.
    """
    folder = folder or calibration_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be created: {error.strerror or error}") from error
    path = folder / f"{calibration.id}.toml"
    write_atomic(path, format_toml(calibration.model_dump()))
    return path
