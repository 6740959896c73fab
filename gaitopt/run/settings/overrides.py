"""Changes of single settings by their names, such as `scenario.friction=0.5`: the option `--set`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gaitopt.errors import InputError, unknown_name
from gaitopt.hal.engine import ENGINES, engine_of
from gaitopt.optim.catalog import OPTIMIZERS
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.run.settings.base import DEFAULT_ROBOT, DEFAULT_SCENARIO, Settings, changed
from gaitopt.toml import parse_value

METHOD = "method"
"""Name of the method in use, optimizer or algorithm."""
ALIASES = ("optimizer", "algorithm")
"""Other names of the method in use."""
SPECS = {"robot": DEFAULT_ROBOT, "scenario": DEFAULT_SCENARIO}
"""Settings that are a name by default, with that name."""


def parse_changes(changes: Sequence[str], known: Collection[str]) -> dict[str, Any]:
    """Return changes `NAME.KEY=VALUE` as tables by name; values are written as in TOML, or `none`.

    Raises:
        InputError: a change does not have this form, or its name is unknown.
    """
    tables: dict[str, Any] = {}
    for change in changes:
        place, equals, value = change.partition("=")
        name, dot, key = place.strip().partition(".")
        if not (equals and dot and key):
            raise InputError(f"--set: got {change!r}; expected NAME.KEY=VALUE, such as scenario.friction=0.5")
        if name not in known:
            if name in OPTIMIZERS or name in ALGORITHMS:
                raise InputError(
                    f"--set {change}: {name} is not at work; expected {METHOD}.{key}, of the method that is"
                )
            raise unknown_name("first part of --set", name, known)
        *above, last = [name, *key.split(".")]
        inner = tables
        for part in above:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise InputError(f"--set {change}: {part} is set to a value already; leave one of the two out")
        inner[last] = parse_value(value)
    return tables


def change_specs(specs: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return robot, scenario and engine with changes applied.

    Raises:
        InputError: a spec or key is unknown, or a value is not valid.
    """
    tables, engine = parse_changes(changes, specs), specs["engine"]
    usual, named = engine == engine_of(specs["robot"], engine.name), tables.get("engine", {}).get("name")
    robot = changed(specs["robot"], tables.get("robot", {}), "--set robot")
    if named is not None and named not in ENGINES:
        raise InputError(f"--set engine.name: {unknown_name('engine', str(named), ENGINES)}")
    if usual or named is not None:  # the usual settings of an engine follow from the robot
        engine = engine_of(robot, engine.name if named is None else str(named))
    return {
        "robot": robot,
        "scenario": changed(specs["scenario"], tables.get("scenario", {}), "--set scenario"),
        "engine": changed(engine, tables.get("engine", {}), "--set engine"),
    }


def change_settings(
    kind: type[Settings], settings: Mapping[str, Any], changes: Sequence[str], methods: Sequence[str] = ()
) -> dict[str, Any]:
    """Return fields of settings with changes applied; the settings check them.

    Args:
        kind: class of the settings.
        settings: fields of it.
        changes: such as `scenario.friction=0.5`, `method.repeats=5`, `policy.sigma=0.1`.
        methods: names of the methods of a comparison, each of which has options of its own.

    Raises:
        InputError: a change does not have the form `NAME.KEY=VALUE`, or its name is unknown.
    """
    own = (METHOD, *ALIASES)
    fields = {name: name for name in (*SPECS, "engine", "interface")} | {"policy": "policy_options"}
    known = [name for name, field in fields.items() if field in kind.model_fields] + [*own, *methods]
    result = dict(settings)
    for name, table in parse_changes(changes, known).items():
        if name in own and not methods:
            result["options"] = {**(result.get("options") or {}), **table}
        elif name in own or name in methods:
            options, method = dict(result.get("options") or {}), METHOD if name in own else name
            result["options"] = options | {method: {**options.get(method, {}), **table}}
        else:
            field = fields[name]
            result[field] = _changed(result.get(field, SPECS.get(name)), table)
    return result


def _changed(choice: Any, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of a choice with changes on top of a name, a path or a spec."""
    if choice is None:
        return dict(table)
    base = dict(choice) if isinstance(choice, Mapping) else {"base": choice}
    for key, value in table.items():
        both = isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        base[key] = _changed(base[key], value) if both else value
    return base
