"""`gaitopt monitor`: live measurements of a real robot; nothing moves."""

from __future__ import annotations

import argparse

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.errors import InputError
from gaitopt.hal.address import parse_address
from gaitopt.hal.driver import DRIVERS
from gaitopt.hal.real.connection import make_real_body
from gaitopt.hal.wiring import robot_of
from gaitopt.robot.spec import load_robot
from gaitopt.view.monitor import snapshot, watch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_body(parser, needed=True)
    parser.add_argument("--robot", help="the robot (default: the one of the body's protocol)")
    parser.add_argument(
        "--seconds", type=arguments.seconds, default=3600.0, metavar="S", help="duration (default: until Ctrl-C)"
    )
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Show the measurements; with --json, once."""
    address = parse_address(arguments.body_address(args))
    if not address.real:
        raise InputError(
            f"--body {args.body}: only real robots can be monitored: {', '.join(f'{name}:PORT' for name in DRIVERS)}"
        )
    robot = load_robot(args.robot or robot_of(address.kind))
    with make_real_body(robot, address) as body:
        if not args.json:
            watch(body, args.seconds)
        return Answer({"robot": robot.name, "device": vars(body.info)} | snapshot(body), "")
