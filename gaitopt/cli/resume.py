"""`gaitopt resume`: resume a run, a training or a comparison where it stopped; it ends as if it had never stopped."""

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
from gaitopt.run.experiment import check_layout, find, open_experiment
from gaitopt.run.lab.folder import LabFolder
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.real.robot import RealRobot
from gaitopt.run.versions import current_versions
from gaitopt.spec import parse_spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "target", metavar="RUN", help="folder of a run, a training or a comparison, its name in --runs, or latest"
    )
    arguments.add_place(parser.add_argument_group("real robot"))
    how = parser.add_argument_group("run and output")
    arguments.add_runs(how)
    arguments.add_effort(how)


def run(args: argparse.Namespace) -> Answer:
    """Resume."""
    arguments.check_effort(args)
    folder = open_experiment(find(args.target, args.runs, ("learn", "train", "compare")))
    if isinstance(folder, LabFolder):
        raise InputError(f"{folder.path}: is a lab result, which cannot be resumed; learn it again: gaitopt lab")
    check_layout(folder.path, folder.provenance.layout, folder.provenance.versions)
    _warn_of_versions(folder.provenance.versions)
    if isinstance(folder, RunFolder):
        _take_up_desk(folder, args)
        with operator(folder.config.real, args) as someone:
            return learn.work(folder, args, someone)
    given = "--body" if args.body is not None else arguments.desk_options(args)
    if isinstance(folder, ComparisonFolder):
        if given := given or ("--video" if args.video else ""):
            raise InputError(f"{folder.path}: is a comparison in simulation; leave out {given}")
        return compare.work(folder, args)
    if given:
        raise InputError(f"{folder.path}: was trained in simulation; leave out {given}")
    return train.work(folder, args)


def _take_up_desk(folder: RunFolder, args: argparse.Namespace) -> None:
    """Let a run on a real robot go on there, though its ports may have other names now."""
    desk = folder.config.real
    if desk is None:
        given = "--body" if args.body is not None else arguments.desk_options(args)
        if given:
            raise InputError(f"{folder.path}: was walked in simulation; leave out {given}")
        return
    if args.id is not None and args.body is None:
        raise InputError("--id names a robot at a port: give it with --body")
    changed = {"body": arguments.body_address(args)} if args.body else {}
    changed |= {"stopwatch": args.stopwatch} if args.stopwatch else {}
    desk = parse_spec(RealRobot, desk.model_dump() | changed, "--body and --stopwatch")
    folder.config = folder.config.changed(real=desk)
    ask_to_move(desk.body, args.yes)


def _warn_of_versions(then: Mapping[str, str]) -> None:
    now = current_versions()
    changed = [f"{name} {then.get(name)} -> {now[name]}" for name in now if then.get(name) != now[name]]
    if changed:
        print(
            f"note: since this run began, versions have changed ({', '.join(changed)}); results may differ",
            file=sys.stderr,
        )
