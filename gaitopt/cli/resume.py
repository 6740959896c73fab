"""`gaitopt resume`: continue a run, a training or a comparison; the result is the same as without interruption."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from gaitopt.cli import arguments, compare, learn, train
from gaitopt.cli.confirmation import ask_to_move
from gaitopt.cli.operator import operator
from gaitopt.cli.output import Answer
from gaitopt.errors import InputError
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.experiment import RESUMABLE, check_layout, find, open_experiment
from gaitopt.run.lab.folder import LabFolder
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.real.robot import RealRobot
from gaitopt.run.settings.versions import current_versions
from gaitopt.spec import parse_spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "experiment", metavar="RUN", help="folder of a run, a training or a comparison, its name in --runs, or latest"
    )
    arguments.add_robot_port(parser.add_argument_group("real robot"))
    how = parser.add_argument_group("run and output")
    arguments.add_runs(how)
    arguments.add_effort(how)


def run(args: argparse.Namespace) -> Answer:
    """Continue an experiment."""
    arguments.check_effort(args)
    folder = open_experiment(find(args.experiment, args.runs, RESUMABLE))
    if isinstance(folder, LabFolder):
        raise InputError(f"{folder.path}: is a lab result, which cannot be resumed; repeat it with: gaitopt lab")
    check_layout(folder.path, folder.provenance.layout, folder.provenance.versions)
    _warn_of_versions(folder.provenance.versions)
    if isinstance(folder, RunFolder):
        _update_robot_port(folder, args)
        with operator(folder.config.real, args) as person:
            return learn.work(folder, args, person)
    given = "--body" if args.body is not None else arguments.real_robot_options(args)
    if isinstance(folder, ComparisonFolder):
        if given := given or ("--video" if args.video else ""):
            raise InputError(f"{folder.path}: is a comparison in simulation; leave out {given}")
        return compare.work(folder, args)
    if given:
        raise InputError(f"{folder.path}: was trained in simulation; leave out {given}")
    return train.work(folder, args)


def _update_robot_port(folder: RunFolder, args: argparse.Namespace) -> None:
    """Replace the ports of a run on a real robot by those given, and ask before it moves."""
    real = folder.config.real
    if real is None:
        given = "--body" if args.body is not None else arguments.real_robot_options(args)
        if given:
            raise InputError(f"{folder.path}: was walked in simulation; leave out {given}")
        return
    if args.id is not None and args.body is None:
        raise InputError("--id is the name of the robot at --body: give both")
    changed = {"body": arguments.body_address(args)} if args.body else {}
    changed |= {"stopwatch": args.stopwatch} if args.stopwatch else {}
    real = parse_spec(RealRobot, real.model_dump() | changed, "--body and --stopwatch")
    folder.config = folder.config.changed(real=real)
    ask_to_move(real.body, args.yes)


def _warn_of_versions(then: Mapping[str, str]) -> None:
    now = current_versions()
    changed = [f"{name} {then.get(name)} -> {now[name]}" for name in now if then.get(name) != now[name]]
    if changed:
        print(
            f"note: versions have changed since this run began ({', '.join(changed)}); results may differ",
            file=sys.stderr,
        )
