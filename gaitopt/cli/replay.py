"""`gaitopt replay`: watch one traversal of a gait, a policy or your own controller, in a window or as a video."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.run.evaluate import traverse
from gaitopt.run.walkers.walk_setup import find_walk
from gaitopt.view.film_progress import FilmProgressView
from gaitopt.view.video import record_video


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_walker(parser)
    parser.add_argument("--video", type=Path, metavar="FILE", help="write a video: .mp4 or .gif")
    parser.add_argument("--window", action="store_true", help="show it in a window, in real time")
    arguments.add_seed(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Replay."""
    setup = find_walk(args.walker, args.robot, args.scenario, args.runs, args.changes)
    where = setup.robot, setup.scenario
    if args.video:
        with FilmProgressView() as view:
            walkers = {setup.label: setup.walker}
            traversal = record_video(args.video, walkers, *where, seed=args.seed, engine=setup.engine, report=view)[0]
    else:
        traversal = traverse(setup.walker, *where, seed=args.seed, engine=setup.engine, window=args.window)
    time = f" in {traversal.time_s:.2f} s" if traversal.time_s else ""
    text = f"{setup.label}: {traversal.status.value}{time}, {traversal.speed_mps * 1e3:.0f} mm/s"
    if args.video:
        text += f"\nvideo     {args.video}"
    data = asdict(traversal) | {"status": traversal.status.value, "video": str(args.video) if args.video else None}
    return Answer(data, text)
