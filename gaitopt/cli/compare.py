"""`gaitopt compare`: compare optimizers, or policy-gradient algorithms, with equal budgets and several seeds.

Each optimizer learns with the same budget of traversals and with each seed. Evaluation walks outside the budget, the
same for all, then measure the gait that it recommended after 100, 250, 500 and 1,035 traversals. With --algorithms,
each algorithm trains with the same budget of environment steps; policies are measured in the same way at round numbers
of steps, as is the gait alone. Runs are executed in parallel, one process each. An interrupted or killed comparison
continues with `gaitopt resume FOLDER`; the result is the same as without interruption.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer, interrupted, table
from gaitopt.cli.settings_options import add_settings, fields_of, given_fields, read_arguments
from gaitopt.optim.catalog import OPTIMIZERS
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.run.compare.compare import new_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import CompareSettings, check_one_kind, method_names
from gaitopt.view.compare.compare import FILES, finish_comparison
from gaitopt.view.compare.table import notes, table_rows
from gaitopt.workers import check_workers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_settings(parser, CompareSettings)
    how = parser.add_argument_group("run and output")
    arguments.add_runs(how)
    arguments.add_workers(how)
    arguments.add_json(how)


def run(args: argparse.Namespace) -> Answer:
    """Compare methods."""
    check_workers(args.workers)
    settings = read_arguments(args, CompareSettings, _methods(args))
    return work(new_comparison(settings, args.runs, args.workers), args)


def _methods(args: argparse.Namespace) -> Sequence[str]:
    """Return the methods that --set can name."""
    fields = fields_of(args, CompareSettings) | given_fields(args, CompareSettings)
    check_one_kind(fields, "--" if args.config is None else "")
    if "algorithms" in fields:
        return method_names(fields["algorithms"], ALGORITHMS)
    return method_names(fields.get("optimizers"), OPTIMIZERS)


def work(folder: ComparisonFolder, args: argparse.Namespace) -> Answer:
    """Continue a comparison to its end, and return the output."""
    try:
        comparison = finish_comparison(folder, args.workers, plain=True)
    except KeyboardInterrupt:
        done, runs = sum(member.result is not None for member in folder.members), len(folder.members)
        return interrupted(folder.path, f"{done} of {runs} runs", runs_ended=done, runs=runs)
    files = {kind: str(folder.path / name) for kind, name in FILES.items()}
    text = [table(table_rows(comparison)), "", *notes(comparison), ""]
    text += [f"table     {files['markdown']}, {files['csv']}", f"figure    {files['figure']}"]
    return Answer(_data(comparison, files), "\n".join(text), exit_code=1 if comparison.failed else 0)


def _data(comparison: Comparison, files: dict[str, str]) -> dict[str, Any]:
    budget = {"budget": comparison.budget.amount, "unit": comparison.budget.unit}
    data = asdict(comparison) | budget
    return data | {"run": str(data.pop("folder")), "score": str(comparison.score), "files": files}
