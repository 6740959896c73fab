"""`gaitopt export`: write a gait or a policy in another tool's format."""

from __future__ import annotations

import argparse
from pathlib import Path

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.errors import InputError
from gaitopt.gait.cycle import cycle
from gaitopt.hal.opencat.dialect import DIALECTS, dialect_named
from gaitopt.hal.opencat.skill import skill_of, to_text
from gaitopt.hal.wiring import servo_map, wiring_of
from gaitopt.run.train.onnx_export import export_onnx
from gaitopt.run.walkers.trained_policy import TrainedPolicy
from gaitopt.run.walkers.walk_setup import WalkSetup, find_walk
from gaitopt.run.walkers.walker import GaitWalker
from gaitopt.toml import write_atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_walker(parser)
    parser.add_argument(
        "--format",
        required=True,
        choices=["opencat", "onnx"],
        help="opencat: a gait as a skill for Petoi Desktop's Skill Composer, or an Instinct header file; "
        "onnx: a policy, with metadata that explains its numbers",
    )
    parser.add_argument(
        "--dialect", default="biboard", help=f"OpenCat firmware: {', '.join(DIALECTS)} (default: %(default)s)"
    )
    parser.add_argument("--skill", default="learned", metavar="NAME", help="name of the skill (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="file to write (default: standard output; required for onnx)"
    )
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Export."""
    setup = find_walk(args.walker, args.robot, args.scenario, args.runs, args.changes)
    return _onnx(setup, args.output) if args.format == "onnx" else _opencat(setup, args)


def _onnx(setup: WalkSetup, output: Path | None) -> Answer:
    if not isinstance(setup.walker, TrainedPolicy):
        raise InputError(f"{setup.label}: is not a policy; --format onnx is for policies, which `gaitopt train` makes")
    if output is None:
        raise InputError("--format onnx: the file is binary; say where to write it: --output FILE.onnx")
    metadata = export_onnx(output, setup.walker, setup.robot, setup.scenario)
    data = {"robot": setup.robot.name, "policy": setup.label, "format": "onnx", "output": str(output)}
    sees, acts = len(metadata["observation"]), len(metadata["action"])
    how = f"{sees} observations, {acts} actions, every {metadata['control_period_s'] * 1e3:.0f} ms; see its metadata"
    return Answer(data | {"metadata": metadata}, f"policy    {output}\n{how}")


def _opencat(setup: WalkSetup, args: argparse.Namespace) -> Answer:
    if not isinstance(setup.walker, GaitWalker):
        policy = isinstance(setup.walker, TrainedPolicy)
        what, way_out = ("policy", "use --format onnx, or export a gait") if policy else ("controller", "export a gait")
        raise InputError(f"{setup.label}: is a {what}, which an OpenCat skill cannot hold; {way_out}")
    wiring_of(setup.robot, "opencat")
    dialect = dialect_named(args.dialect)
    table = cycle(setup.walker.gait.parameters, setup.robot, setup.robot.servo.command_period_s)
    skill = skill_of(table.angles, table.duration, servo_map(setup.robot), dialect)
    text = to_text(skill, args.skill)
    data = {
        "robot": setup.robot.name,
        "gait": setup.label,
        "format": args.format,
        "dialect": dialect.name,
        "frames": len(skill.stored),
        "cycle_time_s": table.duration,
        "played_cycle_time_s": skill.cycle_time(dialect),
        "text": text,
        "output": str(args.output) if args.output else None,
    }
    if args.output is None:
        return Answer(data, text.rstrip())
    write_atomic(args.output, text)
    played = f"{len(skill.stored)} frames, a cycle of {skill.cycle_time(dialect):.3f} s on {dialect.name}"
    return Answer(data, f"skill     {args.output}\n{played}")
