"""The operator of a real robot: a person at the terminal, or a fixed pause; and the question before it moves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gaitopt.cli.output import say
from gaitopt.errors import InputError
from gaitopt.hal.address import parse_address
from gaitopt.hal.keyboard import Keyboard
from gaitopt.hal.serial.ports import latency_advice
from gaitopt.run.real.robot import Operator, RealRobot, UnattendedOperator
from gaitopt.walk.stopwatch import Keys

PAUSE_S = 2.0
"""Time to put the robot back if nobody is asked [s]."""


def ask_to_move(address: str, yes: bool) -> None:
    """Return if the robot may move: `--yes` was given, or the user agrees now.

    Raises:
        InputError: nobody can be asked, or the answer is no.
    """
    slow = latency_advice(parse_address(address).port)
    if slow is not None:
        say(f"note: {slow}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(f"{address} is a real robot, and would move: add --yes when it stands safely")
    say(f"{address} is a real robot. Is it standing safely, with nobody's fingers near it? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("nothing was moved; run this again when the robot stands safely")


class Person:
    """A person who puts the robot back and fixes what went wrong."""

    def __init__(self, keys: Keyboard, times: bool) -> None:
        """Ask at `keys`; with `times`, the person also works the stopwatch."""
        self.keys: Keys | None = keys
        self._wait = keys.wait
        self._hint = "any key: at the start line, and at the finish line; " if times else ""

    def ready(self, trouble: str | None) -> None:
        """Return when the robot stands behind the start line."""
        if trouble:
            say("")
            _report(trouble)
        say("\nput the robot behind the start line; any key: walk, q: stop for now ", end="")
        if self._wait() in ("q", "Q"):
            raise KeyboardInterrupt
        say(f"walking; {self._hint}r: this walk does not count")


def _report(trouble: str) -> None:
    say(f"this walk does not count: {trouble}")


@contextmanager
def operator(real: RealRobot | None, args: argparse.Namespace) -> Iterator[Operator | None]:
    """Yield the operator of a real robot: a person at the terminal; with `--yes` and a light gate, a fixed pause."""
    if real is None:
        yield None
        return
    if args.yes and real.stopwatch != "key":
        yield UnattendedOperator(PAUSE_S if args.pause is None else args.pause, report=_report)
        return
    with Keyboard("time by a light gate: --stopwatch gate:PORT --yes") as keys:
        yield Person(keys, times=real.stopwatch == "key")
