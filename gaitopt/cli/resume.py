"""`gaitopt resume`: continue a run, a training or a comparison; the result is the same as without interruption."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from gaitopt.cli import arguments, compare, learn, train
from gaitopt.cli.operator import ask_to_move, operator
from gaitopt.cli.output import Answer, say
from gaitopt.errors import InputError
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.experiment import RESUMABLE, check_layout, find, open_experiment
from gaitopt.run.lab.folder import LabFolder
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.real.robot import RealRobot
from gaitopt.run.settings.versions import current_versions
from gaitopt.run.train.folder import TrainFolder
from gaitopt.spec import parse_spec

IN_SIMULATION = {RunFolder: "was walked", TrainFolder: "was trained", ComparisonFolder: "is a comparison"}
"""What an error says of a folder without a real robot."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "experiment", metavar="RUN", help="folder of a run, a training or a comparison, its name in --runs, or latest"
    )
    arguments.add_robot_port(parser.add_argument_group("real robot"))
    arguments.add_effort(parser)


def run(args: argparse.Namespace) -> Answer:
    """Continue an experiment."""
    arguments.check_effort(args)
    folder = open_experiment(find(args.experiment, args.runs, RESUMABLE))
    if isinstance(folder, LabFolder):
        raise InputError(f"{folder.path}: is a lab result, which cannot be resumed; repeat it with: gaitopt lab")
    check_layout(folder.path, folder.provenance.layout, folder.provenance.versions)
    _warn_of_versions(folder.provenance.versions)
    real = folder.config.real if isinstance(folder, RunFolder) else None
    given = "--body" if args.body is not None else arguments.real_robot_options(args)
    if isinstance(folder, ComparisonFolder) and args.video:
        given = given or "--video"
    if given and real is None:
        raise InputError(f"{folder.path}: {IN_SIMULATION[type(folder)]} in simulation; leave out {given}")
    if isinstance(folder, ComparisonFolder):
        return compare.work(folder, args)
    if isinstance(folder, TrainFolder):
        return train.work(folder, args)
    if real is not None:
        real = _with_ports(real, args)
        folder.config = folder.config.changed(real=real)
        ask_to_move(real.body, args.yes)
    with operator(real, args) as person:
        return learn.work(folder, args, person)


def _with_ports(real: RealRobot, args: argparse.Namespace) -> RealRobot:
    """Return the real robot of a run at the ports that are given now."""
    if args.id is not None and args.body is None:
        raise InputError("--id is the name of the robot at --body: give both")
    changed = {"body": arguments.body_address(args)} if args.body else {}
    changed |= {"stopwatch": args.stopwatch} if args.stopwatch else {}
    return parse_spec(RealRobot, real.model_dump() | changed, "--body and --stopwatch")


def _warn_of_versions(then: Mapping[str, str]) -> None:
    now = current_versions()
    changed = [f"{name} {then.get(name)} -> {now[name]}" for name in now if then.get(name) != now[name]]
    if changed:
        say(f"note: versions have changed since this run began ({', '.join(changed)}); results may differ")
