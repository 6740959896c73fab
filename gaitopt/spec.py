"""Specs: frozen, validated descriptions, read from TOML; an error names the file, the key, got and expected."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gaitopt.errors import InputError, unknown_name
from gaitopt.toml import read_toml

Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number that was written as a number."""
Positive = Annotated[Real, Field(gt=0)]
NonNegative = Annotated[Real, Field(ge=0)]
Share = Annotated[Real, Field(ge=0, le=1)]
"""A part of a whole, between 0 and 1."""
Count = Annotated[int, Field(strict=True, ge=1)]
"""A whole number, at least 1."""

Vector = tuple[Real, Real, Real]
"""Three coordinates."""

SpecType = TypeVar("SpecType", bound="Spec")


class Spec(BaseModel):
    """A frozen description read from a file: unknown keys and wrong types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    error_source: ClassVar[str | None] = None
    """What errors of a new spec begin with; the class's name if None, nothing if empty."""

    def __init__(self, /, **values: Any) -> None:
        """Check the values.

        Raises:
            InputError: names the field, what was got and what was expected.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            kind = type(self)
            source = kind.__name__ if kind.error_source is None else kind.error_source
            raise _input_error(kind, error, source) from error

    # Otherwise pydantic would call it for every table within another, and errors would lose their place.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def __setattr__(self, name: str, value: Any) -> None:
        raise InputError(f"{type(self).__name__}: cannot be changed in place; make a changed one: .changed({name}=...)")

    def __hash__(self) -> int:
        return hash(self.model_dump_json())  # pydantic's own cannot hash a table

    def changed(self, /, **changes: Any) -> Self:
        """Return the spec with some fields changed, checked as a new one; a table is changed by its keys.

        Raises:
            InputError: there is no such field, or a value does not fit.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        for name, value in changes.items():
            inner = values.get(name)
            if isinstance(inner, Spec) and isinstance(value, Mapping):
                value = inner.changed(**value)
            values[name] = value
        return parse_spec(type(self), values, type(self).__name__)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy; changes are checked, unlike pydantic's own."""
        copy = super().model_copy(deep=deep)
        return copy.changed(**update) if update else copy


def parse_spec(kind: type[SpecType], tables: Mapping[str, Any], source: str) -> SpecType:
    """Return the spec that `tables` describe.

    Raises:
        InputError: names the source, the key, what was got and what was expected.
    """
    try:
        return kind.model_validate(dict(tables))
    except ValidationError as error:
        raise _input_error(kind, error, source) from error


def read_spec(kind: type[SpecType], path: Path) -> SpecType:
    """Return the spec in a TOML file; see `parse_spec`."""
    return parse_spec(kind, read_toml(path), str(path))


def _input_error(kind: type[Spec], error: ValidationError, source: str) -> InputError:
    problems: list[Any] = list(error.errors(include_url=False))
    problem = _first_problem(kind, problems)
    return InputError(f"{source}: {problem}" if source else problem)


def _first_problem(kind: Any, problems: list[Any], above: tuple[str, ...] = ()) -> str:
    """Return what is wrong, an unknown key first; `above` are the keys that lead to this kind of value."""
    problem = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    place = problem["loc"]
    for depth in range(len(place)):
        choices = choices_of(_kind_at(kind, place[:depth]))
        if len(choices) > 1:  # there, pydantic tells of every choice, its name put between the keys
            same = [p | {"loc": p["loc"][depth:]} for p in problems if p["loc"][:depth] == place[:depth]]
            return _choice_problem(choices, same, (*above, *map(str, place[:depth])))
    table = [*above, *map(str, place[:-1])]
    key = ".".join([*table, *map(str, place[-1:])])
    if problem["type"] == "extra_forbidden":
        beside = getattr(_kind_at(kind, place[:-1]), "model_fields", ())
        return str(unknown_name("key", key, [".".join([*table, name]) for name in beside]))
    if problem["type"] == "missing":
        return f"key {key!r} is missing"
    if problem["type"] == "value_error":
        return f"{key}: {problem['ctx']['error']}" if key else str(problem["ctx"]["error"])
    return f"{key}: got {_shortly(problem['input'])}; {_expected(problem)}"


def _choice_problem(choices: list[Any], problems: list[Any], above: tuple[str, ...]) -> str:
    """Return what is wrong where one of several kinds may stand: the problem of the one most likely meant."""
    groups: dict[Any, list[Any]] = {}
    for problem in problems:
        groups.setdefault(problem["loc"][0], []).append(problem | {"loc": problem["loc"][1:]})
    meant = [
        (len(group), choice, group)
        for choice, group in zip(choices, groups.values(), strict=True)
        if not any(problem["type"].endswith("_type") and not problem["loc"] for problem in group)
    ]
    fewest = [found for found in meant if found[0] == min(count for count, _, _ in meant)]
    if len(fewest) == 1:
        _, choice, group = fewest[0]
        return _first_problem(choice, group, above)
    got = next(p["input"] for group in groups.values() for p in group if not p["loc"])
    return f"{'.'.join(above)}: got {_shortly(got)}; expected {' or '.join(map(_in_words, choices))}"


def _kind_at(kind: Any, place: tuple[str | int, ...]) -> Any:
    """Return the type of what stands at a place within a value of this type; None where it is not known."""
    for part in place:
        fields = getattr(kind, "model_fields", None)
        if fields is not None:
            kind = fields[part].annotation if part in fields else None
        else:
            inner = [i for choice in choices_of(kind) for i in get_args(choice) if i is not Ellipsis]
            kind = inner[-1] if inner else None  # the items of a tuple, the values of a dict
        choices = choices_of(kind)
        kind = choices[0] if len(choices) == 1 else kind  # without its None
    return kind


def choices_of(kind: Any) -> list[Any]:
    """Return the types that a type is a union of, without None; the type itself if it is none."""
    if get_origin(kind) not in (Union, UnionType):
        return [kind]
    return [choice for choice in get_args(kind) if choice is not type(None)]


def _in_words(kind: Any) -> str:
    fields = getattr(kind, "model_fields", None)
    return f"{{ {', '.join(fields)} }}" if fields else "a number" if kind == Real else str(kind)


def _expected(problem: Any) -> str:
    if problem["type"] == "model_type":
        return "expected a table"
    if problem["type"] == "tuple_type":
        return "expected a list"
    words: str = problem["msg"].split(" after validation")[0]
    words = words.replace("a valid integer", "a whole number").replace("a valid number", "a number")
    for opening in ("Input should be", "Tuple should have", "String should have"):
        words = words.replace(opening, "expected")
    return words.replace("String should match", "expected text of the")


def _shortly(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]} ..."
