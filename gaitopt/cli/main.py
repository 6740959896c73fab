"""The command `gaitopt`: its verbs, and what every one of them ends with."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import gaitopt
from gaitopt.errors import GaitoptError, unknown_name

if TYPE_CHECKING:
    from gaitopt.cli.output import Answer

VERBS = {
    "learn": "learn a faster gait",
    "train": "train a policy that adjusts a gait while walking",
    "compare": "compare optimizers or algorithms, with equal budgets and several seeds",
    "resume": "continue a run, a training or a comparison that was stopped",
    "evaluate": "measure the speed of a gait or a policy",
    "replay": "show one traversal of a gait or a policy",
    "runs": "list runs, trainings and comparisons",
    "lab": "learn a small textbook problem by policy gradients",
    "list": "list robots, scenarios, gaits, optimizers, algorithms or problems",
    "export": "write a gait or a policy for another tool",
    "deploy": "walk on a real robot",
    "monitor": "print the measurements of a real robot",
    "calibrate": "find the zero offsets and directions of a robot's servos",
    "find-port": "find the serial port of a robot",
    "emulate": "emulate the firmware of a robot behind a port, without the robot",
    "servo-bench": "compare a joint's servo in each physics engine with its specification",
    "doctor": "check what works on this machine",
}
"""Each verb and what it does. Its module, `gaitopt.cli.<verb>`, is imported only when the verb is named."""
ALIASES = {"evaluate": ["score"]}
"""Other names of verbs."""
BAD_INPUT, INTERRUPTED = 2, 130


class _Parser(argparse.ArgumentParser):
    """Reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 good, 1 not all found or done, 2 bad input, 130 interrupted."""
    if os.getcwd() not in sys.path:  # as with `python -m gaitopt`, so that a user's own classes are found there
        sys.path.append(os.getcwd())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        args = _parse(_with_negative_scores(sys.argv[1:] if argv is None else argv))
        return _run(args)
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


def _parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a command line, with the function `run` of its verb."""
    parser = _Parser(prog="gaitopt", description="Teach a four-legged robot to walk faster.")
    parser.add_argument("--version", action="version", version=f"gaitopt {gaitopt.__version__}")
    subparsers = parser.add_subparsers(metavar="VERB", required=True)
    named = next((word for word in words if not word.startswith("-")), "")
    for verb, summary in VERBS.items():
        aliases = ALIASES.get(verb, [])
        subparser = subparsers.add_parser(verb, aliases=aliases, help=summary)
        if named in (verb, *aliases):
            module = import_module(f"gaitopt.cli.{verb.replace('-', '_')}")
            subparser.description = module.__doc__
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    if words and words[0] == named and named not in subparsers.choices:
        parser.error(str(unknown_name("verb", named, VERBS)))
    return parser.parse_args(words)


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


def _run(args: argparse.Namespace) -> int:
    from gaitopt.cli.output import claim_stdout, write_json

    descriptor = claim_stdout() if getattr(args, "json", False) else None
    answer: Answer = args.run(args)
    if descriptor is not None:
        write_json(descriptor, answer.data)
    elif answer.text:
        _print(answer.text)
    return answer.exit_code


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:  # what was not written must not be tried again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
