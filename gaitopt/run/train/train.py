"""Creation and continuation of trainings.

The loop collects the experience that the algorithm requests, updates the policy, and saves the state of training;
evaluation walks then measure the gait alone and the policy.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gaitopt.errors import InputError
from gaitopt.rl.arrays import State
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.training import Progress, Training, save_state
from gaitopt.run.rollout import World, measure
from gaitopt.run.settings.differences import first_difference
from gaitopt.run.settings.versions import engine_used
from gaitopt.run.train.folder import Row, TrainFolder, create_training
from gaitopt.run.train.sampler_pool import SamplerFactory, SamplerPool
from gaitopt.run.train.settings import TrainSettings, new_algorithm, new_policy
from gaitopt.run.walkers.trained_policy import AboutPolicy, TrainedPolicy
from gaitopt.run.walkers.walker import gait_walker
from gaitopt.spec import parse_spec
from gaitopt.walk.evaluation import Evaluation
from gaitopt.workers import WorkerChoice

SAVE_EVERY_S = 20.0
"""Time between two saves of the state of training [s]; experience collected after a save is collected again."""

PACE_WALKS = 4
"""Number of walks that measure the speed of the gait alone, which rewards are compared with."""

MAY_CHANGE = {"name", "steps", "iterations", "return_goal", "snapshots", "fresh"}
"""Settings that may be changed before a training is resumed."""

Report = Callable[[Progress, float], None]
"""Called after every iteration with the progress and the number of steps per second."""


@dataclass(frozen=True)
class TrainOutcome:
    """Result of a finished training. The evaluations are by walks that were not used for learning."""

    run: Path
    trained: TrainedPolicy
    gait: Evaluation
    """Evaluation of the gait alone."""
    learned: Evaluation
    """Evaluation of the gait with the policy."""
    progress: Progress
    """Progress at the end of training."""
    steps_per_s: float
    """Speed of training in this process [1/s]; 0 if it had ended before."""
    reasons: dict[str, str]
    """Reasons for which it stopped."""


def new_training(settings: TrainSettings, runs: Path | str, workers: int = 1) -> TrainFolder:
    """Check that a policy can be trained, measure the speed of the gait alone, and make the folder."""
    new_algorithm(settings, new_policy(settings, settings.environment()))  # fails before a folder is made
    return create_training(settings, measured_pace(settings, workers), Path(runs))


def measured_pace(settings: TrainSettings, workers: WorkerChoice) -> float:
    """Return the speed of the gait alone [m/s], which rewards are compared with; it depends on the seed."""
    alone = [gait_walker(settings.robot, settings.start_gait)]
    return measure(alone, _world(settings), PACE_WALKS, settings.seed, workers)[0].speed_mps


def continue_training(folder: TrainFolder, workers: int, report: Report | None = None) -> TrainOutcome:
    """Continue a training to its end; the result is the same as without an interruption.

    Args:
        folder: a new training, or one interrupted at any moment.
        workers: number of processes; the result does not depend on it.
        report: called after every iteration.

    Raises:
        InputError: a value was not finite, and the last good state is kept; or the folder cannot be written.
    """
    folder.check_layout()
    with folder.locked():
        return _TrainLoop(folder, workers, report or (lambda progress, speed: None)).run()


class _TrainLoop:
    """Execution of one training."""

    def __init__(self, folder: TrainFolder, workers: int, report: Report) -> None:
        self._folder, self._config, self._workers, self._report = folder, folder.config, workers, report
        self._make_environment = partial(self._config.environment, folder.pace_mps)
        self._environment = self._make_environment()
        self._policy = new_policy(self._config, self._environment)
        self._settings = self._config.model_dump(mode="json", exclude=MAY_CHANGE) | {"pace_mps": folder.pace_mps}
        self._rows: list[Row] = []
        self._state: State | None = None  # after the last whole update of this process
        self._last = Progress(0, 0, 0, float("nan"), {})

    def run(self) -> TrainOutcome:
        config = self._config
        factory = SamplerFactory(self._make_environment, self._policy.kind, self._policy.options(), config.seed)
        with SamplerPool(factory, config.environments, self._workers) as pool:
            training = Training(new_algorithm(config, self._policy), pool, config.stopping)
            per_second = self._train(training)
        trained = self._trained({})
        alone = gait_walker(config.robot, config.start_gait)
        gait, learned = measure([alone, trained], _world(config), config.fresh, config.seed, self._workers)
        measured = {
            "speed_mps": learned.speed_mps,
            "speed_ci95_mps": list(learned.speed_ci95_mps),
            "gait_speed_mps": gait.speed_mps,
            "finished": learned.finished,
            "fresh_traversals": learned.repeats,
            "artefacts": list(learned.artefacts),
        }
        trained = self._trained(measured)
        trained.save(self._folder.policy_path)
        self._folder.write_result({"speed_mps": learned.speed_mps, "gait_speed_mps": gait.speed_mps})
        reasons = training.stop_reasons()
        return TrainOutcome(self._folder.path, trained, gait, learned, self._last, per_second, reasons)

    def _train(self, training: Training) -> float:
        """Train to the end and return the speed [steps/s]."""
        self._restore(training)
        begun = saved = time.perf_counter()
        self._begun = begun - self._folder.wall_s
        already, speed = self._last.steps, 0.0
        try:
            while not training.stop_reasons():
                steps, policy = self._last.steps, self._policy.state()
                self._last = training.iterate()
                self._keep_snapshots(steps, policy, self._last.steps)
                self._rows.append(_row(self._last))
                self._state = training.state()
                now = time.perf_counter()
                speed = (self._last.steps - already) / (now - begun)
                self._report(self._last, speed)
                if now - saved > SAVE_EVERY_S:
                    self._save()
                    saved = now
            self._keep_snapshots(self._last.steps, self._policy.state(), math.inf)
        finally:  # also after an error or an interrupt: the state after the last whole update
            self._save()
        return speed

    def _keep_snapshots(self, since: int, state: State, until: float) -> None:
        """Write the policy in use from `since` to `until` steps, if the settings ask for a snapshot there."""
        if since > 0 and any(since <= steps < until for steps in self._config.snapshots):
            policy = make_policy(self._policy.kind, self._policy.options())
            policy.restore(state)
            path = self._folder.snapshot_path(since)
            with suppress(OSError):  # saving the file reports it
                path.parent.mkdir(exist_ok=True)
            self._trained({"steps": since}, policy).save(path)

    def _restore(self, training: Training) -> None:
        """Restore the saved state, if there is one."""
        if not self._folder.state_path.exists():
            if self._folder.policy_path.exists():  # it is written after the state
                raise InputError(
                    f"{self._folder.state_path}: is missing, and training cannot continue without it; "
                    f"start a new one (policy so far: {self._folder.policy_path})"
                )
            return
        begun_with = self._filled_in(training.load(self._folder.state_path))
        if found := first_difference(begun_with, self._settings):
            key, then, now = found
            raise InputError(
                f"{self._folder.path}: was begun with {key} = {then!r}, got {now!r}; "
                "change it back, or start a new training"
            )
        self._last = training.progress
        self._rows = [row for row in self._folder.read_progress() if row["iteration"] <= self._last.iteration]

    def _filled_in(self, begun_with: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings in a state, with defaults for those that its version did not have."""
        stored = {"pace_mps": self._folder.pace_mps, **begun_with}
        pace = {"pace_mps": stored.pop("pace_mps")}
        free = self._config.model_dump(mode="json", include=MAY_CHANGE)
        begun = parse_spec(TrainSettings, free | stored, str(self._folder.state_path))
        return begun.model_dump(mode="json", exclude=MAY_CHANGE) | pace

    def _save(self) -> None:
        if self._state is not None:
            self._folder.write_progress(self._rows)
            self._folder.write_wall_s(time.perf_counter() - self._begun)
            save_state(self._folder.state_path, self._state, self._settings)
            self._trained({}).save(self._folder.policy_path)

    def _trained(self, measured: Mapping[str, Any], policy: Policy | None = None) -> TrainedPolicy:
        config = self._config
        origin = {
            "run": config.name,
            "algorithm": config.algorithm,
            **engine_used(config.engine),
            "seed": config.seed,
            "steps": self._last.steps,
        }
        about = AboutPolicy(
            robot=config.robot.name,
            scenario=config.scenario.name,
            gait=config.gait.parameters,
            interface=config.interface,
            observation=self._environment.observation_names,
            action=self._environment.action_names,
            origin=origin | dict(measured),
        )
        return TrainedPolicy(policy or self._policy, about)


def _world(config: TrainSettings) -> World:
    return World(config.robot, config.scenario, config.engine)


def _row(progress: Progress) -> Row:
    counted = {"iteration": progress.iteration, "steps": progress.steps, "episodes": progress.episodes}
    return {**counted, "fell": progress.terminated, "mean_return": progress.mean_return, **progress.metrics}
