"""The folder of an experiment with its file config.toml: its settings, and in `provenance` their resolved values.

The settings name robot, scenario and gait as a user would, so that the file can be given to `--config`. Resuming takes
them from the provenance instead, which holds the whole specs: robots and scenarios may have changed since.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, Generic

from pydantic import Field
from pydantic_core import to_jsonable_python

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import gait_names, load_gait
from gaitopt.gait.parameters import Twelve
from gaitopt.hal.engine import EngineSpec, default_engine, engine_of
from gaitopt.robot.spec import RobotSpec, load_robot, robot_names
from gaitopt.robot.urdf import is_made, urdf_text
from gaitopt.run.experiment import CONFIG, LAYOUT, URDF, check_experiment, check_layout, config_path, locked
from gaitopt.run.settings.base import GIVEN, Settings, SettingsType, changed
from gaitopt.run.settings.older_layouts import from_layout_1, with_servos_of_today
from gaitopt.run.settings.versions import current_versions, made_here
from gaitopt.scenario.spec import ScenarioSpec, load_scenario, scenario_names
from gaitopt.spec import Spec, parse_spec
from gaitopt.toml import format_toml, read_toml, write_atomic

NONE = "none"
"""Word in a file for an option without a value, which TOML cannot express."""


class Provenance(Spec):
    """Resolved settings of an experiment and the versions when it was begun."""

    layout: Annotated[int, Field(strict=True)] = LAYOUT
    """Version of the folder's layout."""
    kind: str
    """Verb that made it: learn, train or compare."""
    made: str = ""
    """Date and machine."""
    versions: dict[str, str]
    """Versions of Python and of the numerical packages, and the git revision."""
    pace_mps: float | None = None
    """Measured speed of the gait alone, which a training's rewards are compared with [m/s]."""
    left_out: dict[str, str] = Field(default_factory=dict)
    """Methods that a comparison left out, with the reason."""
    gait: Twelve
    """First gait: its twelve parameters, SI units."""
    engine: EngineSpec
    """Physics engine."""
    scenario: ScenarioSpec
    """Scenario."""
    robot: RobotSpec
    """Robot."""


class ExperimentFolder(Generic[SettingsType]):
    """The folder of one run, training or comparison."""

    def __init__(self, kind: type[SettingsType], path: Path) -> None:
        """Open a folder.

        Raises:
            InputError: it is not that of an experiment with settings of this kind.
        """
        self.path = path
        self.config, self.provenance = read_config(kind, path)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from working on the experiment; see `gaitopt.run.experiment.locked`."""
        return locked(self.path)

    def check_layout(self) -> None:
        """Check that the experiment can be resumed; see `gaitopt.run.experiment.check_layout`."""
        check_layout(self.path, self.provenance.layout, self.provenance.versions)


def write_config(folder: Path, settings: Settings, **found: Any) -> None:
    """Write settings and the robot's URDF into a folder, so that it needs no other files.

    Args:
        folder: folder of the experiment.
        settings: its settings.
        found: further fields of the provenance.
    """
    robot = settings.robot.changed(urdf=URDF)
    provenance = Provenance(
        kind=settings.kind,
        made=made_here(),
        versions=current_versions(),
        gait=settings.gait.parameters,
        engine=settings.engine,
        scenario=settings.scenario,
        robot=robot,
        **found,
    )
    write_atomic(folder / URDF, urdf_text(settings.robot))
    tables = to_tables(settings) | {"provenance": provenance.model_dump(mode="json")}
    write_atomic(folder / CONFIG, format_toml(tables))


def to_tables(settings: Settings) -> dict[str, Any]:
    """Return settings as the tables of a file for `--config`, with names where these are enough."""
    tables = _with_none(settings.model_dump(mode="json"))
    if "name" not in settings.model_fields_set:  # derived from the other settings
        tables.pop("name")
    robot, scenario = _shipped_robot(settings.robot), settings.scenario
    usual = load_scenario(scenario.name) if scenario.name in scenario_names() else None
    tables["scenario"] = _reference(scenario, usual)
    tables["robot"] = _reference(settings.robot.changed(urdf=robot.urdf if robot else URDF), robot)
    tables["gait"] = _gait_reference(settings, robot)
    tables["engine"] = _engine_changes(settings)
    if tables.get("score") is not None:
        tables["score"] = str(settings.score)  # type: ignore[attr-defined]
    return {name: value for name, value in tables.items() if value != {}}


def read_config(kind: type[SettingsType], folder: Path) -> tuple[SettingsType, Provenance]:
    """Return the settings of an experiment, as they were when it was begun, and its provenance.

    Raises:
        InputError: they cannot be read, or belong to another kind of experiment.
    """
    check_experiment(folder)
    path = config_path(folder)
    tables, found = _read(kind, path)
    if found is None:
        raise InputError(f"{path}: key 'provenance' is missing; expected the file of an experiment")
    provenance = parse_spec(Provenance, found, f"{path}: provenance")
    robot = provenance.robot.changed(urdf=str(folder / provenance.robot.urdf))
    gait = tables.get("gait")
    name = gait.get("name", GIVEN) if isinstance(gait, Mapping) else gait
    whole: dict[str, Any] = {"robot": robot, "scenario": provenance.scenario, "engine": provenance.engine}
    whole["gait"] = {"name": name, "parameters": provenance.gait}
    return parse_spec(kind, tables | whole, str(path)), provenance


def read_settings(kind: type[Settings], path: Path) -> dict[str, Any]:
    """Return the settings in a user's file as fields of the settings' class.

    Raises:
        InputError: it cannot be read, holds an unknown key, or belongs to another kind of experiment.
    """
    tables, _ = _read(kind, path)
    for key in ("robot", "scenario", "gait"):
        if key in tables:
            tables[key] = _beside(path.parent, tables[key])
    try:
        kind(**tables)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return tables


def _read(kind: type[Settings], path: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the settings in a file, and its provenance if it has one."""
    tables = read_toml(path)
    if "schema_version" in tables:  # layout 1: a version at the top, and all specs beside it
        try:
            tables = from_layout_1(tables)
        except KeyError as error:
            raise InputError(f"{path}: key {error} is missing; expected settings of gaitopt {kind.kind}") from error
        except TypeError as error:
            raise InputError(f"{path}: holds no settings of gaitopt {kind.kind}: {error}") from error
    found = tables.pop("provenance", None)
    if found is None:
        return tables, None
    if not isinstance(found, Mapping):
        raise InputError(f"{path}: provenance: got {found!r}; expected a table")
    if found.get("kind") != kind.kind:
        raise InputError(
            f"{path}: holds settings of gaitopt {found.get('kind')}; expected those of gaitopt {kind.kind}"
        )
    try:
        return tables, with_servos_of_today(found)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _beside(folder: Path, choice: Any) -> Any:
    """Return a choice with its file paths resolved; in the file they are relative to the folder."""
    if isinstance(choice, str):
        return str(folder / choice) if choice.endswith(".toml") else choice
    if not isinstance(choice, Mapping):
        return choice
    files = {"base": _beside(folder, choice.get("base")), "urdf": str(folder / str(choice.get("urdf")))}
    return {key: files.get(key, value) for key, value in choice.items()}


