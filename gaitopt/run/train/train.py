"""Training in one call: what the command line and scripts use.

Live through what the algorithm asks for, learn, keep where it stands; report by fresh traversals that picked nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait
from gaitopt.hal.engine import EngineSpec
from gaitopt.rl.arrays import State
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.training import Progress, Stopping, Training, save_state
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.run.learn.learn import RUNS
from gaitopt.run.learn.settings import first_difference
from gaitopt.run.rollout import evaluate
from gaitopt.run.train.folder import Row, TrainFolder, create_training
from gaitopt.run.train.sampler_pool import SamplerFactory, SamplerPool
from gaitopt.run.train.settings import (
    PolicyOptions,
    TrainConfig,
    check_beginning,
    new_algorithm,
    new_policy,
    resolve_training,
)
from gaitopt.run.trained_policy import AboutPolicy, TrainedPolicy
from gaitopt.scenario.spec import ScenarioSpec, load_scenario
from gaitopt.spec import parse_spec
from gaitopt.walk.evaluation import Evaluation
from gaitopt.walk.policy_controller import Interface
from gaitopt.workers import WorkerChoice, check_count, default_count

SAVE_EVERY_S = 20.0
"""Time between two savings of where training stands [s]; what was lived through since is lived through again."""

PACE_WALKS = 4
"""Walks that tell the gait's own pace, which is what rewards are compared with."""

STEPS = 200_000
"""After so many steps a training stops if nobody says otherwise."""

MAY_CHANGE = {"name", "versions", "stopping", "snapshots", "fresh"}
"""Settings that another process may go on with otherwise; changed versions are told."""

Report = Callable[[Progress, float], None]
"""Called after every iteration with how far training is, and its steps per second."""


@dataclass(frozen=True)
class TrainOutcome:
    """What a finished training learned. The evaluations are by fresh traversals that picked nothing."""

    run: Path
    trained: TrainedPolicy
    gait: Evaluation
    """The gait alone."""
    learned: Evaluation
    """The gait with the policy."""
    progress: Progress
    """How far training came."""
    steps_per_s: float
    """Speed of training in this process [1/s]; 0 if it had been done already."""
    reasons: dict[str, str]
    """Why it stopped."""


def train(
    robot: str | RobotSpec = "aibo-ers7",
    scenario: str | ScenarioSpec = "field",
    gait: str | Gait | None = None,
    algorithm: str = "ppo",
    steps: int | None = STEPS,
    workers: int | None = None,
    seed: int = 0,
    name: str | None = None,
    runs: Path | str = RUNS,
    policy: str | None = None,
    policy_options: PolicyOptions | None = None,
    options: dict[str, Any] | None = None,
    interface: Interface | None = None,
    stopping: Stopping | None = None,
    environments: int = 8,
    engine: EngineSpec | None = None,
    fresh: int = 20,
    report: Report | None = None,
) -> TrainOutcome:
    """Train a policy that adjusts a gait while it walks; the run is kept in a folder of its own.

    Args:
        robot: a name or a spec.
        scenario: a name or a spec.
        gait: a gait's name, its file, or a gait; the robot's usual start if None.
        algorithm: a name; see `gaitopt list algorithms`.
        steps: after so many steps it stops.
        workers: processes; all cores if None. The result does not depend on it.
        seed: of the run.
        name: of the run.
        runs: folder in which the run's folder is made.
        policy: `linear`, `perceptron` or `softmax`; the algorithm's usual one if None.
        policy_options: how it begins: its noise, its layers.
        options: of the algorithm.
        interface: what the policy sees and changes.
        stopping: other rules to stop by, in place of `steps`.
        environments: how many walk side by side; the result depends on it.
        engine: how the physics are computed.
        fresh: traversals that tell how fast gait and policy are.
        report: called after every iteration.

    Raises:
        InputError: something cannot be used; nothing is left half-written.
    """
    workers = default_count() if workers is None else workers
    check_count(workers)
    folder = new_training(
        robot=robot,
        scenario=scenario,
        gait=gait,
        algorithm=algorithm,
        stopping=stopping or parse_spec(Stopping, {"steps": steps}, "stopping"),
        seed=seed,
        policy=policy,
        policy_options=policy_options,
        name=name,
        runs=runs,
        options=options,
        interface=interface,
        environments=environments,
        engine=engine,
        fresh=fresh,
        workers=workers,
    )
    return continue_training(folder, workers, report)


def new_training(
    *,
    robot: str | RobotSpec,
    scenario: str | ScenarioSpec,
    gait: str | Gait | None,
    runs: Path | str,
    workers: int = 1,
    **settings: Any,
) -> TrainFolder:
    """Check the settings of a training, measure the gait's own pace and make the folder; see `train`."""
    robot = load_robot(robot) if isinstance(robot, str) else robot
    scenario = load_scenario(scenario) if isinstance(scenario, str) else scenario
    gait = gait or robot.start_gait
    gait_name = gait if isinstance(gait, str) else "given"
    start = load_gait(gait, robot) if isinstance(gait, str) else gait
    config = resolve_training(robot=robot, scenario=scenario, gait=start, gait_name=gait_name, **settings)
    check_beginning(config.policy, config.policy_options)
    new_algorithm(config, new_policy(config, config.environment()))  # what does not fit shall fail before a folder is
    return create_training(with_pace(config, workers), Path(runs))


