"""SQLite databases of traversals; see `gaitopt.run.store` for what they hold."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from gaitopt.errors import InputError


@contextlib.contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises, and rows that no run has written, into one line."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError) as error:
        raise InputError(
            f"{path}: the run database cannot be used: {error}; check that it is one, with space and rights to write"
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
    """Return how many traversals of one purpose a database holds.

    Raises:
        InputError: there is none, or it is no run database.
    """
    with contextlib.closing(connect(path)) as connection, database_errors(path):
        query = "SELECT count(*) FROM traversals WHERE purpose = ?"
        return int(connection.execute(query, [purpose]).fetchone()[0])
