"""Live progress of a lab settings: a table of snapshots on a terminal or in a notebook, plain lines elsewhere."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from gaitopt.rl.mdps.catalog import Problem
from gaitopt.run.lab.lab import Snapshot
from gaitopt.run.lab.settings import LabSettings
from gaitopt.view.lab.text import WORDS
from gaitopt.view.progress_view import TableView, metrics_in_words, number


class LabProgressView(TableView[Snapshot]):
    """Shows the snapshots of a lab settings."""

    LINES = 10  # and one before it begins

    def __init__(
        self, settings: LabSettings, problem: Problem, console: Console | None = None, plain: bool = True
    ) -> None:
        super().__init__(settings.steps, console, plain)
        self._experiment = settings
        self._problem = problem

    def __call__(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        self._show(snapshot, snapshot.progress.steps)

    def _table(self) -> Table:
        settings = self._experiment
        title = f"{settings.algorithm} on {settings.problem}, seed {settings.seed}, {settings.steps} steps"
        table = Table(title=title, caption=", ".join(metrics_in_words(self._entries[-1].progress.metrics)))
        share = ("of the best",) if self._problem.best else ()
        for name in ("steps", "updates", "episodes", "mean return", "value", *share):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("policy")
        for snapshot in self._entries:
            table.add_row(*_cells(snapshot, self._problem), WORDS[settings.problem].brief(snapshot.learned))
        return table

    def _line(self, snapshot: Snapshot) -> str:
        progress, share = snapshot.progress, _share(snapshot, self._problem)
        parts = [f"{progress.steps} of {self._experiment.steps} steps"]
        if math.isfinite(progress.mean_return):
            parts.append(f"mean return {number(progress.mean_return)}")
        parts.append(f"value {snapshot.value:.3f}" + (f" ({share} of the best)" if share else ""))
        return f"learning: {', '.join(parts)}; {WORDS[self._experiment.problem].brief(snapshot.learned)}"


def _cells(snapshot: Snapshot, problem: Problem) -> list[str]:
    progress = snapshot.progress
    counts = [f"{progress.steps}", f"{progress.iteration}", f"{progress.episodes}"]
    share = [_share(snapshot, problem)] if problem.best else []
    return [*counts, number(progress.mean_return), f"{snapshot.value:.3f}", *share]


def _share(snapshot: Snapshot, problem: Problem) -> str:
    return f"{100 * snapshot.value / problem.best:.0f} %" if problem.best else ""
