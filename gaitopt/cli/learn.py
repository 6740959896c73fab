"""`gaitopt learn`: teach a robot a faster gait."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.confirmation import ask_to_move
from gaitopt.cli.operator import operator
from gaitopt.cli.output import Answer, artefact_lines, evaluation_data, noise_line, score_words, speed_line
from gaitopt.errors import BodyError
from gaitopt.gait.gait_file import Gait, read_gait
from gaitopt.gait.parameters import GaitSpace
from gaitopt.hal.engine import engine_of
from gaitopt.optim.catalog import DEFAULT, OPTIMIZERS, parse_options
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.learn import new_run
from gaitopt.run.learn.optimize import Outcome, optimize
from gaitopt.run.overrides import change_specs
from gaitopt.run.real.robot import Operator
from gaitopt.run.target import DEFAULT_ROBOT, DEFAULT_SCENARIO
from gaitopt.scenario.objective import ScoreSpec, parse_score
from gaitopt.scenario.spec import load_scenario
from gaitopt.view.plots import learning_curve
from gaitopt.view.progress import ProgressView
from gaitopt.view.video import record_video

FRESH, FRESH_ON_ROBOT = 20, 5


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("learn", help="teach a robot a faster gait", description=__doc__)
    parser.add_argument("--robot", help=f"the robot (default: the one of --body, else {DEFAULT_ROBOT})")
    parser.add_argument("--scenario", default=DEFAULT_SCENARIO, help="where it walks (default: %(default)s)")
    parser.add_argument("--start", metavar="GAIT", help="the first gait: a name or a file (default: the robot's own)")
    parser.add_argument("--optimizer", default=DEFAULT, help=f"{', '.join(OPTIMIZERS)} (default: %(default)s)")
    parser.add_argument(
        "--traversals", type=arguments.positive, default=1035, metavar="N", help="the budget (default: %(default)s)"
    )
    parser.add_argument(
        "--fresh",
        type=arguments.at_least_two,
        metavar="N",
        help="fresh traversals that tell how fast start and winner are (default: 20; on a real robot 5)",
    )
    arguments.add_seed(parser)
    parser.add_argument("--name", help="the run's name (default: robot and optimizer)")
    arguments.add_desk(parser)
    arguments.add_score(parser)
    arguments.add_changes(parser, "; the optimizer's own, such as optimizer.repeats=5")
    arguments.add_runs(parser)
    arguments.add_effort(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """Learn."""
    arguments.check_effort(args)
    desk = arguments.desk(args)
    robot = load_robot(args.robot or arguments.usual_robot(args))
    given = {"robot": robot, "scenario": load_scenario(args.scenario), "engine": engine_of(robot)}
    specs = change_specs(given | {"optimizer": parse_options(args.optimizer)}, args.changes)
    options = specs.pop("optimizer").model_dump()
    score = parse_score(args.score) if args.score is not None else None
    if desk is not None:
        ask_to_move(desk.body, args.yes)
    with operator(desk, args) as someone:
        folder = new_run(
            **specs,
            desk=desk,
            fresh=args.fresh or (FRESH if desk is None else FRESH_ON_ROBOT),
            start=args.start,
            optimizer=args.optimizer,
            options=options,
            score=score,
            traversals=args.traversals,
            seed=args.seed,
            name=args.name,
            runs=args.runs,
        )
        return work(folder, args, someone)


def work(folder: RunFolder, args: argparse.Namespace, someone: Operator | None) -> Answer:
    """Learn from where a run stands to its end, and answer what was learned."""
    try:
        with ProgressView() as view:
            outcome = optimize(folder, args.workers, view, someone)
    except KeyboardInterrupt:
        return _interrupted(folder)
    except BodyError as error:
        raise BodyError(f"{error}; go on with: gaitopt resume {folder.path}") from error
    curve = learning_curve(folder)
    film = _film(folder, outcome.best) if args.video else None
    score = folder.config.score
    return Answer(_data(outcome, curve, film, score), _text(outcome, curve, film, score))


def _film(folder: RunFolder, best: Gait) -> Path:
    config = folder.config
    path, gaits = folder.path / arguments.VIDEO, {"before": config.start_gait, "after": best}
    with ProgressView() as view:
        record_video(
            path, gaits, config.robot, config.scenario, seed=config.seed, engine=config.engine, report=view.film
        )
    return path


def _data(outcome: Outcome, curve: Path, film: Path | None, score: ScoreSpec) -> dict[str, Any]:
    return {
        "best": vars(outcome.best.parameters),
        "start_speed_mps": outcome.start.speed_mps,
        "best_speed_mps": outcome.learned.speed_mps,
        "traversals": outcome.traversals,
        "traversals_per_s": outcome.traversals_per_s,
        "stopped_by": outcome.stopped,
        "run": str(outcome.run),
        "start": evaluation_data(outcome.start),
        "learned": evaluation_data(outcome.learned),
        "score": str(score),
        "noise": asdict(outcome.noise),
        "learning_curve": str(curve),
        "video": str(film) if film else None,
    }


def _text(outcome: Outcome, curve: Path, film: Path | None, score: ScoreSpec) -> str:
    lines = [
        f"start     {speed_line(outcome.start)}",
        f"learned   {speed_line(outcome.learned)}",
    ]
    if outcome.start.speed_mps > 0:
        lines.append(f"gain      {outcome.learned.speed_mps / outcome.start.speed_mps - 1:+.0%}")
    if not score.is_speed:
        lines.append(f"score     {score_words(outcome.start)} to {score_words(outcome.learned)} of {score}")
    lines += [
        *artefact_lines(outcome.learned),
        *_inactive(outcome),
        noise_line(outcome.noise, score),
        f"effort    {outcome.traversals} traversals, {outcome.traversals_per_s:.1f}/s",
        *(f"stopped   {reason}" for reason in outcome.stopped.values()),
        f"gait      {outcome.run / 'best.toml'}",
        f"curve     {curve}",
    ]
    return "\n".join(lines + ([f"video     {film}"] if film else []))


def _inactive(outcome: Outcome) -> list[str]:
    names = GaitSpace(RunFolder(outcome.run).config.robot).inactive
    return [f"inactive  {', '.join(names)}: this robot's legs cannot follow them"] if names else []


def _interrupted(folder: RunFolder) -> Answer:
    with folder.open_store() as store:
        done = store.count("learn")
    best = read_gait(folder.best_path) if folder.best_path.is_file() else None
    data = {
        "interrupted": True,
        "best": vars(best.parameters) if best else None,
        "traversals": done,
        "run": str(folder.path),
    }
    learned = f"the best gait so far: {folder.best_path}" if best else "no iteration was finished"
    text = f"interrupted after {done} traversals; {learned}\ngo on with: gaitopt resume {folder.path}"
    return Answer(data, text, exit_code=130)
