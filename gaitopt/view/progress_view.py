"""A table that is drawn anew while something goes on: what the views of learning share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from types import TracebackType
from typing import Any, Generic, TypeVar

from rich.console import Console
from rich.live import Live
from rich.table import Table

Entry = TypeVar("Entry")
View = TypeVar("View", bound="LiveTable[Any]")

ROWS = 12
"""How many rows a terminal shows: the last ones."""


class LiveTable(ABC, Generic[Entry]):
    """Shows the last entries as a table on a terminal, plain lines elsewhere, on standard error; a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._entries: deque[Entry] = deque(maxlen=ROWS)

    def show(self, entry: Entry) -> None:
        """Show one more entry."""
        self._entries.append(entry)
        if self._live is not None:
            self._live.update(self._table(), refresh=True)
        elif self._worth_a_line(entry):
            self._console.print(self._line(entry), soft_wrap=True)

    @abstractmethod
    def _table(self) -> Table:
        """Return the table of the last entries."""

    @abstractmethod
    def _worth_a_line(self, entry: Entry) -> bool:
        """Return whether an entry is told where there is no terminal."""

    @abstractmethod
    def _line(self, entry: Entry) -> str:
        """Return what is told of it."""

    def __enter__(self: View) -> View:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
