"""Comparing as people start it: it shows progress and leaves tables and a picture.

`compare` is what Python calls; `finish_comparison` is also what the command line calls, so that both leave the same
files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.run.compare.compare import ComparisonReport, new_comparison, run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.experiment import RUNS
from gaitopt.run.settings.base import settings_of
from gaitopt.view.compare.plot import PICTURE, comparison_plot
from gaitopt.view.compare.progress import CompareProgressView
from gaitopt.view.compare.table import TABLES, write_tables
from gaitopt.view.progress_view import reporter
from gaitopt.workers import WorkerChoice, workers_of_choice

FILES = TABLES | {"figure": PICTURE}
"""Names of the files that a finished comparison leaves, by kind."""


def compare(
    settings: CompareSettings | None = None,
    /,
    *,
    workers: WorkerChoice | None = None,
    runs: Path | str = RUNS,
    report: ComparisonReport | None = None,
    **fields: Any,
) -> Comparison:
    """Compare optimizers, or algorithms, with equal budgets and several seeds.

    Args:
        settings: what is to be compared; or give its fields, see `CompareSettings`.
        workers: processes, all cores if None; or `ray` if optimizers are compared. The result does not depend on it.
        runs: folder in which the comparison's folder is made.
        report: called when a run has ended and after every evaluation walk; if None, progress is shown on a terminal
            or in a notebook.
        fields: fields of `CompareSettings`, such as `optimizers`, `traversals` and `seeds`.

    Raises:
        InputError: something cannot be used, no method is left, or all runs failed.
    """
    workers = workers_of_choice(workers)
    folder = new_comparison(
        settings_of(CompareSettings, settings, fields, ("workers", "runs", "report")), Path(runs), workers
    )
    return finish_comparison(folder, workers, report)


def finish_comparison(
    folder: ComparisonFolder, workers: WorkerChoice, report: ComparisonReport | None = None, plain: bool = False
) -> Comparison:
    """Compare to the end, write tables and picture and return the results; see `run_comparison`.

    Args:
        folder: new, or stopped at any moment.
        workers: number of processes, or `ray`; the result does not depend on it.
        report: called when a run has ended and after every evaluation walk; if None, progress is shown live.
        plain: print plain lines where progress cannot be shown live.
    """
    with reporter(CompareProgressView(folder, workers, plain=plain), report) as call:
        comparison = run_comparison(folder, workers, call)
    write_tables(comparison)
    comparison_plot(comparison)
    return comparison
