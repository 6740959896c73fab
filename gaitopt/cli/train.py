"""`gaitopt train`: train a policy that adjusts a gait while the robot walks.

An interrupted or killed training continues with `gaitopt resume FOLDER`; the result is the same as without
interruption.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer, artefact_lines, gain_lines, interrupted
from gaitopt.cli.settings_options import add_settings, read_arguments
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import TrainOutcome, new_training
from gaitopt.view.train.curve import TRAINING_CURVE
from gaitopt.view.train.train import finish_training
from gaitopt.view.video import record_video
from gaitopt.workers import check_count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_settings(parser, TrainSettings)
    arguments.add_effort(parser)


def run(args: argparse.Namespace) -> Answer:
    """Train a policy."""
    check_count(args.workers)
    arguments.check_effort(args)
    return work(new_training(read_arguments(args, TrainSettings), args.runs, args.workers), args)


def work(folder: TrainFolder, args: argparse.Namespace) -> Answer:
    """Continue a training to its end, and return the output."""
    check_count(args.workers)
    try:
        outcome = finish_training(folder, args.workers, plain=True)
    except KeyboardInterrupt:
        rows = folder.read_progress()
        steps = int(rows[-1]["steps"]) if rows else 0
        return interrupted(folder.path, f"{steps} steps", steps=steps)
    curve = folder.path / TRAINING_CURVE
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
        "gait": asdict(outcome.gait),
        "learned": asdict(outcome.learned),
        "parameters_digest": outcome.trained.digest,
        "training_curve": str(curve),
        "video": str(film) if film else None,
    }


def _text(folder: TrainFolder, outcome: TrainOutcome, curve: Path, film: Path | None) -> str:
    progress = outcome.progress
    lines = [
        *gain_lines(gait=outcome.gait, policy=outcome.learned),
        *artefact_lines(outcome.learned),
        f"effort    {progress.steps} steps, {progress.episodes} episodes, {outcome.steps_per_s:.0f} steps/s; "
        f"{', '.join(outcome.reasons.values())}",
        f"file      {folder.policy_path}",
        f"curve     {curve}",
    ]
    return "\n".join(lines + ([f"video     {film}"] if film else []))
