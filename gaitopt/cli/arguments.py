"""Arguments of several verbs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter

from gaitopt.errors import InputError
from gaitopt.hal.address import parse_address
from gaitopt.run.experiment import RUNS
from gaitopt.spec import Count, parse_spec
from gaitopt.workers.count import RAY, WorkerChoice, default_count

if TYPE_CHECKING:
    from gaitopt.run.real.robot import RealRobot

VIDEO = "before_after.mp4"

Options = argparse._ActionsContainer
"""A parser, or a group of its options."""


def add_runs(parser: Options) -> None:
    """Add --runs."""
    parser.add_argument(
        "--runs", type=Path, default=Path(RUNS), metavar="DIR", help="folder of experiments (default: %(default)s)"
    )


def add_workers(parser: Options) -> None:
    """Add --workers."""
    parser.add_argument(
        "--workers",
        type=_workers,
        default=default_count(),
        metavar="N|ray",
        help="number of worker processes (default: all cores, %(default)s); or ray: all CPUs of the Ray cluster at "
        "RAY_ADDRESS, or of this machine if that is not set (not for trainings)",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add --seed."""
    parser.add_argument(
        "--seed",
        type=number_type(int, Annotated[int, Field(ge=0)]),
        default=0,
        help="random seed (default: %(default)s)",
    )


def add_effort(parser: argparse.ArgumentParser) -> None:
    """Add --runs, --workers, --video and --json."""
    group = parser.add_argument_group("run and output")
    add_runs(group)
    add_workers(group)
    group.add_argument("--video", action="store_true", help=f"film first and learned gait side by side ({VIDEO})")
    add_json(group)


def check_effort(args: argparse.Namespace) -> None:
    """Check --workers and --video before anything is written."""
    from gaitopt.workers import check_workers

    check_workers(args.workers)
    if args.video:
        from gaitopt.view.video import check_format

        check_format(Path(VIDEO))


def add_json(parser: Options) -> None:
    """Add --json."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output, and nothing else"
    )


def add_walker(parser: argparse.ArgumentParser) -> None:
    """Add the walker, --robot, --scenario, --set and --runs."""
    parser.add_argument(
        "walker",
        metavar="WALKER",
        help="a gait's name, a gait file (.toml), a policy file (.npz), a run or training, 'latest', or module:Class"
        " of a controller of your own",
    )
    parser.add_argument("--robot", help="robot (default: the gait's own, else the one of --body, else aibo-ers7)")
    parser.add_argument("--scenario", help="scenario (default: the run's own, else field)")
    add_changes(
        parser,
        "change a number, such as scenario.friction=0.5, engine.time_step_s=0.002 or robot.servo.delay_s=0.01",
    )
    add_runs(parser)


def add_body(parser: Options, needed: bool = False) -> None:
    """Add --body, --id and --yes."""
    parser.add_argument(
        "--body",
        required=needed,
        metavar="ADDRESS",
        help="real or emulated robot: opencat:PORT or dynamixel:PORT" + ("" if needed else " (default: simulation)"),
    )
    parser.add_argument("--id", metavar="NAME", help="name of this physical robot, as calibrated")
    parser.add_argument("--yes", action="store_true", help="move the robot without asking: it stands safely")


def add_real_robot(parser: Options) -> None:
    """Add the options of walks on a real robot."""
    add_robot_port(parser)
    parser.add_argument("--native", action="store_true", help="upload each gait, which the robot then plays by itself")


def add_robot_port(parser: Options) -> None:
    """Add --body, --id, --yes, --stopwatch and --pause."""
    add_body(parser)
    parser.add_argument(
        "--stopwatch", metavar="key|gate:PORT", help="stopwatch of a real robot: a key, or a light gate (default: key)"
    )
    parser.add_argument(
        "--pause", type=_pause, metavar="S", help="with --yes: time to put the robot back before each walk (default: 2)"
    )


def real_robot(args: argparse.Namespace) -> RealRobot | None:
    """Return the settings of a real robot; None in simulation.

    Raises:
        InputError: body or stopwatch is unknown, or an option for real robots is given without one.
    """
    if args.body is None or not parse_address(args.body).real:
        if given := real_robot_options(args):
            raise InputError(f"{given}: for real robots only; give one with --body opencat:PORT or dynamixel:PORT")
        return None
    from gaitopt.run.real.robot import RealRobot

    tables = {"body": body_address(args), "stopwatch": args.stopwatch or "key", "native": args.native}
    return parse_spec(RealRobot, tables, "--body and --stopwatch")


def real_robot_options(args: argparse.Namespace) -> str:
    """Return the given options that are for real robots only, except --body."""
    given = {f"--{name}": getattr(args, name, None) for name in ("yes", "stopwatch", "id", "native", "pause")}
    return " and ".join(name for name, value in given.items() if value is not None and value is not False)


def usual_robot(args: argparse.Namespace) -> str:
    """Return the default robot: the one of the body's protocol, if a body is given."""
    from gaitopt.hal.wiring import robot_of
    from gaitopt.run.settings.base import DEFAULT_ROBOT

    if args.body is None:
        return DEFAULT_ROBOT
    address = parse_address(args.body)
    return robot_of(address.kind) if address.real else DEFAULT_ROBOT


def body_address(args: argparse.Namespace) -> str:
    """Return the address of --body, with --id in it.

    Raises:
        InputError: the address contains an id already.
    """
    address: str = args.body
    if args.id is None:
        return address
    if "id=" in address:
        raise InputError(f"--id {args.id}: the address {address!r} contains an id already; leave one of the two out")
    return f"{address}{'&' if '?' in address else '?'}id={args.id}"


def add_changes(parser: Options, meaning: str) -> None:
    """Add --engine, which is a change of engine.name, and --set."""
    parser.add_argument(
        "--engine",
        action="append",
        default=[],
        dest="changes",
        type=lambda name: f"engine.name={name}",
        metavar="NAME",
        help="physics engine: pybullet or mujoco (default: pybullet where it is installed, else mujoco)",
    )
    parser.add_argument("--set", action="append", default=[], dest="changes", metavar="KEY=VALUE", help=meaning)


def seconds(text: str) -> float:
    """Return a time of more than 0 and at most an hour [s]."""
    return number(text, 0.0, 3600.0)


def _pause(text: str) -> float:
    return 0.0 if text == "0" else seconds(text)


def number(text: str, above: float, most: float) -> float:
    """Return a number above `above` and at most `most`."""
    try:
        value = float(text)
    except ValueError:
        value = above
    if not above < value <= most:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a number above {above:g} and at most {most:g}")
    return value


def number_type(kind: type, allowed: Any) -> Callable[[str], Any]:
    """Return the converter from a word to a number of a kind, `int` or `float`, within the bounds of a type."""
    adapter: TypeAdapter[Any] = TypeAdapter(allowed)
    least = adapter.json_schema().get("minimum")
    expected = "a whole number" if kind is int else "a finite number"
    expected += "" if least is None else f" of at least {least}"

    def convert(text: str) -> Any:
        try:
            return adapter.validate_python(kind(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"got {text!r}; expected {expected}") from None

    return convert


positive = number_type(int, Count)
"""Converter from a word to a whole number of at least 1."""


def _workers(text: str) -> WorkerChoice:
    if text == RAY:
        return RAY
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a number of processes, or {RAY}") from None
