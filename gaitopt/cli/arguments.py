"""Arguments of several verbs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gaitopt.errors import InputError
from gaitopt.hal.address import parse_address
from gaitopt.run.experiment import RUNS
from gaitopt.scenario.objective import TERMS
from gaitopt.spec import parse_spec
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
    parser.add_argument("--seed", type=_seed, default=0, help="random seed (default: %(default)s)")


def add_score(parser: argparse.ArgumentParser) -> None:
    """Add --score."""
    parser.add_argument(
        "--score",
        metavar="SUM",
        help=f"objective: a weighted sum of {', '.join(TERMS)}, such as 'speed - 0.5*sway' "
        "(default: the scenario's own, else speed)",
    )


def add_effort(parser: Options) -> None:
    """Add --workers, --video and --json."""
    add_workers(parser)
    parser.add_argument("--video", action="store_true", help=f"film first and learned gait side by side ({VIDEO})")
    add_json(parser)


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
    add_changes(parser)
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


def add_pace(parser: argparse.ArgumentParser) -> None:
    """Add --native and --slow, which set how a real robot plays a gait."""
    parser.add_argument("--native", action="store_true", help="upload the gait, which the robot then plays by itself")
    parser.add_argument(
        "--slow",
        type=_factor,
        default=None,
        metavar="FACTOR",
        help="factor by which the cycle is made longer (default: 'fit', as much as the link needs; 1: an error if the "
        "gait is too fast for the link)",
    )


def add_real_robot(parser: Options) -> None:
    """Add the options of walks on a real robot."""
    add_robot_port(parser)
    parser.add_argument("--native", action="store_true", help="upload each gait, which the robot then plays by itself")


def add_robot_port(parser: Options) -> None:
    """Add --body, --id, --yes, --stopwatch and --pause."""
    add_body(parser)
    parser.add_argument(
        "--stopwatch",
        metavar="key|gate:PORT",
        help="stopwatch of a real robot: a key, or a light gate (default: key)",
    )
    parser.add_argument(
        "--pause",
        type=_pause,
        metavar="S",
        help="with --yes: time to put the robot back before each walk (default: 2)",
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
    given = {f"--{name}": getattr(args, name, None) for name in ("stopwatch", "id", "native", "pause")}
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


def add_changes(parser: argparse.ArgumentParser, more: str = "") -> None:
    """Add --set; `more` is added to its help."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="KEY=VALUE",
        help="change a number, such as scenario.friction=0.5, engine.time_step_s=0.002 or robot.servo.delay_s=0.01"
        + more,
    )


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


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    return _whole(text, 1)


def _factor(text: str) -> float | None:
    return None if text == "fit" else number(text, 0.0, 100.0)


def at_least_two(text: str) -> int:
    """Return a whole number of at least 2."""
    return _whole(text, 2)


def _workers(text: str) -> WorkerChoice:
    if text == RAY:
        return RAY
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a number of processes, or {RAY}") from None


def _seed(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a whole number of at least {least}")
    return number
