"""Who helps a real robot between two walks: a person at the terminal, or a fixed pause."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gaitopt.hal.keyboard import Keyboard
from gaitopt.run.real.walks import DeskSpec, Operator, StageHand
from gaitopt.walk.stopwatch import Keys

PAUSE_S = 2.0
"""Time to put the robot back, where nobody is asked [s]."""


class Person:
    """Someone who puts the robot back and mends what went wrong."""

    def __init__(self, keys: Keyboard, times: bool) -> None:
        """Ask at `keys`; `times` tells whether it is the person who takes the time."""
        self.keys: Keys | None = keys
        self._wait = keys.wait
        self._hint = "any key: at the start line, and at the finish line; " if times else ""

    def ready(self, trouble: str | None) -> None:
        """Return when the robot stands behind the start line."""
        if trouble:
            print(f"\nthis walk does not count: {trouble}", file=sys.stderr)
        print("\nput the robot behind the start line; any key: walk, q: stop for now ", end="", file=sys.stderr)
        sys.stderr.flush()
        if self._wait() in ("q", "Q"):
            raise KeyboardInterrupt
        print(f"walking; {self._hint}r: this walk does not count", file=sys.stderr, flush=True)


def _tell(trouble: str) -> None:
    print(f"this walk does not count: {trouble}", file=sys.stderr, flush=True)


@contextmanager
def operator(desk: DeskSpec | None, args: argparse.Namespace) -> Iterator[Operator | None]:
    """Give the operator of a real robot: whoever sits at the terminal, or with `--yes` and a gate, a fixed pause."""
    if desk is None:
        yield None
        return
    if args.yes and desk.stopwatch != "key":
        yield StageHand(PAUSE_S if args.pause is None else args.pause, tell=_tell)
        return
    with Keyboard("time by a light gate: --stopwatch gate:PORT --yes") as keys:
        yield Person(keys, times=desk.stopwatch == "key")
