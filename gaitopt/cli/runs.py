"""`gaitopt runs`: list runs, trainings, comparisons and lab results."""

from __future__ import annotations

import argparse

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer, table
from gaitopt.run.experiment import rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_runs(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """List the experiments."""
    found = rows(args.runs)
    if not found:
        return Answer({"runs": []}, f"no runs in {args.runs}; make one with: gaitopt learn, or gaitopt train")
    return Answer({"runs": found}, table(found))
