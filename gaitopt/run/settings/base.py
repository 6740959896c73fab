"""Settings of runs, trainings and comparisons: the same object for the command line, Python and files.

Settings accept names, paths, specs, or tables; a table with a key `base` changes the spec of that name or path:

    scenario = { base = "field", friction = 0.5 }

Settings left out take their defaults, which may depend on others, such as the engine's settings on the robot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

import numpy as np
from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, model_validator

from gaitopt.errors import InputError, unknown_name
from gaitopt.gait.gait_file import Gait, check_gait, load_gait
from gaitopt.gait.parameters import GaitParameters, Twelve
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.run.experiment import LATEST
from gaitopt.scenario.objective import ScoreSpec, parse_score
from gaitopt.scenario.spec import ScenarioSpec, load_scenario
from gaitopt.spec import Spec, parse_spec

GIVEN = "given"
"""Name of a gait given by its numbers."""
DEFAULT_ROBOT, DEFAULT_SCENARIO = "aibo-ers7", "field"
SHAPES: dict[str, tuple[type, str]] = {"options": (Mapping, "a table"), "policy": (str, "a name")}
"""Settings that are checked first, because the defaults of others depend on them: type and its name in errors."""


def _folder_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        expected = "at most 100 letters, digits, dots, dashes and underscores, a letter or digit first"
        raise ValueError(f"got {name!r:.110}; expected {expected}")
    if name == LATEST:
        raise ValueError(f"got {name!r}, which stands for the newest experiment; choose another name")
    return name


Name = Annotated[str, AfterValidator(_folder_name)]
Seed = Annotated[int, Field(strict=True, ge=0)]
EvaluationWalks = Annotated[int, Field(strict=True, ge=2)]

SpecType = TypeVar("SpecType", bound=Spec)
SettingsType = TypeVar("SettingsType", bound="Settings")


class NamedGait(Spec):
    """A gait and its name or file."""

    name: str
    """Name of the gait, or its file."""
    parameters: Twelve
    """Twelve parameters, SI units."""


class Settings(Spec):
    """Base of all settings."""

    kind: ClassVar[str]
    """Verb that takes these settings."""
    error_source: ClassVar[str | None] = ""

    robot: RobotSpec
    """Robot: a name (see `gaitopt list robots`) or a robot.toml (default: aibo-ers7)."""
    scenario: ScenarioSpec
    """Scenario to walk in: a name (see `gaitopt list scenarios`) or a file (default: field)."""
    gait: NamedGait
    """First gait: a name (see `gaitopt list gaits`) or a file (default: the robot's own)."""
    engine: EngineSpec
    """Physics engine and its settings (default: the default engine, with those that suit the robot)."""
    name: Name
    """Name of the experiment's folder: letters, digits, dot, dash, underscore (default: from the other settings)."""

    @model_validator(mode="wrap")
    @classmethod
    def _fill_in(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(values, Mapping):
            return handler(values)
        given = {name: _plain(value) for name, value in values.items() if value is not None}
        for name, (shape, words) in SHAPES.items():
            if name in given and not isinstance(given[name], shape):
                raise InputError(f"{name}: got {given[name]!r}; expected {words}")
        settings = handler(cls.completed(given))
        # Only the fields given: `changed` derives the defaults again.
        object.__setattr__(settings, "__pydantic_fields_set__", set(given))
        return settings

    @classmethod
    def completed(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the settings given with names, files and tables resolved, and defaults filled in.

        Raises:
            InputError: a name is unknown, or settings contradict each other.
        """
        robot = _robot(given.get("robot", DEFAULT_ROBOT))
        scenario = given.get("scenario", DEFAULT_SCENARIO)
        engine = given.get("engine", {})
        if isinstance(engine, str):
            engine = {"name": engine}
        named = engine.get("name") if isinstance(engine, Mapping) else None
        usual = engine_of(robot, named if isinstance(named, str) else None)
        return given | {
            "robot": robot,
            "scenario": _from_table(scenario, ScenarioSpec, scenario_of_choice, "scenario"),
            "engine": adjusted(usual, engine, "engine"),
            "gait": _resolved_gait(given.get("gait", robot.start_gait), robot),
        }

    @property
    def start_gait(self) -> GaitParameters:
        """The first gait."""
        return GaitParameters(**self.gait.parameters)

    def changed(self, /, **changes: Any) -> Self:
        """Return the settings with some changed; defaults are derived again."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        robot = _robot(changes.get("robot") or self.robot)
        if robot.name != self.robot.name and "gait" in given:
            given["gait"] = self.gait.name  # the other robot's gait of that name
        return type(self)(**given | changes)


def settings_of(
    kind: type[SettingsType], settings: SettingsType | None, fields: Mapping[str, Any], others: Collection[str] = ()
) -> SettingsType:
    """Return settings from either form of a call: an object, or fields; fields beside an object change it.

    Args:
        kind: class of the settings.
        settings: the object, if one is given.
        fields: the fields given.
        others: names of the call's other arguments, for the error about an unknown one.

    Raises:
        InputError: a field is not valid.
    """
    for name in fields:
        if name not in kind.model_fields:
            raise unknown_name("argument", name, [*kind.model_fields, *others])
    if settings is None:
        return kind(**fields)
    if not isinstance(settings, kind):
        raise InputError(f"settings: got {type(settings).__name__}; expected {kind.__name__}")
    return settings.changed(**fields) if fields else settings


def robot_of_choice(choice: Any) -> RobotSpec:
    """Return a robot by name, file or spec.

    Raises:
        InputError: there is none, or it is something else.
    """
    if isinstance(choice, (str, PathLike)):
        return load_robot(choice if isinstance(choice, str) else Path(choice))
    if not isinstance(choice, RobotSpec):
        raise InputError(f"robot: got {choice!r:.80}; expected a name, a robot.toml file or a RobotSpec")
    return choice


def scenario_of_choice(choice: Any) -> ScenarioSpec:
    """Return a scenario by name, file or spec.

    Raises:
        InputError: there is none, or it is something else.
    """
    if isinstance(choice, (str, PathLike)):
        return load_scenario(choice if isinstance(choice, str) else Path(choice))
    if not isinstance(choice, ScenarioSpec):
        raise InputError(f"scenario: got {choice!r:.80}; expected a name, a .toml file or a ScenarioSpec")
    return choice


def score_of_choice(choice: Any) -> ScoreSpec:
    """Return an objective that is given as text or as a spec.

    Raises:
        InputError: it is something else, or the text cannot be read.
    """
    if isinstance(choice, str):
        return parse_score(choice)
    if not isinstance(choice, ScoreSpec):
        raise InputError(f"score: got {choice!r:.80}; expected text such as 'speed - 0.5*sway', or a ScoreSpec")
    return choice


def score_setting(choice: Any) -> ScoreSpec:
    """Return the objective of a setting, which may also be a table of weights.

    Raises:
        InputError: it is something else, or cannot be read.
    """
    return parse_spec(ScoreSpec, choice, "score") if isinstance(choice, Mapping) else score_of_choice(choice)


def _from_table(choice: Any, kind: type[SpecType], of_choice: Callable[[Any], SpecType], source: str) -> SpecType:
    """Return the spec of a table, which may change that of its `base`; or of another choice."""
    if not isinstance(choice, Mapping):
        return of_choice(choice)
    table = dict(choice)
    base = table.pop("base", None)
    if base is None:
        return parse_spec(kind, table, source)
    return changed(_from_table(base, kind, of_choice, source), table, source)


def _robot(choice: Any) -> RobotSpec:
    return _from_table(choice, RobotSpec, robot_of_choice, "robot")


def adjusted(usual: Spec, choice: Any, source: str) -> Any:
    """Return the usual spec with the changes of a table; or another choice, which takes its place."""
    return changed(usual, choice, source) if isinstance(choice, Mapping) else choice


def changed(spec: SpecType, changes: Mapping[str, Any], source: str) -> SpecType:
    """Return a spec with the changes of a table; errors name the source."""
    return parse_spec(type(spec), _merged(spec, changes), source)


def _plain(value: Any) -> Any:
    """Convert numpy's numbers and arrays in a value to Python's: strict fields refuse them."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def _merged(value: Any, changes: Any) -> Any:
    """Return a value with the changes of a table; a table of another kind, such as of a distribution, replaces it."""
    if not isinstance(changes, Mapping) or not isinstance(value, (Spec, Mapping)):
        return changes
    fields = dict(value)
    if isinstance(value, Spec) and changes and not fields.keys() & changes.keys():
        return changes
    return fields | {name: _merged(fields.get(name), change) for name, change in changes.items()}


def _resolved_gait(choice: Any, robot: RobotSpec) -> NamedGait:
    """Return the gait given by a name, a path, a table or a gait, checked against the robot."""
    if isinstance(choice, Mapping):
        table = dict(choice) if "parameters" in choice else {"name": GIVEN, "parameters": dict(choice)}
        choice = parse_spec(NamedGait, table, "gait")
    if isinstance(choice, GaitParameters):
        choice = NamedGait(name=GIVEN, parameters=dict(vars(choice)))
    if isinstance(choice, NamedGait):
        gait, name = Gait(robot.name, GaitParameters(**choice.parameters)), choice.name
    elif isinstance(choice, Gait):
        gait, name = choice, GIVEN
    elif isinstance(choice, (str, Path)):
        gait, name = load_gait(str(choice), robot), str(choice)
    else:
        raise InputError(f"gait: got {choice!r}; expected a name, a file or a gait")
    check_gait(gait, robot, "gait" if name == GIVEN else name)
    return NamedGait(name=name, parameters=dict(vars(gait.parameters)))
