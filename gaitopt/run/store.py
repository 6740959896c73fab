"""The store of a run: every traversal, written as it happens, in SQLite.

The table `traversals` holds a traversal's place in the run, its seed, the twelve parameters and the fields of
`Traversal`; the table `iterations` the gait recommended after each iteration of the optimizer. Any SQL tool reads them.
Write-ahead logging: a killed run loses the traversals in flight only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from gaitopt.errors import InputError
from gaitopt.gait.parameters import PARAMETER_NAMES
from gaitopt.run.database import connect, count, database_errors
from gaitopt.walk.traversal import Status, Traversal

SCHEMA_VERSION = 1
PURPOSES = ("learn", "start", "best")


class Place(NamedTuple):
    """Place of a traversal in its run."""

    purpose: str
    """`learn`; or `start` or `best`: an evaluation walk of that gait."""
    iteration: int
    """Number of the optimizer's iteration; 0 for evaluation walks."""
    candidate: int
    """Number of the point in the iteration; 0 for evaluation walks."""
    repeat: int
    """Number of the traversal of this point."""


@dataclass(frozen=True)
class Row:
    """One stored traversal."""

    place: Place
    seed: int
    parameters: tuple[float, ...]
    """The twelve parameters, SI units."""
    traversal: Traversal
    score: float
    wall_s: float
    """Wall time [s]."""


@dataclass(frozen=True)
class Iteration:
    """State after an iteration of the optimizer."""

    iteration: int
    """Number of the iteration, from 0."""
    traversals: int
    """Number of traversals used for learning by its end."""
    incumbent: tuple[float, ...]
    """Gait that the optimizer then recommended: twelve parameters, SI units."""
    overhead_s: float
    """Time spent in the optimizer's ask and tell [s]."""


TRAVERSAL_FIELDS = tuple(field.name for field in fields(Traversal))
COLUMNS = (*Place._fields, "seed", *PARAMETER_NAMES, *TRAVERSAL_FIELDS, "score", "wall_s")
TEXTS = {"purpose", "status"}
ADDED = {"power_w"}
"""Columns that databases of older versions lack."""
ITERATION_COLUMNS = ("iteration", "traversals", *PARAMETER_NAMES, "overhead_s")


class RunStore:
    """The database of one run; a context manager."""

    def __init__(self, path: Path, create: bool = False) -> None:
        """Open a run's database, or make it.

        Raises:
            InputError: missing, not a run database, or it cannot be written.
        """
        self._path = path
        self._connection = connect(path, create)
        with database_errors(self._path):
            if create:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute(_create_table())
                self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            self._connection.execute("PRAGMA synchronous=NORMAL")
        if version != SCHEMA_VERSION:
            raise InputError(f"{path}: is a database of version {version}; expected a run database of version 1")

    def add(self, row: Row) -> None:
        """Write one traversal.

        Raises:
            InputError: it is there already, or the disk is full or read-only.
        """
        traversal = vars(row.traversal) | {"status": row.traversal.status.value}
        values = [*row.place, row.seed, *row.parameters, *(traversal[name] for name in TRAVERSAL_FIELDS)]
        marks = ", ".join("?" * len(COLUMNS))
        with database_errors(self._path):
            self._connection.execute(f"INSERT INTO traversals VALUES ({marks})", [*values, row.score, row.wall_s])

    def rows(self, purpose: str) -> list[Row]:
        """Return the stored traversals of one purpose, in the order of their places."""
        with database_errors(self._path):
            known = {row[1] for row in self._connection.execute("PRAGMA table_info(traversals)")}
            columns = ", ".join(name if name in known or name not in ADDED else f"NULL AS {name}" for name in COLUMNS)
            query = f"SELECT {columns} FROM traversals WHERE purpose = ? ORDER BY iteration, candidate, repeat"
            return [_row(values) for values in self._connection.execute(query, [purpose])]

    def count(self, purpose: str) -> int:
        """Return the number of stored traversals of one purpose."""
        return count(self._path, purpose)

    def add_iteration(self, row: Iteration) -> None:
        """Write the state after an iteration, unless it is stored already."""
        columns = ", ".join(f"{name} REAL" for name in ITERATION_COLUMNS[2:])
        marks = ", ".join("?" * len(ITERATION_COLUMNS))
        with database_errors(self._path):
            self._connection.execute(
                f"CREATE TABLE IF NOT EXISTS iterations (iteration INTEGER PRIMARY KEY, traversals INTEGER, {columns})"
            )
            values = [row.iteration, row.traversals, *row.incumbent, row.overhead_s]
            self._connection.execute(f"INSERT OR IGNORE INTO iterations VALUES ({marks})", values)

    def iterations(self) -> list[Iteration]:
        """Return the state after each iteration, in order; none for runs of older versions."""
        with database_errors(self._path):
            known = "SELECT count(*) FROM sqlite_master WHERE name = 'iterations'"
            if not self._connection.execute(known).fetchone()[0]:
                return []
            query = f"SELECT {', '.join(ITERATION_COLUMNS)} FROM iterations ORDER BY iteration"
            rows = self._connection.execute(query).fetchall()
            for row in rows:
                _check_numbers(dict(zip(ITERATION_COLUMNS, row, strict=True)))
        return [Iteration(row[0], row[1], tuple(row[2:-1]), row[-1]) for row in rows]

    def close(self) -> None:
        """Close the database; may be called again."""
        self._connection.close()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _create_table() -> str:
    integers = {"iteration", "candidate", "repeat", "seed", "commands"}
    kinds = {name: "TEXT" if name in TEXTS else "INTEGER" if name in integers else "REAL" for name in COLUMNS}
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return f"CREATE TABLE traversals ({columns}, PRIMARY KEY ({', '.join(Place._fields)}))"


def _check_numbers(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if not isinstance(value, (int, float)):  # SQLite does not check the types of columns
            raise ValueError(f"{name}: got {value!r}; expected a number")


def _row(values: tuple[Any, ...]) -> Row:
    named = dict(zip(COLUMNS, values, strict=True))
    _check_numbers({name: value for name, value in named.items() if name not in TRAVERSAL_FIELDS and name not in TEXTS})
    _check_numbers({name: named[name] for name in TRAVERSAL_FIELDS if name not in TEXTS and named[name] is not None})
    fields: dict[str, Any] = {name: named[name] for name in TRAVERSAL_FIELDS}
    for name, value in fields.items():
        if value is None and name != "time_s":  # SQLite keeps nan as NULL; only the time may really be missing
            fields[name] = float("nan")
    return Row(
        place=Place(*(named[name] for name in Place._fields)),
        seed=named["seed"],
        parameters=tuple(named[name] for name in PARAMETER_NAMES),
        traversal=Traversal(**fields | {"status": Status(named["status"])}),
        score=named["score"],
        wall_s=named["wall_s"],
    )
