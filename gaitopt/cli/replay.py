"""`gaitopt replay`: watch one traversal of a gait or a policy, in a window or as a video."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.hal.catalog import make_body
from gaitopt.run.target import Target, find_target
from gaitopt.run.trained_policy import controller_of
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.view.film_progress import FilmProgressView
from gaitopt.view.video import record_video
from gaitopt.walk.traversal import Traversal, traverse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_target(parser)
    parser.add_argument("--video", type=Path, metavar="FILE", help="film it: .mp4 or .gif")
    parser.add_argument("--window", action="store_true", help="show it in PyBullet's window, at the pace of real time")
    arguments.add_seed(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Replay."""
    target = find_target(args.target, args.robot, args.scenario, args.runs, args.changes)
    if args.video:
        with FilmProgressView() as view:
            traversal = record_video(
                args.video,
                [(target.label, target.trained or target.gait)],
                target.robot,
                target.scenario,
                args.seed,
                target.engine,
                view,
            )[0]
    else:
        traversal = _walk(target, args.seed, args.window)
    time = f" in {traversal.time_s:.2f} s" if traversal.time_s else ""
    text = f"{target.label}: {traversal.status.value}{time}, {traversal.speed_mps * 1e3:.0f} mm/s"
    if args.video:
        text += f"\nvideo     {args.video}"
    data = asdict(traversal) | {"status": traversal.status.value, "video": str(args.video) if args.video else None}
    return Answer(data, text)


def _walk(target: Target, seed: int, window: bool) -> Traversal:
    controller = controller_of(target.trained or target.gait, target.robot, target.scenario)
    with make_body(target.robot, engine=target.engine, window=window) as body:
        return traverse(body, controller, target.scenario, traversal_seed(seed, Stream.FRESH, 0))
