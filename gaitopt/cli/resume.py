"""`gaitopt resume`: take up a run where it stopped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.answer import Answer
from gaitopt.cli.learn import VIDEO, work
from gaitopt.run.config import current_versions
from gaitopt.run.folder import RunFolder, find_run
from gaitopt.view.video import check_format
from gaitopt.workers import check_count


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("resume", help="take up a run where it stopped", description=__doc__)
    parser.add_argument("target", metavar="RUN", help="a run's folder, its folder's name, or 'latest'")
    parser.add_argument("--video", action="store_true", help=f"film start and learned gait side by side ({VIDEO})")
    arguments.add_workers(parser)
    arguments.add_runs(parser)
    arguments.add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """Resume."""
    check_count(args.workers)
    if args.video:
        check_format(Path(VIDEO))
    folder = find_run(args.target, args.runs)
    _warn_of_versions(folder)
    return work(folder, args.workers, args.video)


def _warn_of_versions(folder: RunFolder) -> None:
    then, now = folder.config.versions, current_versions()
    changed = [f"{name} {then.get(name)} -> {now[name]}" for name in now if then.get(name) != now[name]]
    if changed:
        print(
            f"note: since this run began, versions have changed ({', '.join(changed)}); results may differ",
            file=sys.stderr,
        )
