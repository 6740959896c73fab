"""Where the data lie, and one strict way to read and write TOML."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gaitopt.errors import InputError, unknown_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number that was written as a number."""
Positive = Annotated[Real, Field(gt=0)]
NonNegative = Annotated[Real, Field(ge=0)]
Share = Annotated[Real, Field(ge=0, le=1)]
"""A part of a whole, between 0 and 1."""

SpecType = TypeVar("SpecType", bound="Spec")


class Spec(BaseModel):
    """A frozen description read from a file: unknown keys and wrong types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def data_folder(kind: str) -> Path:
    """Return the folder `robots` or `scenarios`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "data" / kind
    return installed if installed.is_dir() else package.parent / kind


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        InputError: the file is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start}); expected a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not valid TOML: {error}") from error


def parse_spec(kind: type[SpecType], tables: Mapping[str, Any], source: str) -> SpecType:
    """Return the spec that `tables` describe.

    Raises:
        InputError: names the source, the key, what was got and what was expected.
    """
    try:
        return kind.model_validate(dict(tables))
    except ValidationError as error:
        raise InputError(f"{source}: {_first_problem(kind, error)}") from error


def read_spec(kind: type[SpecType], path: Path) -> SpecType:
    """Return the spec in a TOML file; see `parse_spec`."""
    return parse_spec(kind, read_toml(path), str(path))


def format_toml(tables: Mapping[str, Any]) -> str:
    """Return TOML text; keys without a value (None) are left out."""
    return tomli_w.dumps(_without_none(tables))


def write_atomic(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        InputError: the folder is read-only, or the disk is full; an older file is left as it was.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value


def _first_problem(kind: type[BaseModel], error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    problem = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    place = [str(part) for part in problem["loc"]]
    key = ".".join(place)
    if problem["type"] == "extra_forbidden":
        return str(unknown_name("key", key, _keys_beside(kind, place)))
    if problem["type"] == "missing":
        return f"key {key!r} is missing"
    if problem["type"] == "value_error":
        return f"{key}: {problem['ctx']['error']}" if key else str(problem["ctx"]["error"])
    return f"{key}: got {problem['input']!r}; {problem['msg'].replace('Input should', 'expected to')}"


def _keys_beside(kind: type[BaseModel], place: list[str]) -> list[str]:
    """Return the dotted keys that may stand where the unknown one stands."""
    for part in place[:-1]:
        field = kind.model_fields.get(part)
        inner = field.annotation if field is not None else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        kind = inner
    return [".".join([*place[:-1], name]) for name in kind.model_fields]
