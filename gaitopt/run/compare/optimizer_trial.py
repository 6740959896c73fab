"""A run of an optimizer as a member of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import read_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.gait.space import GaitSpace
from gaitopt.run.compare.trial import Effort, Incumbent
from gaitopt.run.learn.folder import DATABASE, RunFolder
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.rollout import RolloutWorkers
from gaitopt.run.store import RunStore
from gaitopt.run.walkers.walker import gait_walker
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.walk.traversal import Status
from gaitopt.workers import WorkerChoice


class OptimizerTrial(RunFolder):
    """A run; see `Trial`."""

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
        if not self._database.is_file():
            return 0
        with self.open_store() as store:
            return store.count("learn")

    @property
    def result(self) -> str | None:
        """Speed or score of the best gait; None if the run is unfinished, or its file is damaged."""
        if not self._database.is_file():
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
        return f"delete {self._database}"

    def learn(self, workers: WorkerChoice | RolloutWorkers = 1) -> None:
        """Learn to the end; from the start, if its database was deleted."""
        if not self._database.exists():
            RunStore(self._database, create=True).close()
        optimize(self, workers)

    def recommended(self, points: Sequence[int]) -> list[Incumbent]:
        """Return the gait recommended after each of these numbers of traversals; at first the start gait."""
        with self.open_store() as store:
            iterations = store.iterations()
            if not iterations or iterations[-1].traversals != store.count("learn"):
                raise InputError(f"{self._database}: lacks traversals or iterations")
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

    @property
    def _database(self) -> Path:
        return self.path / DATABASE

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
