"""Options of a verb made from its settings: one for each field that can be said in a word, helped by its docstring."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from gaitopt.robot.spec import RobotSpec
from gaitopt.run.config_file import read_settings
from gaitopt.run.overrides import change_settings
from gaitopt.run.settings import NamedGait, Settings
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec

SettingsType = TypeVar("SettingsType", bound=Settings)

BY_NAME = {RobotSpec: "ROBOT", ScenarioSpec: "SCENARIO", NamedGait: "GAIT", ScoreSpec: "SUM", str: "NAME"}
"""What is given by a word, and how help calls that word."""
FLAGS = {"gait": ("--gait", "--start"), "return_goal": ("--return",)}
"""Names of options that are not simply the field's."""


def add_settings(parser: argparse.ArgumentParser, kind: type[Settings], leave_out: Collection[str] = ()) -> None:
    """Add --config, an option for each field, and --set."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE.toml", help="settings in a file, such as the config.toml of an experiment"
    )
    for name, field in kind.model_fields.items():
        if name not in leave_out and (given := _how_given(field.annotation)) is not None:
            metavar, convert = given
            help_text = (field.description or "").replace("\n", " ").replace("%", "%%").rstrip(".")
            if isinstance(field.default, (int, float, str)):
                help_text += f" (default: {field.default})"
            parser.add_argument(*_flags(name), dest=name, type=convert(field), metavar=metavar, help=help_text)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="KEY=VALUE",
        help="change a setting: method.KEY for an option of the method (see gaitopt list), or a number such as "
        "scenario.friction=0.5, engine.time_step_s=0.002, robot.servo.speed_margin=1.0; none switches off what may be",
    )


def read_arguments(
    args: argparse.Namespace, kind: type[SettingsType], methods: Sequence[str] = (), **more: Any
) -> SettingsType:
    """Return the settings that a command line gives; options win over the file of --config.

    Args:
        args: parsed; see `add_settings`.
        kind: class of the settings.
        methods: names of the methods of a comparison, for --set.
        more: further fields.

    Raises:
        InputError: something cannot be used.
    """
    fields = fields_of(args, kind)
    given = _without_none({name: getattr(args, name, None) for name in kind.model_fields} | more)
    replaced = [name for name, value in given.items() if name in fields and fields[name] != value]
    for name in replaced:
        print(f"note: {_flags(name)[0]} replaces {name} = {fields[name]!r} of {args.config}", file=sys.stderr)
    if {"optimizer", "algorithm"} & {*replaced} and fields.pop("options", None):
        print(f"note: the options in {args.config} are those of another method and are left out", file=sys.stderr)
    return kind(**change_settings(fields | given, args.changes, methods))


def fields_of(args: argparse.Namespace, kind: type[Settings]) -> dict[str, Any]:
    """Return the fields in the file of --config; none without one."""
    return read_settings(kind, args.config) if args.config is not None else {}


def _flags(name: str) -> tuple[str, ...]:
    return FLAGS.get(name, (f"--{name.replace('_', '-')}",))


def _how_given(annotation: Any) -> tuple[str, Any] | None:
    """Return how a field is called in help, and what makes its converter; None if it cannot be said in a word."""
    choices = [c for c in get_args(annotation) if c is not NoneType] if _is_union(annotation) else [annotation]
    kind = choices[0]
    kind = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    if kind in BY_NAME:
        return BY_NAME[kind], lambda field: str
    if kind in (int, float):
        return "N" if kind is int else "X", lambda field: _number(kind, field)
    if get_origin(kind) is tuple:
        return "A,B,C" if get_args(kind)[0] is str else "N", lambda field: _listed(get_args(kind)[0])
    return None


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _number(kind: type, field: FieldInfo) -> Any:
    """Return what turns a word into a number that fits a field."""
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata, None])  # type: ignore[arg-type]

    def convert(text: str) -> Any:
        try:
            return adapter.validate_python(kind(text))
        except ValidationError as error:
            expected = error.errors()[0]["msg"].replace("Input should be", "expected")
            raise argparse.ArgumentTypeError(f"got {text!r}; {expected}") from None
        except ValueError:
            word = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"got {text!r}; expected {word}") from None

    return convert


def _listed(kind: Any) -> Any:
    """Return what turns a word into names, or into a number or numbers, as the settings take them."""

    def convert(text: str) -> Any:
        if kind is str:
            return text
        try:
            numbers = [int(part) for part in text.split(",")]
        except ValueError:
            raise argparse.ArgumentTypeError(f"got {text!r}; expected a whole number, or some with commas") from None
        return numbers if "," in text else numbers[0]

    return convert


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
