"""Options of a verb, made from its settings: one for each field that fits in a word, with its docstring as help."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic.fields import FieldInfo

from gaitopt.cli.arguments import add_changes, number_type
from gaitopt.errors import InputError
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.settings.base import NamedGait, Settings
from gaitopt.run.settings.config_file import read_settings
from gaitopt.run.settings.differences import differences
from gaitopt.run.settings.overrides import METHOD, change_settings
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.spec import choices_of

SettingsType = TypeVar("SettingsType", bound=Settings)

BY_NAME = {RobotSpec: "ROBOT", ScenarioSpec: "SCENARIO", NamedGait: "GAIT", ScoreSpec: "SUM", str: "NAME"}
"""Types given by a word, and the name of that word in help."""
FLAGS = {"gait": ("--gait", "--start"), "return_goal": ("--return",)}
"""Names of options that differ from the field's."""
METHODS = {"optimizer", "algorithm", "optimizers", "algorithms"}
"""Fields that name the methods, to which options belong."""


def add_settings(parser: argparse.ArgumentParser, kind: type[Settings]) -> None:
    """Add --config, an option for each field, and --set."""
    group = parser.add_argument_group("settings", "each can also be in the file of --config")
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE.toml",
        help="read settings from a file, such as the config.toml of an earlier experiment; options override it",
    )
    for name, field in kind.model_fields.items():
        if field.annotation is bool:
            group.add_argument(*_flags(name), dest=name, action="store_true", default=None, help=_help(field))
        elif (given := _how_given(field)) is not None:
            metavar, convert = given
            group.add_argument(*_flags(name), dest=name, type=convert, metavar=metavar, help=_help(field))
    more = ", policy.sigma, interface.observe" if "interface" in kind.model_fields else ""
    add_changes(
        group,
        "change one value; KEY is method.OPTION for an option of the optimizer or algorithm (NAME.OPTION for one "
        "of several), or such as scenario.friction, robot.servo.stall_torque_nm, engine.time_step_s"
        f"{more}; VALUE is written as in TOML, or none to switch an option off",
    )


def read_arguments(
    args: argparse.Namespace, kind: type[SettingsType], methods: Sequence[str] = (), **more: Any
) -> SettingsType:
    """Return the settings given on a command line; options override the file of --config.

    Args:
        args: parsed; see `add_settings`.
        kind: class of the settings.
        methods: names of the methods of a comparison, for --set.
        more: further fields.

    Raises:
        InputError: a setting is not valid.
    """
    fields = fields_of(args, kind)
    given = given_fields(args, kind) | {name: value for name, value in more.items() if value is not None}
    _drop_options(fields, given, args.config)
    result = change_settings(kind, fields | given, args.changes, methods)
    for key, before, now in differences(fields, result):
        if before is not None and not (isinstance(now, Mapping) and now.get("base") == before):
            print(f"note: {args.config}: {key} = {before!r} is replaced by {now!r}", file=sys.stderr)
    try:
        return kind(**result)
    except InputError as error:
        raise InputError(_in_options(str(error), given)) from error


def fields_of(args: argparse.Namespace, kind: type[Settings]) -> dict[str, Any]:
    """Return the fields in the file of --config; empty without one."""
    return read_settings(kind, args.config) if args.config is not None else {}


def given_fields(args: argparse.Namespace, kind: type[Settings]) -> dict[str, Any]:
    """Return the fields given by options."""
    fields = {name: getattr(args, name, None) for name in kind.model_fields}
    return {name: value for name, value in fields.items() if value is not None}


def _flags(name: str) -> tuple[str, ...]:
    return FLAGS.get(name, (f"--{name.replace('_', '-')}",))


def _drop_options(fields: dict[str, Any], given: Mapping[str, Any], file: Path) -> None:
    """Drop a file's options of methods that the command line replaces."""
    before = fields.get("options") or {}
    for name in METHODS & fields.keys() & given.keys():
        if fields[name] != given[name]:
            kept = {METHOD, *str(given[name]).split(",")} if name.endswith("s") else ()
            fields["options"] = {method: own for method, own in before.items() if method in kept}
    if fields.get("options", before) != before:
        print(f"note: {file}: options belong to another method and are left out", file=sys.stderr)


def _in_options(message: str, given: Collection[str]) -> str:
    """Replace the field's name at the start of an error by the option, if the option was given."""
    found = re.match(r"\w+(?=[:.])", message)
    return _flags(found[0])[0] + message[found.end() :] if found and found[0] in given else message


def _help(field: FieldInfo) -> str:
    """Return a field's docstring as help: in lower case, without a full stop, with the default."""
    text = (field.description or "").replace("\n", " ").replace("%", "%%").rstrip(".")
    shown = isinstance(field.default, (int, float, str)) and not isinstance(field.default, bool)
    default = f" (default: {field.default})" if shown else ""
    return text[:1].lower() + text[1:] + default


def _how_given(field: FieldInfo) -> tuple[str, Callable[[str], Any]] | None:
    """Return the name of a field's word in help, and its converter; None if the field does not fit in a word."""
    first = choices_of(field.annotation)[0]
    kind = get_args(first)[0] if hasattr(first, "__metadata__") else first
    if kind in BY_NAME:
        return BY_NAME[kind], str
    if kind in (int, float):
        return "N" if kind is int else "X", number_type(kind, Annotated[first, *field.metadata, None])
    if get_origin(kind) is tuple and get_args(kind)[0] is str:
        return "A,B,C", str
    if get_origin(kind) is tuple:
        return "N,N,N", _numbers
    return None


def _numbers(text: str) -> int | list[int]:
    """Return the whole number, or several, in a word."""
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a whole number, or several with commas") from None
    return numbers if "," in text else numbers[0]
