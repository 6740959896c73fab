"""Ask before a real robot moves."""

from __future__ import annotations

import sys

from gaitopt.errors import InputError
from gaitopt.hal.address import parse_address
from gaitopt.hal.serial.ports import latency_advice


def ask_to_move(address: str, yes: bool) -> None:
    """Return if the robot may move: `--yes` was given, or the user agrees now.

    Raises:
        InputError: nobody can be asked, or the answer is no.
    """
    slow = latency_advice(parse_address(address).port)
    if slow is not None:
        print(f"note: {slow}", file=sys.stderr, flush=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(f"{address} is a real robot, and would move: add --yes when it stands safely")
    print(
        f"{address} is a real robot. Is it standing safely, with nobody's fingers near it? [y/N] ",
        end="",
        file=sys.stderr,
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("nothing was moved; run this again when the robot stands safely")
