"""`gaitopt lab`: learn a small problem with a policy-gradient algorithm, and show the policy."""

from __future__ import annotations

import argparse
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.rl.algorithms.catalog import ALGORITHMS, IN_PLACE_OF_Q
from gaitopt.rl.mdps.catalog import PROBLEMS
from gaitopt.run.lab.findings import FINDINGS
from gaitopt.run.lab.folder import LabFolder, create_lab
from gaitopt.run.lab.lab import Lab, Outcome
from gaitopt.run.lab.settings import LabSettings
from gaitopt.run.settings.overrides import ALIASES, METHOD, parse_changes
from gaitopt.view.lab.plot import lab_picture
from gaitopt.view.lab.progress import LabProgressView
from gaitopt.view.lab.text import WORDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("problem", metavar="PROBLEM", help=", ".join(PROBLEMS))
    parser.add_argument("--algorithm", required=True, metavar="NAME", help=", ".join(ALGORITHMS))
    parser.add_argument(
        "--steps", type=arguments.positive, metavar="N", help="number of steps (default: the problem's own)"
    )
    arguments.add_changes(
        parser, "change an option of the algorithm, such as method.discount=0.9, or lam=0.5 for short"
    )
    arguments.add_seed(parser)
    arguments.add_runs(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Learn a problem."""
    changes = [change if "." in change.partition("=")[0] else f"{METHOD}.{change}" for change in args.changes]
    fields = {"problem": args.problem, "algorithm": args.algorithm, "seed": args.seed, "steps": args.steps}
    options = {
        key: value for table in parse_changes(changes, (METHOD, *ALIASES)).values() for key, value in table.items()
    }
    lab = Lab(LabSettings(**fields, options=options))
    folder = create_lab(lab.settings, args.runs)
    with LabProgressView(lab.settings, lab.problem) as view:
        outcome = lab.run(view)
    folder.write_result(outcome)
    lab_picture(outcome, folder.picture_path)
    return Answer(_data(outcome, folder), _text(outcome, folder), exit_code=130 if outcome.interrupted else 0)


def _data(outcome: Outcome, folder: LabFolder) -> dict[str, Any]:
    settings, problem, last = outcome.settings, outcome.problem, outcome.last
    return {
        "problem": settings.problem,
        "algorithm": settings.algorithm,
        "options": dict(settings.options),
        "seed": settings.seed,
        "steps": last.progress.steps,
        "updates": last.progress.iteration,
        "episodes": last.progress.episodes,
        "value": last.value,
        "unit": problem.unit,
        "best": problem.best,
        "best_deterministic": problem.best_deterministic,
        "share_of_best": outcome.share_of_best,
        "random_value": outcome.random_value,
        "times_nearer_than_random": outcome.times_nearer,
        "learned": FINDINGS[settings.problem].name(last.learned),
        "curve": [[snapshot.progress.steps, snapshot.value] for snapshot in outcome.snapshots],
        "run": str(folder.path),
        "picture": str(folder.picture_path),
        "interrupted": outcome.interrupted,
    }


def _text(outcome: Outcome, folder: LabFolder) -> str:
    settings, progress = outcome.settings, outcome.last.progress
    done = "interrupted after " if outcome.interrupted else ""
    lines = [
        WORDS[settings.problem].drawing(outcome.last.learned),
        "",
        f"problem    {settings.problem}: {outcome.problem.summary}",
        f"algorithm  {settings.algorithm}, seed {settings.seed}; "
        f"{IN_PLACE_OF_Q.get(settings.algorithm, 'its own term')} in place of Q",
        f"effort     {done}{progress.steps} steps, {progress.episodes} episodes, {progress.iteration} updates",
        *_value_lines(outcome),
        f"picture    {folder.picture_path}",
    ]
    return "\n".join(lines)


def _value_lines(outcome: Outcome) -> list[str]:
    problem, value = outcome.problem, outcome.last.value
    share = f"; {outcome.share_of_best:.1%} of the best" if outcome.share_of_best is not None else ""
    known = {"best": problem.best, "best deterministic": problem.best_deterministic, "random": outcome.random_value}
    others = ", ".join(f"{name} {number:.3f}" for name, number in known.items() if number is not None)
    nearer = f"; {outcome.times_nearer:.1f} times closer than random" if outcome.times_nearer is not None else ""
    return [f"value      {value:.3f} ({problem.unit}){share}{nearer}", f"compare    {others}"]
