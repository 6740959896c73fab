"""Live progress of a comparison: one moving line for each run under way on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gaitopt.errors import GaitoptError
from gaitopt.run.compare.compare import StudyProgress
from gaitopt.run.compare.folder import StudyFolder
from gaitopt.workers import RAY, WorkerChoice

LINES = 10
"""Runs that are shown where many more may be under way: on a cluster."""

LOOK_S = 1.0
"""Time between two looks into the folders of the runs under way [s]."""


class StudyView:
    """Shows `StudyProgress` reports, and looks into the runs meanwhile; a context manager. Writes to standard error."""

    def __init__(self, study: StudyFolder, workers: WorkerChoice, console: Console | None = None) -> None:
        self._study, self._lines = study, LINES if workers == RAY else workers
        self._console = console or Console(stderr=True, highlight=False)
        self._live = self._console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            expand=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()
        self._ended = {run.config.name for run in study.members if run.result is not None}
        self._stop = threading.Event()
        self._looker = threading.Thread(target=self._look_often, name="study-view", daemon=True)

    def __call__(self, progress: StudyProgress) -> None:
        """Show how far the comparison is."""
        if progress.ended is not None:
            self._tell_end(progress, progress.ended)
        if self._live:
            with self._lock:
                self._move(
                    "runs" if progress.stage == "learning" else "fresh traversals", progress.done, progress.total
                )
        elif progress.stage == "measuring" and progress.done == progress.total:
            self._console.print(f"measured: {progress.total} fresh traversals", soft_wrap=True)

    def look(self) -> None:
        """Show how far the runs under way are: the first that have not ended, as many as workers."""
        budget = self._study.config.budget.amount
        with self._lock:
            under_way = [run for run in self._study.members if run.config.name not in self._ended][: self._lines]
            for run in under_way:
                try:
                    done = run.spent
                except GaitoptError:  # whoever works on the run will tell
                    continue
                if 0 < done < budget or run.config.name in self._tasks:
                    self._move(run.config.name, min(done, budget), budget)

    def __enter__(self) -> StudyView:
        if self._live:
            self._bars.start()
            self._looker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._stop.set()
            self._looker.join()
            self._bars.stop()

    def _look_often(self) -> None:
        while not self._stop.wait(LOOK_S):
            self.look()

    def _tell_end(self, progress: StudyProgress, name: str) -> None:
        with self._lock:
            self._ended.add(name)
            if name in self._tasks:
                self._bars.remove_task(self._tasks.pop(name))
        run = next(run for run in self._study.members if run.config.name == name)
        what = f"broke off: {progress.error}" if progress.error else run.result
        self._console.print(f"{name}: {what} ({progress.done} of {progress.total} runs)", soft_wrap=True)

    def _move(self, name: str, done: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=done, total=total)
