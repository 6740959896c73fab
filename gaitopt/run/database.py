"""SQLite databases of traversals; `gaitopt.run.store` describes their content."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from gaitopt.errors import InputError


@contextlib.contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and invalid rows into an InputError of one line."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError) as error:
        raise InputError(
            f"{path}: the run database cannot be used: {error}; check that it is a run database, that the disk has "
            "space, and that you may write there"
        ) from error


def connect(path: Path, create: bool = False) -> sqlite3.Connection:
    """Return a connection to a database.

    Raises:
        InputError: there is none.
    """
    if not create and not path.is_file():
        raise InputError(f"{path}: there is no run database here; expected a folder made by gaitopt learn")
    with database_errors(path):
        return sqlite3.connect(path, isolation_level=None)


def count(path: Path, purpose: str) -> int:
    """Return the number of traversals of one purpose in a database.

    Raises:
        InputError: there is none, or it is no run database.
    """
    with contextlib.closing(connect(path)) as connection, database_errors(path):
        query = "SELECT count(*) FROM traversals WHERE purpose = ?"
        return int(connection.execute(query, [purpose]).fetchone()[0])
