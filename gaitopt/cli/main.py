"""The command `gaitopt`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import gaitopt
from gaitopt.cli import (
    calibrate,
    compare,
    deploy,
    doctor,
    emulate,
    evaluate,
    export,
    find_port,
    lab,
    learn,
    monitor,
    replay,
    resume,
    runs,
    train,
)
from gaitopt.cli import (
    list as list_,
)
from gaitopt.cli.output import Answer, claim_stdout, write_json
from gaitopt.errors import GaitoptError

VERBS = (
    learn,
    train,
    compare,
    resume,
    evaluate,
    replay,
    runs,
    lab,
    list_,
    export,
    deploy,
    monitor,
    calibrate,
    find_port,
    emulate,
    doctor,
)
BAD_INPUT, INTERRUPTED = 2, 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    parser = _Parser(prog="gaitopt", description="Teach a four-legged robot to walk faster.")
    parser.add_argument("--version", action="version", version=f"gaitopt {gaitopt.__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for verb in VERBS:
        verb.add_parser(verbs)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 good, 1 not all found or done, 2 bad input, 130 interrupted."""
    if os.getcwd() not in sys.path:  # as with `python -m gaitopt`, so that a user's own controller is found there
        sys.path.append(os.getcwd())
    args = build_parser().parse_args(_with_negative_scores(sys.argv[1:] if argv is None else argv))
    signal.signal(signal.SIGTERM, _interrupt)
    descriptor = claim_stdout() if getattr(args, "json", False) else None
    try:
        answer: Answer = args.run(args)
        _tell(answer, descriptor)
    except GaitoptError as error:
        print(f"gaitopt: {' '.join(str(error).split())}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"gaitopt: {place}{error.strerror or error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("gaitopt: interrupted", file=sys.stderr)
        return INTERRUPTED
    return answer.exit_code


def _with_negative_scores(argv: Sequence[str]) -> list[str]:
    """Return the words of a command line with `--score -sway` as one, or argparse would take -sway for an option."""
    words: list[str] = []
    for word in argv:
        negative = word.startswith("-") and not word.startswith("--")
        if words and words[-1] == "--score" and negative:
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def _tell(answer: Answer, descriptor: int | None) -> None:
    if descriptor is not None:
        write_json(descriptor, answer.data)
    elif answer.text:
        try:
            print(answer.text, flush=True)
        except OSError:  # what was not written must not be tried again at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
