"""The operator of a real robot: a person at the terminal, or a fixed pause."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gaitopt.hal.keyboard import Keyboard
from gaitopt.run.real.robot import Operator, RealRobot, UnattendedOperator
from gaitopt.walk.stopwatch import Keys

PAUSE_S = 2.0
"""Time to put the robot back if nobody is asked [s]."""


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
            print(file=sys.stderr)
            _report(trouble)
        print("\nput the robot behind the start line; any key: walk, q: stop for now ", end="", file=sys.stderr)
        sys.stderr.flush()
        if self._wait() in ("q", "Q"):
            raise KeyboardInterrupt
        print(f"walking; {self._hint}r: this walk does not count", file=sys.stderr, flush=True)


def _report(trouble: str) -> None:
    print(f"this walk does not count: {trouble}", file=sys.stderr, flush=True)


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
