"""Experiments of studies: begun once, continued if interrupted, and only read when they are finished."""

import argparse
from contextlib import suppress
from pathlib import Path
from typing import Any

import gaitopt
from gaitopt.errors import InputError
from gaitopt.run.experiment import names, open_experiment, row
from gaitopt.run.settings.base import Settings
from gaitopt.run.settings.differences import first_difference
from gaitopt.workers import default_count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that all studies have."""
    parser.add_argument("--workers", type=int, default=default_count(), help="processes (default: all cores)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of experiments")
    parser.add_argument("--only-finished", action="store_true", help="leave out experiments that are not finished")
    parser.add_argument("--publish", action="store_true", help="write the result into docs/results/")


def outcome_of(settings: Settings, args: argparse.Namespace) -> Any:
    """Return the outcome of an experiment, done now as far as it is not; None if it is to be left out."""
    folder = find_experiment(settings, args.runs)
    if args.only_finished and (folder is None or row(folder)["state"] != "finished"):
        return None
    print(settings.name, flush=True)
    if folder is not None:
        return gaitopt.resume(folder, workers=args.workers)
    begin = {"learn": gaitopt.learn, "train": gaitopt.train, "compare": gaitopt.compare}[settings.kind]
    return begin(settings, workers=args.workers, runs=args.runs)


def find_experiment(settings: Settings, runs: Path) -> Path | None:
    """Return the folder of the newest experiment with these settings, or None."""
    for name in reversed(names(runs, {settings.kind})):
        if name.endswith(settings.name):
            with suppress(InputError):  # of an older layout, or damaged
                found = open_experiment(runs / name)
                if first_difference(found.config.model_dump(), settings.model_dump()) is None:
                    return runs / name
    return None
