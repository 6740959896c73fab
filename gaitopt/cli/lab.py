"""`gaitopt lab`: let one policy-gradient algorithm learn one small problem, and look at what it learned."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.rl.algorithms.catalog import ALGORITHMS, IN_PLACE_OF_Q
from gaitopt.rl.mdps.catalog import PROBLEMS
from gaitopt.run.lab.findings import FINDINGS
from gaitopt.run.lab.lab import Lab, Outcome
from gaitopt.view.lab.plot import lab_picture, picture_path
from gaitopt.view.lab.progress import LabProgressView
from gaitopt.view.lab.text import WORDS

FOLDER = Path("runs/lab")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("problem", metavar="PROBLEM", help=", ".join(PROBLEMS))
    parser.add_argument("--algorithm", required=True, metavar="NAME", help=", ".join(ALGORITHMS))
    parser.add_argument("--steps", type=arguments.positive, metavar="N", help="the budget (default: the problem's own)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="OPTION=VALUE",
        help="change an option of the algorithm, such as discount=0.9 or lam=0.5",
    )
    arguments.add_seed(parser)
    parser.add_argument(
        "--output",
        type=Path,
        default=FOLDER,
        metavar="DIR|FILE.png",
        help="where the picture goes; one of the same name is replaced (default: %(default)s)",
    )
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Learn."""
    lab = Lab(args.problem, args.algorithm, args.seed, args.steps, args.changes)
    picture = picture_path(args.output, lab.experiment)
    with LabProgressView(lab.experiment, lab.problem) as view:
        outcome = lab.run(view)
    lab_picture(outcome, picture)
    return Answer(_data(outcome, picture), _text(outcome, picture), exit_code=130 if outcome.interrupted else 0)


def _data(outcome: Outcome, picture: Path) -> dict[str, Any]:
    experiment, problem, last = outcome.experiment, outcome.problem, outcome.last
    return {
        "problem": experiment.problem,
        "algorithm": experiment.algorithm,
        "options": dict(experiment.options),
        "seed": experiment.seed,
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
        "learned": FINDINGS[experiment.problem].name(last.learned),
        "curve": [[snapshot.progress.steps, snapshot.value] for snapshot in outcome.snapshots],
        "picture": str(picture),
        "interrupted": outcome.interrupted,
    }


def _text(outcome: Outcome, picture: Path) -> str:
    experiment, progress = outcome.experiment, outcome.last.progress
    done = "interrupted after " if outcome.interrupted else ""
    lines = [
        WORDS[experiment.problem].drawing(outcome.last.learned),
        "",
        f"problem    {experiment.problem}: {outcome.problem.summary}",
        f"algorithm  {experiment.algorithm}, seed {experiment.seed}; "
        f"{IN_PLACE_OF_Q.get(experiment.algorithm, 'its own term')} in place of Q",
        f"effort     {done}{progress.steps} steps, {progress.episodes} episodes, {progress.iteration} updates",
        *_value_lines(outcome),
        f"picture    {picture}",
    ]
    return "\n".join(lines)


def _value_lines(outcome: Outcome) -> list[str]:
    problem, value = outcome.problem, outcome.last.value
    share = f"; {outcome.share_of_best:.1%} of the best" if outcome.share_of_best is not None else ""
    known = {"best": problem.best, "best deterministic": problem.best_deterministic, "random": outcome.random_value}
    others = ", ".join(f"{name} {number:.3f}" for name, number in known.items() if number is not None)
    nearer = f"; {outcome.times_nearer:.1f} times nearer than random" if outcome.times_nearer is not None else ""
    return [f"value      {value:.3f} ({problem.unit}){share}{nearer}", f"compare    {others}"]
