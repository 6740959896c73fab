"""`gaitopt runs`: what was learned so far."""

from __future__ import annotations

import argparse
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.answer import Answer
from gaitopt.cli.table import table
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import read_gait
from gaitopt.run.folder import RunFolder, list_runs


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("runs", help="list the runs", description=__doc__)
    arguments.add_runs(parser)
    arguments.add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """List the runs."""
    rows = [_row(folder) for folder in list_runs(args.runs)]
    if not rows:
        return Answer({"runs": []}, f"no runs in {args.runs}; make one with: gaitopt learn")
    return Answer({"runs": rows}, table(rows))


def _row(folder: RunFolder) -> dict[str, Any]:
    config = folder.config
    row: dict[str, Any] = {"run": folder.path.name, "robot": config.robot.name, "optimizer": config.optimizer}
    try:
        with folder.open_store() as store:
            row["traversals"] = f"{store.count('learn')} of {config.traversals}"
        speed = read_gait(folder.best_path).origin.get("speed_mps") if folder.best_path.is_file() else None
    except InputError:
        return row | {"traversals": "?", "learned_mps": None, "state": "broken"}
    return row | {"learned_mps": speed, "state": "finished" if speed is not None else "unfinished"}