def with_pace(config: TrainConfig, workers: WorkerChoice) -> TrainConfig:
    """Return the settings with the gait's own pace, which is walked for; it depends on the seed."""
    alone = evaluate(config.start_gait, config.robot, config.scenario, PACE_WALKS, config.seed, config.engine, workers)
    return config.model_copy(update={"pace_mps": alone.speed_mps})


def continue_training(folder: TrainFolder, workers: int, report: Report | None = None) -> TrainOutcome:
    """Train from where a training stands to its end; one that was stopped ends as if it never had been.

    Args:
        folder: new, or stopped at any moment.
        workers: how many processes walk; the result does not depend on it.
        report: called after every iteration.

    Raises:
        InputError: something was not a number, and the last good state is kept; or the folder cannot be written.
    """
    with folder.locked():
        return _Work(folder, workers, report or (lambda progress, speed: None)).run()


class _Work:
    """One training at work."""

    def __init__(self, folder: TrainFolder, workers: int, report: Report) -> None:
        self._folder, self._config, self._workers, self._report = folder, folder.config, workers, report
        self._environment = self._config.environment()
        self._policy = new_policy(self._config, self._environment)
        self._settings = self._config.model_dump(mode="json", exclude=MAY_CHANGE)
        self._rows: list[Row] = []
        self._state: State | None = None  # after the last whole update of this process
        self._last = Progress(0, 0, 0, float("nan"), {})

    def run(self) -> TrainOutcome:
        config = self._config
        factory = SamplerFactory(config.environment, self._policy.kind, self._policy.options(), config.seed)
        with SamplerPool(factory, config.environments, self._workers) as pool:
            training = Training(new_algorithm(config, self._policy), pool, config.stopping)
            per_second = self._train(training)
        trained = self._trained({})
        gait, learned = (self._evaluate(who) for who in (None, trained))
        told = {"speed_mps": learned.speed_mps, "speed_ci95_mps": list(learned.speed_ci95_mps)}
        told |= {"gait_speed_mps": gait.speed_mps, "finished": learned.finished, "fresh_traversals": learned.repeats}
        trained = self._trained(told | {"artefacts": list(learned.artefacts)})
        trained.save(self._folder.policy_path)
        reasons = training.stop_reasons()
        return TrainOutcome(self._folder.path, trained, gait, learned, self._last, per_second, reasons)

    def _train(self, training: Training) -> float:
        """Train to the end and return the speed [steps/s]."""
        self._take_up(training)
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
        finally:  # after an error or an interrupt, too, what the last whole update left
            self._save()
        return speed

    def _keep_snapshots(self, since: int, state: State, until: float) -> None:
        """Write the policy that stood from `since` steps to the next update, if it is one to be kept."""
        if since > 0 and any(since <= steps < until for steps in self._config.snapshots):
            policy = make_policy(self._policy.kind, self._policy.options())
            policy.restore(state)
            path = self._folder.snapshot_path(since)
            with suppress(OSError):  # saving will tell
                path.parent.mkdir(exist_ok=True)
            self._trained({"steps": since}, policy).save(path)

    def _take_up(self, training: Training) -> None:
        """Go on from where it stands, if it has begun."""
        if not self._folder.state_path.exists():
            if self._folder.policy_path.exists():  # it is written after the state
                raise InputError(
                    f"{self._folder.state_path}: is gone, and training cannot go on without it; "
                    f"begin a new one (its policy so far: {self._folder.policy_path})"
                )
            return
        begun_with = training.load(self._folder.state_path)
        own = self._config.model_dump(mode="json", include=MAY_CHANGE)
        begun = parse_spec(TrainConfig, {**own, **begun_with}, str(self._folder.state_path))  # new keys: their defaults
        if found := first_difference(begun.model_dump(mode="json", exclude=MAY_CHANGE), self._settings):
            key, then, now = found
            raise InputError(
                f"{self._folder.path}: was begun with {key} = {then!r}, got {now!r}; "
                "put it back, or begin a new training"
            )
        self._last = training.progress
        self._rows = [row for row in self._folder.read_progress() if row["iteration"] <= self._last.iteration]

    def _save(self) -> None:
        if self._state is not None:
            self._folder.write_progress(self._rows)
            self._folder.write_wall_s(time.perf_counter() - self._begun)
            save_state(self._folder.state_path, self._state, self._settings)
            self._trained({}).save(self._folder.policy_path)

    def _trained(self, told: Mapping[str, Any], policy: Policy | None = None) -> TrainedPolicy:
        config = self._config
        origin = {
            "run": config.name,
            "algorithm": config.algorithm,
            "engine": config.engine.name,
            "time_step_s": config.engine.time_step_s,
            "seed": config.seed,
            "steps": self._last.steps,
        }
        about = AboutPolicy(
            robot=config.robot.name,
            scenario=config.scenario.name,
            gait=config.gait,
            interface=config.interface,
            observation=self._environment.observation_names,
            action=self._environment.action_names,
            origin=origin | dict(told),
        )
        return TrainedPolicy(policy or self._policy, about)

    def _evaluate(self, trained: TrainedPolicy | None) -> Evaluation:
        config = self._config
        return evaluate(
            config.start_gait,
            config.robot,
            config.scenario,
            config.fresh,
            config.seed,
            config.engine,
            self._workers,
            trained=trained,
        )


def _row(progress: Progress) -> Row:
    counted = {"iteration": progress.iteration, "steps": progress.steps, "episodes": progress.episodes}
    return {**counted, "fell": progress.terminated, "mean_return": progress.mean_return, **progress.metrics}
