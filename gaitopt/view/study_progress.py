"""Live progress of a comparison: one moving line for each run under way on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gaitopt.errors import GaitoptError
from gaitopt.gait.gait_file import read_gait
from gaitopt.run.compare import StudyProgress, is_finished
from gaitopt.run.folder import RunFolder
from gaitopt.run.study import StudyFolder

LOOK_S = 1.0
"""Time between two looks into the databases of the runs under way [s]."""


class StudyView:
    """Shows `StudyProgress` reports, and looks into the runs meanwhile; a context manager. Writes to standard error."""

    def __init__(self, study: StudyFolder, workers: int, console: Console | None = None) -> None:
        self._study, self._workers = study, workers
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
        self._ended = {run.config.name for run in study.members if is_finished(run)}
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
        """Show how far the runs under way are: the first that have not ended, as many as there are workers."""
        with self._lock:
            under_way = [run for run in self._study.members if run.config.name not in self._ended][: self._workers]
            for run in under_way:
                try:
                    with run.open_store() as store:
                        done = store.count("learn")
                except GaitoptError:  # whoever works on the run will tell
                    continue
                if 0 < done < run.config.traversals or run.config.name in self._tasks:
                    self._move(run.config.name, done, run.config.traversals)

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
        what = f"broke off: {progress.error}" if progress.error else _learned(run)
        self._console.print(f"{name}: {what} ({progress.done} of {progress.total} runs)", soft_wrap=True)

    def _move(self, name: str, done: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=done, total=total)


def _learned(run: RunFolder) -> str:
    origin = read_gait(run.best_path).origin
    if "score_mean" in origin:
        return f"{origin['score_mean']:.3f} of {origin['score']}"
    return f"{origin['speed_mps'] * 1e3:.0f} mm/s"
