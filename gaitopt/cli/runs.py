"""`gaitopt runs`: what was learned so far."""

from __future__ import annotations

import argparse
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.cli.text_table import table
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import read_gait
from gaitopt.run.compare.folder import StudyFolder, list_studies
from gaitopt.run.learn.folder import RunFolder, list_runs
from gaitopt.run.train.folder import TrainFolder, list_trainings
from gaitopt.run.trained_policy import read_trained
from gaitopt.view.compare.table import TABLE


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("runs", help="list the runs", description=__doc__)
    arguments.add_runs(parser)
    arguments.add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """List the runs."""
    rows = [_row(folder) for folder in list_runs(args.runs)]
    rows += [_training_row(folder) for folder in list_trainings(args.runs)]
    rows += [_study_row(study) for study in list_studies(args.runs)]
    rows.sort(key=lambda row: str(row["run"]))
    if not rows:
        return Answer({"runs": []}, f"no runs in {args.runs}; make one with: gaitopt learn, or gaitopt train")
    return Answer({"runs": rows}, table(rows))


def _row(folder: RunFolder) -> dict[str, Any]:
    config = folder.config
    row: dict[str, Any] = {"run": folder.path.name, "robot": config.robot.name, "method": config.optimizer}
    try:
        with folder.open_store() as store:
            row["done"] = f"{store.count('learn')} of {config.traversals} traversals"
        speed = read_gait(folder.best_path).origin.get("speed_mps") if folder.best_path.is_file() else None
    except InputError:
        return row | {"done": "?", "learned_mps": None, "state": "broken"}
    return row | {"learned_mps": speed, "state": "finished" if speed is not None else "unfinished"}


def _study_row(study: StudyFolder) -> dict[str, Any]:
    row: dict[str, Any] = {
        "run": study.path.name,
        "robot": study.members[0].config.robot.name,
        "method": f"comparison of {len(study.config.methods)}",
    }
    try:
        done = sum(member.result is not None for member in study.members)
    except InputError:
        return row | {"done": "?", "learned_mps": None, "state": "broken"}
    state = "finished" if (study.path / TABLE).is_file() else "unfinished"
    return row | {"done": f"{done} of {len(study.members)} runs", "learned_mps": None, "state": state}


def _training_row(folder: TrainFolder) -> dict[str, Any]:
    config, budget = folder.config, folder.config.stopping.steps
    row: dict[str, Any] = {"run": folder.path.name, "robot": config.robot.name, "method": config.algorithm}
    try:
        rows = folder.read_progress()
        done = int(rows[-1]["steps"]) if rows else 0
        row["done"] = f"{done} of {budget} steps" if budget else f"{done} steps"
        origin = read_trained(folder.policy_path).about.origin if folder.policy_path.is_file() else {}
    except (InputError, ValueError, KeyError):
        return row | {"done": "?", "learned_mps": None, "state": "broken"}
    speed = origin.get("speed_mps")
    return row | {"learned_mps": speed, "state": "finished" if speed is not None else "unfinished"}
