"""`gaitopt train`: train a policy that adjusts a gait while the robot walks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer, artefact_lines, evaluation_data, speed_line
from gaitopt.hal.engine import engine_of
from gaitopt.rl.algorithms.catalog import ALGORITHMS, parse_options
from gaitopt.rl.training import Stopping
from gaitopt.robot.spec import load_robot
from gaitopt.run.overrides import change_specs
from gaitopt.run.target import DEFAULT_ROBOT, DEFAULT_SCENARIO
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import POLICIES, PolicyOptions, usual_interface, usual_policy, walking_options
from gaitopt.run.train.train import STEPS, TrainOutcome, continue_training, new_training
from gaitopt.scenario.spec import load_scenario
from gaitopt.spec import parse_spec
from gaitopt.view.train_plots import training_curve
from gaitopt.view.train_progress import TrainProgressView
from gaitopt.view.video import record_video
from gaitopt.workers import check_count


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("train", help="train a policy that adjusts a gait as it walks", description=__doc__)
    parser.add_argument("--robot", default=DEFAULT_ROBOT, help="the robot (default: %(default)s)")
    parser.add_argument("--scenario", default=DEFAULT_SCENARIO, help="where it walks (default: %(default)s)")
    parser.add_argument("--gait", help="the gait to adjust: a name or a file (default: the robot's own)")
    parser.add_argument("--algorithm", default="ppo", help=f"{', '.join(ALGORITHMS)} (default: %(default)s)")
    parser.add_argument("--policy", help=f"{', '.join(POLICIES)} (default: the algorithm's usual one)")
    parser.add_argument(
        "--steps", type=arguments.positive, metavar="N", help=f"stop after so many steps (default: {STEPS})"
    )
    parser.add_argument("--iterations", type=arguments.positive, metavar="N", help="stop after so many updates")
    parser.add_argument(
        "--return", type=float, dest="goal", metavar="R", help="stop when the mean return of 100 episodes is so high"
    )
    parser.add_argument(
        "--environments",
        type=arguments.positive,
        default=8,
        metavar="N",
        help="how many walk side by side; what is learned depends on it (default: %(default)s)",
    )
    parser.add_argument(
        "--fresh",
        type=arguments.at_least_two,
        default=20,
        metavar="N",
        help="fresh traversals that tell how fast gait and policy are (default: %(default)s)",
    )
    arguments.add_seed(parser)
    parser.add_argument("--name", help="the run's name (default: robot, algorithm and scenario)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="KEY=VALUE",
        help="change a setting, such as algorithm.rate=0.001, policy.sigma=0.1, interface.adjust.residuals=true, "
        "interface.observe=['phase','joints'] or scenario.friction=0.5; none switches off, as algorithm.kl_stop=none",
    )
    arguments.add_runs(parser)
    arguments.add_effort(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """Train."""
    check_count(args.workers)
    arguments.check_effort(args)
    robot = load_robot(args.robot)
    specs = change_specs(
        {
            "robot": robot,
            "scenario": load_scenario(args.scenario),
            "engine": engine_of(robot),
            "algorithm": parse_options(args.algorithm, walking_options(args.algorithm, args.policy)),
            "policy": PolicyOptions(),
            "interface": usual_interface(args.policy or usual_policy(args.algorithm)),
        },
        args.changes,
    )
    rules = {"steps": args.steps, "iterations": args.iterations, "return_goal": args.goal}
    if args.steps is None and args.iterations is None:
        rules["steps"] = STEPS
    folder = new_training(
        robot=specs["robot"],
        scenario=specs["scenario"],
        gait=args.gait,
        algorithm=args.algorithm,
        options=specs["algorithm"].model_dump(),
        policy=args.policy,
        policy_options=specs["policy"],
        interface=specs["interface"],
        stopping=parse_spec(Stopping, rules, "stopping rules"),
        environments=args.environments,
        engine=specs["engine"],
        fresh=args.fresh,
        seed=args.seed,
        name=args.name,
        runs=args.runs,
        workers=args.workers,
    )
    return work(folder, args)


def work(folder: TrainFolder, args: argparse.Namespace) -> Answer:
    """Train from where a training stands to its end, and answer what was learned."""
    check_count(args.workers)
    try:
        with TrainProgressView(folder.config) as view:
            outcome = continue_training(folder, args.workers, view)
    except KeyboardInterrupt:
        return _interrupted(folder)
    curve = training_curve(folder)
    film = _film(folder, outcome) if args.video else None
    return Answer(_data(folder, outcome, curve, film), _text(folder, outcome, curve, film))


def _film(folder: TrainFolder, outcome: TrainOutcome) -> Path:
    config = folder.config
    path = folder.path / arguments.VIDEO
    walkers = {"gait alone": outcome.trained.gait, "with policy": outcome.trained}
    record_video(path, walkers, config.robot, config.scenario, seed=config.seed, engine=config.engine)
    return path


def _data(folder: TrainFolder, outcome: TrainOutcome, curve: Path, film: Path | None) -> dict[str, Any]:
    config, progress = folder.config, outcome.progress
    return {
        "run": str(outcome.run),
        "policy": str(folder.policy_path),
        "algorithm": config.algorithm,
        "scenario": config.scenario.name,
        "seed": config.seed,
        "steps": progress.steps,
        "iterations": progress.iteration,
        "episodes": progress.episodes,
        "mean_return": progress.mean_return,
        "metrics": progress.metrics,
        "steps_per_s": outcome.steps_per_s,
        "stopped_by": outcome.reasons,
        "gait_speed_mps": outcome.gait.speed_mps,
        "policy_speed_mps": outcome.learned.speed_mps,
        "gait": evaluation_data(outcome.gait),
        "learned": evaluation_data(outcome.learned),
        "parameters_digest": outcome.trained.digest,
        "training_curve": str(curve),
        "video": str(film) if film else None,
    }


def _text(folder: TrainFolder, outcome: TrainOutcome, curve: Path, film: Path | None) -> str:
    progress = outcome.progress
    lines = [f"gait      {speed_line(outcome.gait)}", f"policy    {speed_line(outcome.learned)}"]
    if outcome.gait.speed_mps > 0:
        lines.append(f"gain      {outcome.learned.speed_mps / outcome.gait.speed_mps - 1:+.0%}")
    lines += [
        *artefact_lines(outcome.learned),
        f"effort    {progress.steps} steps, {progress.episodes} episodes, {outcome.steps_per_s:.0f} steps/s; "
        f"{', '.join(outcome.reasons.values())}",
        f"file      {folder.policy_path}",
        f"curve     {curve}",
    ]
    return "\n".join(lines + ([f"video     {film}"] if film else []))


def _interrupted(folder: TrainFolder) -> Answer:
    rows = folder.read_progress()
    steps = int(rows[-1]["steps"]) if rows else 0
    data = {"interrupted": True, "steps": steps, "run": str(folder.path)}
    text = f"interrupted after {steps} steps\ngo on with: gaitopt resume {folder.path}"
    return Answer(data, text, exit_code=130)
