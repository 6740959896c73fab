"""`gaitopt resume`: take up a run where it stopped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from gaitopt.cli import arguments, compare, train
from gaitopt.cli.confirmation import ask_to_move
from gaitopt.cli.learn import work
from gaitopt.cli.operator import operator
from gaitopt.cli.output import Answer
from gaitopt.errors import InputError
from gaitopt.run.compare.folder import find_study
from gaitopt.run.experiment import folder_names, named
from gaitopt.run.learn.folder import RunFolder, find_run
from gaitopt.run.learn.settings import current_versions
from gaitopt.run.real.robot import RealRobot
from gaitopt.run.train.folder import find_training, is_training
from gaitopt.spec import parse_spec


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("resume", help="take up a run where it stopped", description=__doc__)
    parser.add_argument(
        "target", metavar="RUN", help="the folder of a run, a training or a comparison, its name, or 'latest'"
    )
    arguments.add_place(parser)
    arguments.add_runs(parser)
    arguments.add_effort(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """Resume."""
    arguments.check_effort(args)
    args.target = named(args.target, args.runs, comparisons=True)
    if (study := find_study(args.target, args.runs)) is not None:
        if given := "--video" if args.video else "--body" if args.body is not None else arguments.desk_options(args):
            raise InputError(f"{study.path}: is a comparison in simulation; leave out {given}")
        _warn_of_versions(study.members[0].config.versions)
        return compare.work(study, args)
    if is_training(args.target, args.runs):
        if given := "--body" if args.body is not None else arguments.desk_options(args):
            raise InputError(f"{args.target}: was trained in simulation; leave out {given}")
        training = find_training(args.target, args.runs)
        _warn_of_versions(training.config.versions)
        return train.work(training, args)
    folder = find_run(args.target, args.runs, folder_names(args.runs, comparisons=True))
    _warn_of_versions(folder.config.versions)
    _take_up_desk(folder, args)
    with operator(folder.config.desk, args) as someone:
        return work(folder, args, someone)


def _take_up_desk(folder: RunFolder, args: argparse.Namespace) -> None:
    """Let a run on a real robot go on there, though its ports may have other names now."""
    desk = folder.config.desk
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
    folder.config = folder.config.model_copy(update={"desk": desk})
    ask_to_move(desk.body, args.yes)


def _warn_of_versions(then: Mapping[str, str]) -> None:
    now = current_versions()
    changed = [f"{name} {then.get(name)} -> {now[name]}" for name in now if then.get(name) != now[name]]
    if changed:
        print(
            f"note: since this run began, versions have changed ({', '.join(changed)}); results may differ",
            file=sys.stderr,
        )
