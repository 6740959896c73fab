"""Live progress of a training: a table of the last updates on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from gaitopt.rl.training import Progress
from gaitopt.run.train.settings import TrainConfig
from gaitopt.view.progress_view import LiveTable

LINES = 20
"""How many plain lines are written about a training of a known length."""
METRICS = ("approximate_kl", "clip_fraction", "entropy", "explained_variance")
"""What is shown of the metrics, where an algorithm tells it."""


class TrainProgressView(LiveTable[tuple[Progress, float]]):
    """Shows reports of a training: how far it is, and its steps per second; see `LiveTable`."""

    def __init__(self, config: TrainConfig, console: Console | None = None) -> None:
        super().__init__(console)
        self._config = config
        self._lines = -1

    def __call__(self, progress: Progress, speed: float) -> None:
        """Show an update."""
        self.show((progress, speed))

    def _table(self) -> Table:
        config = self._config
        table = Table(title=f"{config.algorithm} on {config.robot.name}, {config.scenario.name}, seed {config.seed}")
        shown = [name for name in METRICS if name in self._entries[-1][0].metrics]
        for name in ("steps", "episodes", "mean return", "steps/s", *(name.replace("_", " ") for name in shown)):
            table.add_column(name, justify="right", no_wrap=True)
        for progress, speed in self._entries:
            cells = [f"{progress.steps}", f"{progress.episodes}", _number(progress.mean_return), f"{speed:.0f}"]
            table.add_row(*cells, *(_number(progress.metrics[name]) for name in shown))
        return table

    def _worth_a_line(self, entry: tuple[Progress, float]) -> bool:
        whole = self._config.stopping.steps
        lines = LINES * entry[0].steps // whole if whole else self._lines + 1
        worth = lines > self._lines
        self._lines = max(lines, self._lines)
        return worth

    def _line(self, entry: tuple[Progress, float]) -> str:
        (progress, speed), whole = entry, self._config.stopping.steps
        parts = [f"{progress.steps} of {whole} steps" if whole else f"{progress.steps} steps"]
        parts += [f"{progress.episodes} episodes", f"{speed:.0f}/s", f"mean return {_number(progress.mean_return)}"]
        told = [name for name in METRICS if name in progress.metrics]
        parts += [f"{name.replace('_', ' ')} {_number(progress.metrics[name])}" for name in told]
        return f"training: {', '.join(parts)}"


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"
