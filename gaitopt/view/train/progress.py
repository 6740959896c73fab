"""Live progress of a training: a table of the last updates on a terminal or in a notebook, plain lines elsewhere."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from gaitopt.rl.training import Progress
from gaitopt.run.train.settings import TrainSettings
from gaitopt.view.progress_view import TableView, metrics_in_words, number

METRICS = ("approximate_kl", "clip_fraction", "entropy", "explained_variance")
"""Metrics that are shown, if the algorithm reports them."""


class TrainProgressView(TableView[tuple[Progress, float]]):
    """Shows the reports of a training: its progress and its steps per second."""

    LINES = 20

    def __init__(self, config: TrainSettings, console: Console | None = None, plain: bool = True) -> None:
        super().__init__(config.stopping.steps, console, plain)
        self._config = config

    def __call__(self, progress: Progress, speed: float) -> None:
        """Show an update."""
        self._show((progress, speed), progress.steps)

    def _table(self) -> Table:
        config = self._config
        table = Table(title=f"{config.algorithm} on {config.robot.name}, {config.scenario.name}, seed {config.seed}")
        shown = _shown(self._entries[-1][0])
        for name in ("steps", "episodes", "mean return", "steps/s", *(name.replace("_", " ") for name in shown)):
            table.add_column(name, justify="right", no_wrap=True)
        for progress, speed in self._entries:
            cells = [f"{progress.steps}", f"{progress.episodes}", number(progress.mean_return), f"{speed:.0f}"]
            table.add_row(*cells, *(number(progress.metrics[name]) for name in shown))
        return table

    def _line(self, entry: tuple[Progress, float]) -> str:
        progress, speed = entry
        parts = [f"{progress.steps} of {self._steps} steps" if self._steps else f"{progress.steps} steps"]
        parts += [f"{progress.episodes} episodes", f"{speed:.0f}/s", f"mean return {number(progress.mean_return)}"]
        return f"training: {', '.join(parts + metrics_in_words(_shown(progress)))}"


def _shown(progress: Progress) -> dict[str, float]:
    return {name: progress.metrics[name] for name in METRICS if name in progress.metrics}
