"""`gaitopt emulate`: emulate a robot behind a serial port: its firmware, with simulated physics."""

from __future__ import annotations

import argparse
import json
import signal
import threading

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.errors import unknown_name
from gaitopt.hal.driver import DRIVERS
from gaitopt.hal.opencat.dialect import DIALECTS
from gaitopt.hal.wiring import robot_of, wiring_of
from gaitopt.robot.spec import load_robot
from gaitopt.run.walkers.walk_setup import DEFAULT_SCENARIO
from gaitopt.scenario.spec import load_scenario


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("kind", metavar="opencat|dynamixel", help="protocol")
    parser.add_argument("--robot", help="the robot (default: the one of that protocol)")
    parser.add_argument("--dialect", help=f"OpenCat firmware: {', '.join(DIALECTS)} (default: biboard)")
    parser.add_argument("--scenario", default=DEFAULT_SCENARIO, help="scenario (default: %(default)s)")
    parser.add_argument(
        "--faults",
        metavar="LIST",
        help="faults, such as drop=0.01,garble=0.01,delay=20ms,reset=30s,unplug=60s,dead=8,low-battery=40s",
    )
    parser.add_argument(
        "--gate", action="store_true", help="add a light gate at start and finish line, on a second port"
    )
    parser.add_argument("--window", action="store_true", help="show the robot in a window")
    arguments.add_seed(parser)
    parser.add_argument("--json", action="store_true", dest="as_json", help="print the ports as one JSON object")


def run(args: argparse.Namespace) -> Answer:
    """Emulate until Ctrl-C, or until an unplug fault."""
    from gaitopt.emulators.emulation import Emulation  # slow to import
    from gaitopt.emulators.faults import FaultSpec

    if args.kind not in DRIVERS:
        raise unknown_name("protocol", args.kind, DRIVERS)
    robot = load_robot(args.robot or robot_of(args.kind))
    wiring_of(robot, args.kind)
    faults = FaultSpec.parse(args.faults) if args.faults else None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    scenario = load_scenario(args.scenario)
    with Emulation(robot, scenario, args.dialect, faults, args.seed, args.window, args.gate) as emulation:
        ports = {"robot": robot.name, "body": f"{args.kind}:{emulation.port}"}
        if emulation.gate_port is not None:
            ports["stopwatch"] = f"gate:{emulation.gate_port}"
        print(json.dumps(ports) if args.as_json else _in_words(ports), flush=True)
        emulation.run(stop)
    return Answer({}, "" if stop.is_set() else "the robot was unplugged")


def _in_words(ports: dict[str, str]) -> str:
    return "\n".join([*(f"{name:10}{text}" for name, text in ports.items()), "stop with Ctrl-C"])
