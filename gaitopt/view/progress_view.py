"""Live progress: what its views share. Each is a context manager and is called with reports.

On a terminal or in a notebook a view redraws bars or a table; elsewhere it prints plain lines, or nothing. Everything
goes to standard error.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Generic, Self, TypeVar

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Table

Entry = TypeVar("Entry")

ROWS = 12
"""Rows of a live table: the last entries."""


def reporter(view: ProgressView, report: Callable[..., None] | None) -> AbstractContextManager[Callable[..., None]]:
    """Return a context whose value receives the reports: `report` if the caller gave one, else the view."""
    return nullcontext(report) if report is not None else view


class ProgressView(ABC):
    """Shows reports as they come in; a context manager."""

    def __init__(self, console: Console | None = None, plain: bool = True) -> None:
        """Choose how to show.

        Args:
            console: where; standard error if None.
            plain: print plain lines where there is neither a terminal nor a notebook; nothing if False.
        """
        self._console = console or Console(stderr=True, highlight=False)
        self._live = self._console.is_terminal or self._console.is_jupyter
        self._plain = plain and not self._live
        self._display = self._new_display()

    @abstractmethod
    def __call__(self, *report: Any) -> None:
        """Show a report."""

    @abstractmethod
    def _new_display(self) -> Live | Progress:
        """Return what is redrawn."""

    def _print(self, line: str) -> None:
        """Print a line that stays, above what is redrawn if anything is."""
        if self._live or self._plain:
            self._console.print(line, soft_wrap=True)

    def __enter__(self) -> Self:
        if self._live:
            self._display.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._display.stop()


class BarsView(ProgressView):
    """Shows one bar for each thing under way."""

    _display: Progress

    def __init__(self, console: Console | None = None, plain: bool = True) -> None:
        super().__init__(console, plain)
        self._tasks: dict[str, TaskID] = {}

    def _new_display(self) -> Progress:
        columns = TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(), self._last_column()
        return Progress(*columns, console=self._console, expand=True)

    def _last_column(self) -> ProgressColumn:
        """Return the column to the right of the bars: the words given to `_move`."""
        return TextColumn("{task.fields[words]}")

    def _move(self, name: str, done: int, total: int, words: str = "") -> None:
        """Move a bar; the first call makes it."""
        if not self._live:
            return
        if name not in self._tasks:
            self._tasks[name] = self._display.add_task(name, total=total, words="")
        self._display.update(self._tasks[name], completed=done, total=total, words=words)

    def _remove(self, name: str) -> None:
        if name in self._tasks:
            self._display.remove_task(self._tasks.pop(name))


class TableView(ProgressView, Generic[Entry]):
    """Shows the last entries as a table; as plain lines, one whenever another part of the steps is done."""

    LINES: ClassVar[int]
    """Number of parts, if the number of steps is known; otherwise every entry is a line."""

    _display: Live

    def __init__(self, steps: int | None, console: Console | None = None, plain: bool = True) -> None:
        """Choose how to show; `steps` is how many there will be, None if that is not known."""
        super().__init__(console, plain)
        self._steps, self._lines = steps, -1
        self._entries: deque[Entry] = deque(maxlen=ROWS)

    def _new_display(self) -> Live:
        return Live(console=self._console, auto_refresh=False)

    def _show(self, entry: Entry, steps: int) -> None:
        """Show one more entry, made after so many steps."""
        self._entries.append(entry)
        if self._live:
            self._display.update(self._table(), refresh=True)
            return
        lines = self.LINES * steps // self._steps if self._steps else self._lines + 1
        if lines > self._lines:
            self._lines = lines
            self._print(self._line(entry))

    @abstractmethod
    def _table(self) -> Table:
        """Return the table of the last entries."""

    @abstractmethod
    def _line(self, entry: Entry) -> str:
        """Return an entry as a plain line."""


def number(value: float) -> str:
    """Return a number with three digits; a dash if it is not known yet."""
    return f"{value:.3g}" if math.isfinite(value) else "-"


def metrics_in_words(metrics: Mapping[str, float]) -> list[str]:
    """Return what an algorithm reports of an update, by name."""
    return [f"{name.replace('_', ' ')} {number(value)}" for name, value in metrics.items()]
