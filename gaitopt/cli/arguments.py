"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path

from gaitopt.run.learn import RUNS
from gaitopt.workers import default_count


def add_runs(parser: argparse.ArgumentParser) -> None:
    """Add --runs."""
    parser.add_argument(
        "--runs", type=Path, default=Path(RUNS), metavar="DIR", help="folder of runs (default: %(default)s)"
    )


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add --workers."""
    parser.add_argument(
        "--workers",
        type=int,
        default=default_count(),
        metavar="N",
        help="processes that walk (default: all cores, %(default)s)",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add --seed."""
    parser.add_argument("--seed", type=_seed, default=0, help="what chance depends on (default: %(default)s)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output, and nothing else"
    )


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add what is to be walked, and where."""
    parser.add_argument(
        "target", metavar="GAIT|RUN", help="a gait's name, a gait file (.toml), a run's folder, or 'latest'"
    )
    parser.add_argument("--robot", help="the robot (default: the gait's own, else aibo-ers7)")
    parser.add_argument("--scenario", help="where to walk (default: the run's own, else field)")
    add_changes(parser)
    add_runs(parser)


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Add --set."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="KEY=VALUE",
        help="change a number, such as scenario.friction=0.5, engine.time_step_s=0.002 or robot.servo.speed_margin=1.0",
    )


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    return _whole(text, 1)


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
