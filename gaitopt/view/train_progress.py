"""Live progress of a training: a table of the last updates on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
from collections import deque
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from gaitopt.rl.training import Progress
from gaitopt.run.train_config import TrainConfig

ROWS = 12
"""How many updates a terminal shows: the last ones."""
LINES = 20
"""How many plain lines are written about a training of a known length."""
METRICS = ("approximate_kl", "clip_fraction", "entropy", "explained_variance")
"""What is shown of the metrics, where an algorithm tells it."""


class TrainProgressView:
    """Shows reports of a training; a context manager. Writes to standard error."""

    def __init__(self, config: TrainConfig, console: Console | None = None) -> None:
        self._config = config
        self._console = console or Console(stderr=True, highlight=False)
        self._rows: deque[tuple[Progress, float]] = deque(maxlen=ROWS)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._lines = -1

    def __call__(self, progress: Progress, speed: float) -> None:
        """Show an update."""
        self._rows.append((progress, speed))
        if self._live is not None:
            self._live.update(self._table(), refresh=True)
            return
        lines = (
            LINES * progress.steps // self._config.stopping.steps if self._config.stopping.steps else self._lines + 1
        )
        if lines > self._lines:
            self._lines = lines
            self._console.print(_line(progress, speed, self._config), soft_wrap=True)

    def __enter__(self) -> TrainProgressView:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def _table(self) -> Table:
        config = self._config
        table = Table(title=f"{config.algorithm} on {config.robot.name}, {config.scenario.name}, seed {config.seed}")
        shown = [name for name in METRICS if name in self._rows[-1][0].metrics]
        for name in ("steps", "episodes", "mean return", "steps/s", *(name.replace("_", " ") for name in shown)):
            table.add_column(name, justify="right", no_wrap=True)
        for progress, speed in self._rows:
            cells = [f"{progress.steps}", f"{progress.episodes}", _number(progress.mean_return), f"{speed:.0f}"]
            table.add_row(*cells, *(_number(progress.metrics[name]) for name in shown))
        return table


def _line(progress: Progress, speed: float, config: TrainConfig) -> str:
    steps = f"{progress.steps} of {config.stopping.steps} steps" if config.stopping.steps else f"{progress.steps} steps"
    parts = [steps, f"{progress.episodes} episodes", f"{speed:.0f}/s", f"mean return {_number(progress.mean_return)}"]
    parts += [
        f"{name.replace('_', ' ')} {_number(progress.metrics[name])}" for name in METRICS if name in progress.metrics
    ]
    return f"training: {', '.join(parts)}"


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"
