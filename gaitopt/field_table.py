"""The fields of a spec as a table: type, default, bounds and meaning of each, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gaitopt.spec import Spec

TYPES = {
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
    "string": "text",
    "array": "list",
    "object": "table",
    "null": "none",
}
"""What JSON Schema calls a type, in words."""


def field_table(kind: type[Spec], defaults: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return one row for each field of a spec: option, type, default, bounds and meaning.

    Args:
        kind: the spec.
        defaults: values by field that stand in place of the spec's own defaults.
    """
    properties = kind.model_json_schema()["properties"]
    return [
        {
            "option": name,
            "type": " or ".join(_type(choice) for choice in _choices(field)),
            "default": (defaults or {}).get(name, field.get("default", "required")),
            "bounds": " or ".join(filter(None, map(_bounds, _choices(field)))),
            "meaning": field.get("description", "").replace("\n", " "),
        }
        for name, field in properties.items()
    ]


def _choices(field: dict[str, Any]) -> list[dict[str, Any]]:
    choices: list[dict[str, Any]] = field.get("anyOf", [field])
    return choices


def _type(choice: dict[str, Any]) -> str:
    if "enum" in choice:
        return ", ".join(map(str, choice["enum"]))
    return TYPES.get(choice.get("type", ""), "any")


def _bounds(choice: dict[str, Any]) -> str:
    """Return the bounds of a number, such as `0 < x <= 1`."""
    low = {sign: choice[key] for sign, key in ((">=", "minimum"), (">", "exclusiveMinimum")) if key in choice}
    high = {sign: choice[key] for sign, key in (("<=", "maximum"), ("<", "exclusiveMaximum")) if key in choice}
    below = "".join(f"{value:g} {sign.replace('>', '<')} x" for sign, value in low.items())
    above = "".join(f" {sign} {value:g}" for sign, value in high.items())
    if below and above:
        return below + above
    return "".join(f"x {sign} {value:g}" for sign, value in (low | high).items())
