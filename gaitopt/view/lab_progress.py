"""Live table of an experiment in the lab: rows on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from gaitopt.rl.mdps.catalog import Problem
from gaitopt.run.lab.lab import Experiment, Snapshot
from gaitopt.view.lab_text import WORDS
from gaitopt.view.progress_view import LiveTable

LINES = 10
"""How many plain lines are written about an experiment, and one before it begins."""


class LabTable(LiveTable[Snapshot]):
    """Shows snapshots; see `LiveTable`."""

    def __init__(self, experiment: Experiment, problem: Problem, console: Console | None = None) -> None:
        super().__init__(console)
        self._experiment = experiment
        self._problem = problem
        self._next_line = 0  # how many tenths of the steps must be done before the next plain line

    def _table(self) -> Table:
        experiment = self._experiment
        title = f"{experiment.algorithm} on {experiment.problem}, seed {experiment.seed}, {experiment.steps} steps"
        table = Table(title=title, caption=_metrics(self._entries[-1]))
        share = ("of the best",) if self._problem.best else ()
        for name in ("steps", "updates", "episodes", "mean return", "value", *share):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("what it does")
        for snapshot in self._entries:
            table.add_row(*_cells(snapshot, self._problem), WORDS[experiment.problem].brief(snapshot.learned))
        return table

    def _line(self, snapshot: Snapshot) -> str:
        progress = snapshot.progress
        parts = [f"{progress.steps} of {self._experiment.steps} steps"]
        if math.isfinite(progress.mean_return):
            parts.append(f"mean return {progress.mean_return:.3g}")
        parts.append(f"value {snapshot.value:.3f}{_in_brackets(_share(snapshot, self._problem))}")
        return f"learning: {', '.join(parts)}; {WORDS[self._experiment.problem].brief(snapshot.learned)}"

    def _worth_a_line(self, snapshot: Snapshot) -> bool:
        tenths = LINES * snapshot.progress.steps // self._experiment.steps
        worth = tenths >= self._next_line
        if worth:
            self._next_line = tenths + 1
        return worth


def _cells(snapshot: Snapshot, problem: Problem) -> list[str]:
    progress = snapshot.progress
    mean_return = f"{progress.mean_return:.3g}" if math.isfinite(progress.mean_return) else "-"
    counts = [f"{progress.steps}", f"{progress.iteration}", f"{progress.episodes}"]
    share = [_share(snapshot, problem)] if problem.best else []
    return [*counts, mean_return, f"{snapshot.value:.3f}", *share]


def _share(snapshot: Snapshot, problem: Problem) -> str:
    return f"{100 * snapshot.value / problem.best:.0f} %" if problem.best else ""


def _in_brackets(share: str) -> str:
    return f" ({share} of the best)" if share else ""


def _metrics(snapshot: Snapshot) -> str:
    """Return what the algorithm tells of its last update."""
    return ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in snapshot.progress.metrics.items())
