"""`gaitopt calibrate`: measure the zero offsets and directions of your robot's servos, and save them.

The robot is brought to the reference pose: upper legs straight down, lower legs level, knees bent by 90 degrees.
"""

from __future__ import annotations

import argparse
import math

from gaitopt.cli import arguments
from gaitopt.cli.operator import ask_to_move
from gaitopt.cli.output import Answer, say
from gaitopt.errors import InputError
from gaitopt.hal.address import Address, parse_address
from gaitopt.hal.calibration import (
    Calibration,
    JointCalibration,
    calibration_folder,
    load_calibration,
    new_calibration,
    save_calibration,
)
from gaitopt.hal.keyboard import Keyboard
from gaitopt.hal.real.connection import make_real_body
from gaitopt.hal.real.zero_offsets import Nudger, edited, measured_offsets
from gaitopt.hal.wiring import robot_of, wiring_of
from gaitopt.robot.spec import RobotSpec, load_robot

KEYS = {"+": 1.0, "=": 1.0, "-": -1.0, "]": 5.0, "[": -5.0}
"""Angle by which a key turns a joint [deg]."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_body(parser, needed=True)
    parser.add_argument("--robot", help="the robot (default: the one of the body's protocol)")
    parser.add_argument(
        "--by-hand", action="store_true", help="for servos that measure their angles: hold the limp robot in the pose"
    )
    parser.add_argument(
        "--offset",
        action="append",
        default=[],
        metavar="JOINT=UNITS",
        help="add this to a joint's zero (OpenCat: degrees, Dynamixel: ticks), without asking",
    )
    parser.add_argument("--flip", action="append", default=[], metavar="JOINT", help="reverse a joint's direction")
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Calibrate."""
    address = parse_address(args.body)
    name = args.id or address.id
    if not address.real or name is None:
        raise InputError("calibrate needs a real robot and its name: --body opencat:PORT --id NAME")
    robot = load_robot(args.robot or robot_of(address.kind))
    wiring_of(robot, address.kind)
    known = _known(name, robot)
    given = dict(_offset(text) for text in args.offset)
    new = edited(known, robot, given, args.flip)
    if not given and not args.flip:
        new = edited(new, robot, _find(new.apply(robot), address, args), ())
    path = save_calibration(new)
    lines = [f"{joint:24}{_in_words(own)}" for joint, own in new.joints.items()]
    lines += [f"saved in {path}", f"use it with: --body {args.body} --id {name}"]
    joints = {joint: vars(own) for joint, own in new.joints.items()}
    return Answer({"id": name, "robot": robot.name, "file": str(path), "joints": joints}, "\n".join(lines))


def _in_words(own: JointCalibration) -> str:
    return f"{own.offset:+8.1f}{'  reversed' if own.sign < 0 else ''}"


def _known(name: str, robot: RobotSpec) -> Calibration:
    new = new_calibration(name, robot)
    if not (calibration_folder() / f"{name}.toml").is_file():
        return new
    known = load_calibration(name)
    known.apply(robot)
    return known


def _find(robot: RobotSpec, address: Address, args: argparse.Namespace) -> dict[str, float]:
    bare = Address(address.kind, address.port, address.baud)
    if not args.by_hand:
        ask_to_move(args.body, args.yes)
    with make_real_body(robot, bare) as body, Keyboard("give offsets: --offset JOINT=UNITS") as keys:
        if args.by_hand:
            say("hold it in the reference pose: upper legs straight down, knees bent by 90 degrees; any key: done")
            keys.wait()
            return measured_offsets(body)
        say("with the robot on a stand: it now eases into the reference pose")
        nudger = Nudger(body)
        for joint in robot.joint_names:
            _adjust(nudger, joint, keys)
        body.sit()
        return nudger.offsets()


def _adjust(nudger: Nudger, joint: str, keys: Keyboard) -> None:
    say(f"{joint}: turn it with + - (1 degree), [ ] (5 degrees); Enter: next joint, Ctrl-C: stop, nothing saved")
    while True:
        pressed = keys.pressed()
        for key in pressed:
            if key in KEYS:
                say(f"\r  {nudger.nudge(joint, KEYS[key]):+6.1f} degrees ", end="")
            elif key in "\r\n":
                say("")
                return
        nudger.hold(0.1)


def _offset(text: str) -> tuple[str, float]:
    joint, equals, units = text.partition("=")
    try:
        offset = float(units) if equals else math.nan
    except ValueError:
        offset = math.nan
    if not math.isfinite(offset):
        raise InputError(f"--offset: got {text!r}; expected JOINT=UNITS, such as front_left_knee=12")
    return joint, offset
