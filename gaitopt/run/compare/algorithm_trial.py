"""A training by a policy-gradient algorithm as a member of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gaitopt.errors import InputError
from gaitopt.run.compare.trial import Effort, Incumbent
from gaitopt.run.experiment import CONFIG
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.train import continue_training
from gaitopt.run.walkers.trained_policy import read_trained
from gaitopt.run.walkers.walker import Walker, gait_walker
from gaitopt.scenario.objective import SPEED, ScoreSpec


class AlgorithmTrial(TrainFolder):
    """A training that keeps snapshots of its policy at the points of its curve; see `Trial`."""

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
