"""`gaitopt export`: a gait in the form of another tool."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.answer import Answer
from gaitopt.files import write_atomic
from gaitopt.gait.cycle import cycle
from gaitopt.hal.opencat.dialect import DIALECTS, dialect_named
from gaitopt.hal.opencat.from_gait import skill_of
from gaitopt.hal.opencat.skill import to_text
from gaitopt.hal.wiring import servo_map, wiring_of
from gaitopt.run.target import find_target


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("export", help="write a gait for another tool", description=__doc__)
    arguments.add_target(parser)
    parser.add_argument(
        "--format",
        required=True,
        choices=["opencat"],
        help="opencat: a skill for Petoi Desktop's Skill Composer, or an Instinct header file",
    )
    parser.add_argument("--dialect", default="biboard", help=f"{', '.join(DIALECTS)} (default: %(default)s)")
    parser.add_argument("--skill", default="learned", metavar="NAME", help="the skill's name (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it (default: standard output)")
    arguments.add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """Export."""
    target = find_target(args.target, args.robot, args.scenario, args.runs, args.changes)
    wiring_of(target.robot, "opencat")
    dialect = dialect_named(args.dialect)
    table = cycle(target.gait.parameters, target.robot, target.robot.servo.command_period_s)
    skill = skill_of(table.angles, table.duration, servo_map(target.robot), dialect)
    text = to_text(skill, args.skill)
    data = {
        "robot": target.robot.name,
        "gait": target.label,
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