def _engine_changes(settings: Settings) -> dict[str, Any]:
    """Return what differs from the usual engine and its usual settings for the robot."""
    engine = settings.engine
    changes = _changes(engine_of(settings.robot, engine.name).model_dump(), engine.model_dump())
    return changes if engine.name == default_engine() else {"name": engine.name, **changes}


def _shipped_robot(robot: RobotSpec) -> RobotSpec | None:
    """Return the robot of the same name and URDF that comes with the package, if there is one."""
    if robot.name not in robot_names():
        return None
    shipped = load_robot(robot.name)
    made = is_made(shipped) and is_made(robot)  # from the numbers, which are compared anyway
    return shipped if made or urdf_text(shipped) == urdf_text(robot) else None


def _gait_reference(settings: Settings, robot: RobotSpec | None) -> Any:
    """Return the name of the first gait if it comes with the robot; or its parameters."""
    gait = settings.gait
    known = robot is not None and gait.name in gait_names(robot)
    if robot is not None and known and load_gait(gait.name, robot).parameters == settings.start_gait:
        return gait.name
    return gait.parameters if gait.name == GIVEN else gait.model_dump()


def _reference(spec: Spec, usual: Any) -> Any:
    """Return the name of a spec that comes with the package, with its changes; or the whole spec."""
    whole = spec.model_dump(mode="json")
    if usual is None:
        return whole
    changes = _changes(usual.model_dump(mode="json"), whole)
    if not changes:
        return usual.name
    try:
        again = changed(usual, tomllib.loads(format_toml(changes)), usual.name)
    except InputError:
        return whole
    return {"base": usual.name, **changes} if again == spec else whole  # TOML cannot express None


def _changes(usual: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return the differences between two tables with the same keys, recursively."""
    changes: dict[str, Any] = {}
    for name, value in ours.items():
        if isinstance(value, Mapping) and isinstance(usual.get(name), Mapping):
            if inner := _changes(usual[name], value):
                changes[name] = inner
        elif value != usual.get(name):
            changes[name] = to_jsonable_python(value)
    return changes


def _with_none(tables: dict[str, Any]) -> dict[str, Any]:
    """Return settings with the word `none` in options that have no value: left out, they would take their default."""

    def put(options: Any) -> Any:
        if isinstance(options, Mapping):
            return {key: put(value) for key, value in options.items()}
        return NONE if options is None else options

    return tables | {"options": put(tables.get("options", {}))}
