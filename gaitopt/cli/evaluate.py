"""`gaitopt evaluate`: measure a gait, a policy on its gait, or your own controller by evaluation walks.

A run was reported by the evaluation walks of its own seed; another --seed walks others.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict

from gaitopt.cli import arguments
from gaitopt.cli.operator import ask_to_move, operator
from gaitopt.cli.output import Answer, artefact_lines, score_words, speed_line
from gaitopt.run.rollout import World, measure
from gaitopt.run.settings.versions import engine_used
from gaitopt.run.walkers.walk_setup import find_walk
from gaitopt.scenario.objective import TERMS, parse_score
from gaitopt.walk.evaluation import Evaluation
from gaitopt.workers import check_workers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_walker(parser)
    parser.add_argument(
        "--repeats",
        type=arguments.positive,
        default=20,
        metavar="N",
        help="number of evaluation walks (default: %(default)s)",
    )
    parser.add_argument(
        "--score",
        metavar="SUM",
        help=f"objective: a weighted sum of {', '.join(TERMS)}, such as 'speed - 0.5*sway' "
        "(default: the scenario's own, else speed)",
    )
    arguments.add_real_robot(parser)
    arguments.add_workers(parser)
    arguments.add_seed(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Evaluate."""
    check_workers(args.workers)
    setup = find_walk(args.walker, args.robot, args.scenario, args.runs, args.changes, arguments.usual_robot(args))
    score = parse_score(args.score) if args.score is not None else setup.usual_score
    real = arguments.real_robot(args)
    if real is not None:
        ask_to_move(real.body, args.yes)
    with operator(real, args) as someone:
        body = setup.engine if real is None else real.operated_by(someone)
        world = World(setup.robot, setup.scenario, body)
        result = measure([setup.walker], world, args.repeats, args.seed, args.workers, score)[0]
    names = {"robot": setup.robot.name, "gait": setup.label, "scenario": setup.scenario.name, "seed": args.seed}
    names |= {"score_of": str(score)} | (engine_used(setup.engine) if real is None else {})
    text = [
        ", ".join([setup.robot.name, setup.label, setup.scenario.name, *([setup.engine.name] if real is None else [])]),
        f"speed     {speed_line(result)}",
        *([] if score.is_speed else [f"score     {score_words(result)} of {score}"]),
        *_measured_lines(result),
        *artefact_lines(result),
    ]
    return Answer(names | asdict(result), "\n".join(text))


def _measured_lines(result: Evaluation) -> list[str]:
    """Return what the body measured; a real one cannot measure all of it."""
    roll, pitch = math.degrees(result.roll_spread), math.degrees(result.pitch_spread)
    lines = {
        f"sway      roll {roll:.1f} deg, pitch {pitch:.1f} deg": roll,
        f"energy    {result.energy_j:.0f} J a traversal": result.energy_j,
        f"power     {result.power_w:.1f} W": result.power_w,
        f"drift     {result.drift_m * 1e3:+.0f} mm sideways": result.drift_m,
    }
    return [line for line, value in lines.items() if not math.isnan(value)]
