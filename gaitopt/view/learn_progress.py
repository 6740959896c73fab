"""Live progress of a run: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from gaitopt.run.learn.optimize import Progress as RunProgress

STAGES = {"learning": "learning", "start": "start gait", "best": "learned gait"}


class ProgressView:
    """Shows `RunProgress` reports; a context manager. Writes to standard error."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._live = self._console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[numbers]}"),
            console=self._console,
            expand=True,
        )
        self._shown: dict[str, TaskID] = {}
        self._iteration = 0

    def __call__(self, progress: RunProgress) -> None:
        """Show how far the run is."""
        if self._live:
            self._move(progress)
        elif self._worth_a_line(progress):
            self._console.print(f"{STAGES[progress.stage]}: {describe(progress)}", soft_wrap=True)

    def film(self, label: str, part: float) -> None:
        """Show how far a film is: the part of the field behind the robot."""
        if not self._live:
            return
        if label not in self._shown:
            self._shown[label] = self._bars.add_task(f"filming {label}", total=100, numbers="percent")
        self._bars.update(self._shown[label], completed=round(100 * part))

    def __enter__(self) -> ProgressView:
        if self._live:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._bars.stop()

    def _move(self, progress: RunProgress) -> None:
        if progress.stage not in self._shown:
            task = self._bars.add_task(STAGES[progress.stage], total=progress.budget, numbers="")
            self._shown[progress.stage] = task
        task = self._shown[progress.stage]
        self._bars.update(task, completed=progress.traversals, numbers=describe(progress, counted=False))

    def _worth_a_line(self, progress: RunProgress) -> bool:
        new_iteration = progress.iteration > self._iteration
        self._iteration = progress.iteration
        return new_iteration or (progress.stage != "learning" and progress.traversals == progress.budget)


def describe(progress: RunProgress, counted: bool = True) -> str:
    """Return the numbers of a report in words."""
    parts = [f"iteration {progress.iteration}"] if progress.stage == "learning" else []
    if counted:
        parts.append(f"{progress.traversals} of {progress.budget} traversals")
    if progress.per_second:
        parts.append(f"{progress.per_second:.1f}/s")
    if math.isfinite(progress.seconds_left):
        parts.append(f"{_clock(progress.seconds_left)} left")
    if progress.stage == "learning" and math.isfinite(progress.current_score):
        parts.append(_scores(progress))
    return ", ".join(parts)


def _scores(progress: RunProgress) -> str:
    now, best = progress.current_score, progress.best_score
    if progress.score.is_speed:
        return f"now {now * 1e3:.0f}, highest {best * 1e3:.0f} mm/s"
    return f"now {now:.3f}, highest {best:.3f} of {progress.score}"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
