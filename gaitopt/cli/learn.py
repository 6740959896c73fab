"""`gaitopt learn`: learn a faster gait, in simulation or on a real robot.

An interrupted or killed run continues with `gaitopt resume FOLDER`; the result is the same as without interruption.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.operator import ask_to_move, operator
from gaitopt.cli.output import Answer, artefact_lines, gain_lines, interrupted, noise_line, score_words
from gaitopt.cli.settings_options import add_settings, fields_of, read_arguments
from gaitopt.errors import BodyError
from gaitopt.gait.gait_file import Gait, read_gait
from gaitopt.gait.space import GaitSpace
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import Outcome, new_run
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.real.robot import Operator
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.view.film_progress import FilmProgressView
from gaitopt.view.learn.curve import LEARNING_CURVE
from gaitopt.view.learn.learn import finish_run
from gaitopt.view.video import record_video


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_settings(parser, LearnSettings)
    arguments.add_real_robot(parser.add_argument_group("real robot"))
    arguments.add_effort(parser)


def run(args: argparse.Namespace) -> Answer:
    """Learn a gait."""
    arguments.check_effort(args)
    real = arguments.real_robot(args)
    more: dict[str, Any] = {"real": real}
    if real is not None and args.robot is None and "robot" not in fields_of(args, LearnSettings):
        more["robot"] = arguments.usual_robot(args)
    settings = read_arguments(args, LearnSettings, (), **more)
    if settings.real is not None:
        ask_to_move(settings.real.body, args.yes)
    with operator(settings.real, args) as person:
        return work(new_run(settings, args.runs), args, person)


def work(folder: RunFolder, args: argparse.Namespace, person: Operator | None) -> Answer:
    """Continue a run to its end, and return the output."""
    try:
        outcome = finish_run(folder, args.workers, operator=person, plain=True)
    except KeyboardInterrupt:
        return _interrupted(folder)
    except BodyError as error:
        raise BodyError(f"{error}; continue with: gaitopt resume {folder.path}") from error
    curve = folder.path / LEARNING_CURVE
    film = _film(folder, outcome.best) if args.video else None
    score = folder.config.score
    return Answer(_data(outcome, curve, film, score), _text(outcome, curve, film, score))


def _film(folder: RunFolder, best: Gait) -> Path:
    config = folder.config
    path, gaits = folder.path / arguments.VIDEO, {"before": config.start_gait, "after": best}
    with FilmProgressView() as view:
        record_video(path, gaits, config.robot, config.scenario, seed=config.seed, engine=config.engine, report=view)
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
        "start": asdict(outcome.start),
        "learned": asdict(outcome.learned),
        "score": str(score),
        "noise": asdict(outcome.noise),
        "learning_curve": str(curve),
        "video": str(film) if film else None,
    }


def _text(outcome: Outcome, curve: Path, film: Path | None, score: ScoreSpec) -> str:
    lines = gain_lines(start=outcome.start, learned=outcome.learned)
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
    learned = f"the best gait so far: {folder.best_path}" if best else "no iteration was finished"
    parameters = vars(best.parameters) if best else None
    return interrupted(folder.path, f"{done} traversals; {learned}", best=parameters, traversals=done)
