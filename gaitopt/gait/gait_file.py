"""A gait as a small readable TOML file: the robot, the twelve parameters with units, and their origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from gaitopt.errors import InputError, check_names
from gaitopt.gait.parameters import PARAMETER_NAMES, UNITS, GaitParameters, check_ranges
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.spec import Real, Spec, parse_spec
from gaitopt.toml import format_toml, named_file, read_toml, write_atomic

KEYS = {name: f"{name}_{UNITS[name]}" if UNITS[name] else name for name in PARAMETER_NAMES}
"""Key of each parameter in a file: its name and unit."""


class GaitTables(Spec):
    """Layout of a gait file."""

    schema_version: Literal[1]
    """Version of the file's layout."""
    robot: str
    """Name of the gait's robot."""
    parameters: dict[str, Real]
    """The twelve parameters, units in the keys."""
    origin: dict[str, Any] = Field(default_factory=dict)
    """Origin of the gait: its source, or run, optimizer, scenario, engine, seed and speed."""

    @model_validator(mode="after")
    def _all_twelve(self) -> GaitTables:
        given = [f"parameters.{key}" for key in self.parameters]
        check_names("key", given, [f"parameters.{key}" for key in KEYS.values()], "key '{}' is missing")
        return self


@dataclass(frozen=True)
class Gait:
    """A gait of a robot, with its origin."""

    robot: str
    """Name of its robot."""
    parameters: GaitParameters
    """The twelve parameters."""
    origin: dict[str, Any] = field(default_factory=dict)
    """Origin; see `GaitTables`."""


def format_gait(gait: Gait) -> str:
    """Return the text of a gait file."""
    parameters = {KEYS[name]: float(getattr(gait.parameters, name)) for name in PARAMETER_NAMES}
    return format_toml({"schema_version": 1, "robot": gait.robot, "parameters": parameters, "origin": gait.origin})


def save_gait(gait: Gait, path: Path | str) -> None:
    """Write a gait file atomically."""
    write_atomic(Path(path), format_gait(gait))


def read_gait(path: Path | str) -> Gait:
    """Return the gait in a file.

    Raises:
        InputError: the file is not a gait file, or a parameter is unknown, missing or not finite.
    """
    tables = parse_spec(GaitTables, read_toml(Path(path)), str(path))
    values = {name: tables.parameters[key] for name, key in KEYS.items()}
    return Gait(tables.robot, GaitParameters(**values), tables.origin)


def gait_names(robot: RobotSpec) -> list[str]:
    """Return the names of the gaits in the robot's own folder."""
    return sorted(path.stem for path in _gaits_folder(robot).glob("*.toml"))


def load_gait(name: str | Path, robot: RobotSpec | str | Path) -> Gait:
    """Return the robot's gait of that name, or the one in a `.toml` file, checked against the robot.

    Raises:
        InputError: unknown name, broken file, another robot's gait, or a parameter out of range.
    """
    name, robot = str(name), robot if isinstance(robot, RobotSpec) else load_robot(robot)
    path = named_file(f"gait of {robot.name}", name, _gaits_folder(robot))
    gait = read_gait(path)
    check_gait(gait, robot, str(path))
    return gait


def check_gait(gait: Gait, robot: RobotSpec, source: str) -> None:
    """Check that a gait belongs to a robot and lies within its ranges.

    Raises:
        InputError: it does not; names the source.
    """
    if gait.robot != robot.name:
        raise InputError(f"{source}: is a gait of {gait.robot}; expected one of {robot.name}")
    try:
        check_ranges(gait.parameters, robot)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def _gaits_folder(robot: RobotSpec) -> Path:
    return Path(robot.urdf).parent / "gaits"
