"""Runs of a comparison, whatever they learn: learning, the recommendations over time, and the cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import read_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.gait.space import GaitSpace
from gaitopt.run.database import count
from gaitopt.run.experiment import CONFIG, kind_of
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.rollout import RolloutWorkers
from gaitopt.run.store import RunStore
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import continue_training
from gaitopt.run.walkers.trained_policy import read_trained
from gaitopt.run.walkers.walker import Walker, gait_walker
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.walk.traversal import Status
from gaitopt.workers import WorkerChoice


@dataclass(frozen=True)
class Incumbent:
    """Gait or policy that a run recommended at a point of its curve."""

    since: int
    """Budget spent when it was first recommended."""
    walker: Walker


class Effort(NamedTuple):
    """Cost of learning; see `Curve`."""

    spent: int
    walks: int
    fell: int
    wall_s: float
    overhead_s: float


class OptimizerTrial(RunFolder):
    """A run of an optimizer."""

    @property
    def method(self) -> str:
        """Name of the optimizer."""
        return self.config.optimizer

    @property
    def score(self) -> ScoreSpec:
        """Objective of the run."""
        return self.config.score

    @property
    def title(self) -> str:
        """Robot and scenario."""
        return f"{self.config.robot.name} on {self.config.scenario.name}"

    @property
    def spent(self) -> int:
        """Traversals of learning so far."""
        return count(self.database_path, "learn") if self.database_path.is_file() else 0

    @property
    def result(self) -> str | None:
        """Speed or score of the best gait; None if the run is unfinished, or its file is damaged."""
        if not self.database_path.is_file():
            return None
        try:
            origin = read_gait(self.best_path).origin
        except InputError:  # learning replays the store and writes the file again
            return None
        if "score_mean" in origin:
            return f"{origin['score_mean']:.3f} of {origin['score']}"
        return f"{origin['speed_mps'] * 1e3:.0f} mm/s" if "speed_mps" in origin else None

    @property
    def how_to_restart(self) -> str:
        """Instruction to delete the database."""
        return f"delete {self.database_path}"

    def learn(self, workers: WorkerChoice | RolloutWorkers = 1) -> None:
        """Learn to the end; from the start, if its database was deleted."""
        if not self.database_path.exists():
            RunStore(self.database_path, create=True).close()
        optimize(self, workers)

    def recommended(self, points: Sequence[int]) -> list[Incumbent]:
        """Return the gait recommended after each of these numbers of traversals; at first the start gait."""
        with self.open_store() as store:
            iterations = store.iterations()
            if not iterations or iterations[-1].traversals != store.count("learn"):
                raise InputError(f"{self.database_path}: lacks traversals or iterations")
        space = GaitSpace(self.config.robot)
        start = space.from_cube(space.to_cube(self.config.start_gait))  # rounded as optimizers recommend it
        current = Incumbent(0, gait_walker(self.config.robot, start))
        found = []
        for point in points:
            while iterations and iterations[0].traversals <= point:
                latest = iterations.pop(0)
                if latest.incumbent != current.walker.key.gait:
                    gait = GaitParameters(*latest.incumbent)
                    current = Incumbent(latest.traversals, gait_walker(self.config.robot, gait))
            found.append(current)
        return found

    def effort(self) -> Effort:
        """Return the cost of learning."""
        with self.open_store() as store:
            rows, iterations = store.rows("learn"), store.iterations()
        overhead_s = float(np.sum([iteration.overhead_s for iteration in iterations]))
        return Effort(
            spent=len(rows),
            walks=len(rows),
            fell=sum(row.traversal.status is Status.FELL for row in rows),
            wall_s=float(np.sum([row.wall_s for row in rows])) + overhead_s,
            overhead_s=overhead_s,
        )


class AlgorithmTrial(TrainFolder):
    """A training that keeps snapshots of its policy at the points of its curve."""

    @property
    def method(self) -> str:
        """Name of the algorithm."""
        return self.config.algorithm

    @property
    def score(self) -> ScoreSpec:
        """Speed: rewards measure the distance gained."""
        return SPEED

    @property
    def title(self) -> str:
        """Robot, scenario and gait."""
        config = self.config
        return f"{config.robot.name} on {config.scenario.name}, gait {config.gait.name}"

    @property
    def spent(self) -> int:
        """Environment steps so far."""
        rows = self.read_progress()
        return int(rows[-1]["steps"]) if rows else 0

    @property
    def result(self) -> str | None:
        """Speeds of the last policy and of the gait alone; None while training is unfinished."""
        origin = read_trained(self.policy_path).about.origin if self.policy_path.is_file() else {}
        if "speed_mps" not in origin:
            return None
        return f"{origin['speed_mps'] * 1e3:.0f} mm/s, the gait alone {origin['gait_speed_mps'] * 1e3:.0f}"

    @property
    def how_to_restart(self) -> str:
        """Instruction to delete all files but the settings."""
        return f"delete everything in {self.path} except {CONFIG}"

    def learn(self) -> None:
        """Train to the end."""
        continue_training(self, workers=1)

    def recommended(self, points: Sequence[int]) -> list[Incumbent]:
        """Return the policy at each of these numbers of steps; before the first update, the gait alone."""
        updates = [int(row["steps"]) for row in self._updates()]
        latest = [max((steps for steps in updates if steps <= point), default=0) for point in points]
        incumbents = {steps: Incumbent(steps, self._walker(steps)) for steps in set(latest)}
        return [incumbents[steps] for steps in latest]

    def effort(self) -> Effort:
        """Return the cost of training."""
        rows = self._updates()
        return Effort(
            spent=int(rows[-1]["steps"]),
            walks=int(rows[-1]["episodes"]),
            fell=sum(int(row["fell"]) for row in rows),
            wall_s=self.wall_s,
            overhead_s=math.nan,
        )

    def _updates(self) -> list[dict[str, float]]:
        rows = self.read_progress()
        if not rows:
            raise InputError(f"{self.progress_path}: holds no update, so its learning curve is unknown")
        return rows

    def _walker(self, steps: int) -> Walker:
        if steps == 0:
            return gait_walker(self.config.robot, self.config.start_gait)
        return read_trained(self.snapshot_path(steps))


Trial = OptimizerTrial | AlgorithmTrial
"""One run of a comparison."""


def open_trial(path: Path) -> Trial:
    """Return the run or training in a folder.

    Raises:
        InputError: there is none.
    """
    return AlgorithmTrial(path) if kind_of(path) == TrainSettings.kind else OptimizerTrial(path)


def has_ended(trial: Trial) -> bool:
    """Return whether a run has a result; with damaged files it has none, and learning reports what is wrong."""
    try:
        return trial.result is not None
    except InputError:
        return False
