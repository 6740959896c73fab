"""Comparing as people start it: it shows progress and leaves tables and a picture.

`compare` is what Python calls; `finish_comparison` is also what the command line calls, so that both leave the same
files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.run.compare.compare import StudyReport, new_study, run_study
from gaitopt.run.compare.folder import StudyFolder
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import plan
from gaitopt.run.learn.learn import RUNS
from gaitopt.view.compare.plot import PICTURE, comparison_plot
from gaitopt.view.compare.progress import CompareProgressView
from gaitopt.view.compare.table import TABLES, write_tables
from gaitopt.view.progress_view import reporter
from gaitopt.workers import WorkerChoice, check_workers, default_count

FILES = TABLES | {"figure": PICTURE}
"""Names of the files that a finished comparison leaves, by kind."""


def compare(
    *settings: Any,
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: StudyReport | None = None,
    **fields: Any,
) -> Comparison:
    """Compare optimizers or algorithms; see `plan` for the settings and `finish_comparison` for the rest."""
    workers = default_count() if workers is None else workers
    check_workers(workers)
    return finish_comparison(new_study(plan(*settings, **fields), Path(runs), workers), workers, report)


def finish_comparison(
    folder: StudyFolder, workers: WorkerChoice, report: StudyReport | None = None, plain: bool = False
) -> Comparison:
    """Compare to the end, write tables and picture and return the results; see `run_study`.

    Args:
        folder: new, or stopped at any moment.
        workers: number of processes, or `ray`; the result does not depend on it.
        report: called when a run has ended and after every evaluation walk; if None, progress is shown live.
        plain: print plain lines where progress cannot be shown live.
    """
    with reporter(CompareProgressView(folder, workers, plain=plain), report) as call:
        comparison = run_study(folder, workers, call)
    write_tables(comparison)
    comparison_plot(comparison)
    return comparison
