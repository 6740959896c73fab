"""Live progress of a comparison: a bar for each run under way on a terminal or in a notebook, plain lines elsewhere."""

from __future__ import annotations

import threading
from typing import Self

from rich.console import Console
from rich.progress import ProgressColumn, TimeElapsedColumn

from gaitopt.errors import GaitoptError
from gaitopt.run.compare.compare import ComparisonProgress
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.trial import has_ended
from gaitopt.view.progress_view import BarsView
from gaitopt.workers import RAY, WorkerChoice

RUNS_ON_RAY = 10
"""Number of runs shown on a cluster, where many more may be under way."""
PERIOD_S = 1.0
"""Time between two looks into the folders of the runs under way [s]."""


class CompareProgressView(BarsView):
    """Shows the reports of a comparison, and reads in between how far its runs are."""

    def __init__(
        self, folder: ComparisonFolder, workers: WorkerChoice, console: Console | None = None, plain: bool = True
    ) -> None:
        super().__init__(console, plain)
        self._folder, self._most = folder, RUNS_ON_RAY if workers == RAY else workers
        self._lock = threading.Lock()
        self._ended: set[str] = set()
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._read_often, name="comparison-progress", daemon=True)

    def __call__(self, progress: ComparisonProgress) -> None:
        """Show how far the comparison is."""
        if progress.ended is not None:
            self._end(progress, progress.ended)
        with self._lock:
            self._move("runs" if progress.stage == "learning" else "evaluation walks", progress.done, progress.total)
        if not self._live and progress.stage == "measuring" and progress.done == progress.total:
            self._print(f"evaluation: {progress.total} walks")

    def read_runs(self) -> None:
        """Show how far the runs under way are: the first that have not ended, as many as workers."""
        budget = self._folder.config.budget.amount
        with self._lock:
            under_way = [run for run in self._folder.members if run.config.name not in self._ended][: self._most]
            for run in under_way:
                try:
                    done = run.spent
                except GaitoptError:  # whatever works on the run reports what is wrong with it
                    continue
                if 0 < done < budget or run.config.name in self._tasks:
                    self._move(run.config.name, min(done, budget), budget)

    def __enter__(self) -> Self:
        super().__enter__()
        if self._live:
            self._ended = {run.config.name for run in self._folder.members if has_ended(run)}
            self._reader.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._stop.set()
            self._reader.join()
        super().__exit__(*exception)

    def _last_column(self) -> ProgressColumn:
        return TimeElapsedColumn()

    def _read_often(self) -> None:
        while not self._stop.wait(PERIOD_S):
            self.read_runs()

    def _end(self, progress: ComparisonProgress, name: str) -> None:
        with self._lock:
            self._ended.add(name)
            self._remove(name)
        run = next(run for run in self._folder.members if run.config.name == name)
        result = f"failed: {progress.error}" if progress.error else run.result
        self._print(f"{name}: {result} ({progress.done} of {progress.total} runs)")
