"""Registries: what can be chosen by name, imported when it is first used; other packages add to them by entry points.

A package adds an optimizer, for example, by a line in its pyproject.toml:

    [project.entry-points."gaitopt.optimizers"]
    my-method = "my_package.my_method:MyMethod"
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from gaitopt.errors import InputError, unknown_name

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Item = TypeVar("Item")


class Entry(NamedTuple):
    """One line of a registry."""

    home: str
    """Where the item is defined, as `package.module:name`."""
    summary: str
    """One line for a list."""


class Registry(Mapping[str, Entry], Generic[Item]):
    """Items by name: gaitopt's own first, in their order, then those of other packages.

    Entry points that cannot be used are left out and named in `problems`; the rest works.
    """

    def __init__(self, what: str, group: str, own: Mapping[str, Entry]) -> None:
        """Make a registry.

        Args:
            what: what an item is, such as `optimizer`; for errors.
            group: group of the entry points by which other packages add items.
            own: gaitopt's own items.
        """
        self.what, self.group = what, group
        self._own = dict(own)

    def __getitem__(self, name: str) -> Entry:
        return self._own[name] if name in self._own else self._foreign[0][name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from self._foreign[0]

    def __len__(self) -> int:
        return len(self._own) + len(self._foreign[0])

    @property
    def problems(self) -> dict[str, str]:
        """Entry points of other packages that cannot be used: the reason by name."""
        return self._foreign[1]

    def load(self, name: str) -> Item:
        """Return the item of a name, or of a place `package.module:name`.

        Raises:
            InputError: there is none, or it cannot be imported.
        """
        if name in self._own:
            return cast(Item, _imported(self._own[name].home))
        if ":" in name:
            try:
                return cast(Item, _imported(name))
            except Exception as error:  # somebody else's module may raise anything
                raise InputError(f"{self.what} {name!r} cannot be imported: {_in_words(error)}") from error
        if name in self.problems:
            raise InputError(f"{self.what} {name!r} cannot be used: {self.problems[name]}")
        if name not in self:
            raise unknown_name(self.what, name, self)
        return cast(Item, _imported(self[name].home))

    def name_of(self, choice: str | Item) -> str:
        """Return the name, or the place `package.module:name`, by which `load` finds a choice again.

        Raises:
            InputError: an object that cannot be imported by name, such as one defined within a function.
        """
        if isinstance(choice, str):
            return choice
        if not callable(choice):
            raise InputError(f"{self.what}: got {choice!r}; expected a name or a class")
        module, name = getattr(choice, "__module__", ""), getattr(choice, "__qualname__", "")
        place = f"{module}:{name}"
        known = {entry.home: key for key, entry in self._own.items()}
        if place in known:
            return known[place]
        if not name or getattr(sys.modules.get(module), name, None) is not choice:
            raise InputError(
                f"{self.what} {place.strip(':') or choice!r}: cannot be found again by this name, as resuming must; "
                "define it at the top level of a module"
            )
        return place

    @functools.cached_property
    def _foreign(self) -> tuple[dict[str, Entry], dict[str, str]]:
        """Usable entry points of other packages, and the reasons against the others."""
        from importlib.metadata import entry_points  # slow to import

        found: dict[str, Entry] = {}
        problems: dict[str, str] = {}
        for point in sorted(entry_points(group=self.group), key=lambda point: point.name):
            if point.name in self._own or point.name in found:
                problems[f"{point.name} ({point.value})"] = f"entry point {_described(point)}: the name is taken"
                continue
            try:
                summary = (inspect.getdoc(point.load()) or "").partition("\n")[0]
            except Exception as error:  # somebody else's module may raise anything
                problems[point.name] = f"entry point {_described(point)} cannot be imported: {_in_words(error)}"
                continue
            found[point.name] = Entry(point.value, summary or f"from {_described(point)}")
        return found, problems


def _imported(place: str) -> Any:
    module, _, name = place.partition(":")
    item: Any = import_module(module)
    for part in name.split("."):
        item = getattr(item, part)
    return item


def _described(point: EntryPoint) -> str:
    package = f" of package {point.dist.name}" if point.dist is not None else ""
    return f"{point.value!r}{package}"


def _in_words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
