"""`gaitopt deploy`: walk on a real robot for some seconds: a gait, a policy on its gait, or your own controller."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.operator import ask_to_move
from gaitopt.cli.output import Answer, say
from gaitopt.errors import InputError
from gaitopt.hal.address import parse_address
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.real.connection import make_real_body
from gaitopt.run.real.deployment import Plan, plan_deployment
from gaitopt.run.walkers.walk_setup import WalkSetup, find_walk
from gaitopt.view.csv_recorder import CsvRecorder
from gaitopt.walk.deploy import Deployment, deploy
from gaitopt.walk.policy_controller import PolicyController


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_walker(parser)
    arguments.add_body(parser, needed=True)
    parser.add_argument(
        "--seconds", type=arguments.seconds, default=10.0, metavar="S", help="duration (default: %(default)s)"
    )
    parser.add_argument("--native", action="store_true", help="upload the gait, which the robot then plays by itself")
    parser.add_argument(
        "--slow",
        type=_factor,
        metavar="FACTOR",
        help="factor by which the cycle is made longer (default: 'fit', as much as the link needs; 1: an error if the "
        "gait is too fast for the link)",
    )
    parser.add_argument("--dry-run", action="store_true", help="check everything, but move nothing")
    parser.add_argument("--record", type=Path, metavar="F.csv", help="record measurements and commands")
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Deploy."""
    setup = find_walk(args.walker, args.robot, args.scenario, args.runs, args.changes, arguments.usual_robot(args))
    address = arguments.body_address(args)
    if not parse_address(address).real:
        raise InputError(f"--body {address}: deploy is for real robots; in simulation use: gaitopt replay")
    with make_real_body(setup.robot, parse_address(address)) as body:
        walk = plan_deployment(body, setup.walker, setup.robot, setup.scenario, args.native, args.slow, args.seconds)
        say(_heading(body, setup, walk))
        data = _plan_data(body, setup, walk)
        if args.dry_run:
            return Answer(data | {"moved": False}, "dry run: nothing was moved")
        ask_to_move(address, args.yes)
        with CsvRecorder(args.record, setup.robot) if args.record else nullcontext() as record:
            done = deploy(body, walk.controller, args.seconds, record)
    return Answer(data | {"moved": True} | _data(done, args.record), _text(done, args.record))


def _factor(text: str) -> float | None:
    return None if text == "fit" else arguments.number(text, 0.0, 100.0)


def _heading(body: RealBody, setup: WalkSetup, walk: Plan) -> str:
    assert body.info is not None  # it is configured
    who = f"{setup.robot.name}: {body.info.model}, firmware {body.info.firmware} ({body.info.dialect})"
    cycle = f", cycle {walk.gait.cycle_time:.2f} s" if walk.gait is not None else ""
    if walk.native:
        return f"{who}\n{setup.label}, played by the robot itself{cycle}"
    how = f"{setup.label}, streamed every {body.command_period * 1e3:.0f} ms"
    if isinstance(walk.controller, PolicyController):
        how += f", the policy acts every {walk.controller.period * 1e3:.0f} ms"
    if walk.slower > 1.005:
        how += f"; the link carries {walk.share:.0%} of its motion, so it is slowed {walk.slower:.2f} times"
    return f"{who}\n{how}{cycle}"


def _plan_data(body: RealBody, setup: WalkSetup, walk: Plan) -> dict[str, Any]:
    return {
        "robot": setup.robot.name,
        "gait": setup.label,
        "device": vars(body.info),
        "native": walk.native,
        "link_share": walk.share,
        "slower": walk.slower,
        "cycle_time_s": walk.gait.cycle_time if walk.gait is not None else None,
        "period_s": body.command_period,
        "policy_period_s": walk.controller.period if isinstance(walk.controller, PolicyController) else None,
    }


def _data(done: Deployment, record: Path | None) -> dict[str, Any]:
    timing = done.timing
    return {
        "seconds": done.seconds,
        "commands": len(timing.lateness),
        "missed_deadlines": timing.missed,
        "lateness_median_s": timing.quantile(0.5),
        "lateness_p99_s": timing.quantile(0.99),
        "held_back_rad": done.held_back,
        "record": str(record) if record else None,
    }


def _text(done: Deployment, record: Path | None) -> str:
    timing = done.timing
    lines = [
        f"walked    {done.seconds:.1f} s, then eased out; the servos are limp",
        f"timing    {len(timing.lateness)} commands, {timing.missed} missed deadlines; "
        f"late by {timing.quantile(0.5) * 1e3:.2f} ms (median), {timing.quantile(0.99) * 1e3:.2f} ms (99 %)",
    ]
    return "\n".join(lines + ([f"record    {record}"] if record else []))
