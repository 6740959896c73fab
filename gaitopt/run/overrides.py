"""Changes of single settings by their names, such as `scenario.friction=0.5`: the option `--set`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gaitopt.errors import InputError, unknown_name
from gaitopt.hal.engine import engine_of
from gaitopt.spec import parse_spec
from gaitopt.toml import parse_value


def change_specs(specs: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the specs with `name.key=value` changes made; values are written as in TOML.

    Raises:
        InputError: no such spec or key, or a value that does not fit.
    """
    named = [(_name_of(change, specs), change) for change in changes]
    if "robot" in specs and specs.get("engine") == engine_of(specs["robot"]):  # the usual one follows from the robot
        specs = specs | {"engine": engine_of(_changed("robot", specs["robot"], named))}
    return {name: _changed(name, spec, named) for name, spec in specs.items()}


def _name_of(change: str, specs: dict[str, Any]) -> str:
    place, equals, _ = change.partition("=")
    name, dot, key = place.strip().partition(".")
    if not (equals and dot and key):
        raise InputError(f"--set: got {change!r}; expected NAME.KEY=VALUE, such as scenario.friction=0.5")
    if name not in specs:
        raise unknown_name("first part of --set", name, specs)
    return name


def _changed(name: str, spec: Any, changes: Sequence[tuple[str, str]]) -> Any:
    table = spec.model_dump()
    for which, change in changes:
        place, _, value = change.partition("=")
        if which == name:
            _put(table, place.strip().split(".")[1:], parse_value(value), f"--set {change}")
    return parse_spec(type(spec), table, f"--set {name}")


def _put(table: dict[str, Any], keys: list[str], value: Any, source: str) -> None:
    inner: Any = table
    for depth, key in enumerate(keys):
        if not isinstance(inner, dict) or key not in inner:
            known = [".".join([*keys[:depth], name]) for name in inner] if isinstance(inner, dict) else []
            raise InputError(f"{source}: {unknown_name('key', '.'.join(keys), known)}")
        if depth == len(keys) - 1:
            inner[key] = value
        inner = inner[key]
