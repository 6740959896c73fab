"""Creation of runs, and the loop of learning: ask, walk, tell; then evaluation walks of the first and the best gait.

Resuming is the same loop: stored traversals are not walked again, and the optimizer, given the same scores, asks for
the same points.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, save_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.gait.space import GaitSpace
from gaitopt.hal.catalog import make_body
from gaitopt.run.learn.folder import RunFolder, create_run
from gaitopt.run.learn.noise import Noise, estimate_noise
from gaitopt.run.learn.settings import LearnSettings, check_budget, new_optimizer
from gaitopt.run.real.robot import Operator
from gaitopt.run.real.walks import check_real_robot
from gaitopt.run.rollout import RolloutTask, RolloutWorkers, World, fresh_tasks, rollout_workers
from gaitopt.run.settings.versions import engine_used
from gaitopt.run.store import PURPOSES, Iteration, Place, Row, RunStore
from gaitopt.run.walkers.walker import gait_walker
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.evaluation import Evaluation, honest_score, score, summarize
from gaitopt.walk.traversal import Traversal
from gaitopt.workers import WorkerChoice, Workers


@dataclass(frozen=True)
class Progress:
    """Progress of learning; reported after every traversal."""

    stage: str
    """`learning`; or `start` or `best`: the evaluation walks of that gait."""
    iteration: int
    """Number of finished iterations."""
    traversals: int
    """Number of traversals done in this stage."""
    budget: int
    """Total number of traversals of this stage."""
    per_second: float
    """Traversals walked per second since learning was started or resumed."""
    seconds_left: float
    """Estimated time until the end of this stage [s]; nan until known."""
    current_score: float
    """Mean score of the last finished iteration; nan before."""
    best_score: float
    """Highest mean score of a candidate so far; nan before."""
    score: ScoreSpec = SPEED
    """Objective."""


@dataclass(frozen=True)
class Outcome:
    """Result of a finished run. The evaluations are by walks that were not used for learning."""

    run: Path
    best: Gait
    start: Evaluation
    learned: Evaluation
    traversals: int
    """Number of traversals used for learning."""
    traversals_per_s: float
    """Speed of learning in this process [1/s]; 0 if all was stored already."""
    noise: Noise
    """Noise of the traversals of one gait."""
    stopped: dict[str, str]
    """Reasons for which learning ended, by short name: the budget, or the optimizer's own."""


Report = Callable[[Progress], None]


def new_run(settings: LearnSettings, runs: Path | str) -> RunFolder:
    """Check that a run is possible, and make its folder.

    Raises:
        InputError: the budget is too small, or the body cannot walk; nothing is written.
    """
    check_budget(settings)
    if settings.real is not None:
        start = gait_walker(settings.robot, settings.start_gait)
        check_real_robot(settings.robot, settings.scenario, settings.real, start, settings.score)
    else:
        with make_body(settings.robot, engine=settings.engine) as body:
            body.prepare(settings.scenario, settings.scenario.sample(np.random.default_rng(settings.seed)))
    return create_run(settings, Path(runs))


def optimize(
    run: RunFolder,
    workers: WorkerChoice | RolloutWorkers,
    report: Report | None = None,
    operator: Operator | None = None,
) -> Outcome:
    """Continue a run to its end.

    `best.toml` is written after every iteration, so that an interrupted run leaves the best gait so far.

    Args:
        run: a new run, or one interrupted at any moment.
        workers: number of processes, or `ray`; or workers, which are then closed. The result does not depend on it.
        report: called after every traversal.
        operator: person beside a real robot; needed by runs on one.

    Raises:
        InputError: the run has an older layout, the stored traversals are not those of this run, or the store cannot
            be written.
        BodyError: a real robot failed; the run can be resumed.
    """
    run.check_layout()
    config = run.config

    def walkers() -> RolloutWorkers:
        if isinstance(workers, Workers):
            return workers
        body = config.engine if config.real is None else config.real.operated_by(operator)
        return rollout_workers(World(config.robot, config.scenario, body), workers)

    with run.locked(), run.open_store() as store, walkers() as pool:
        return _Learning(run, store, pool, report or (lambda progress: None)).run()


class _Learning:
    """Execution of one run."""

    def __init__(self, run: RunFolder, store: RunStore, pool: RolloutWorkers, report: Report) -> None:
        self._folder, self._store, self._pool, self._report = run, store, pool, report
        self._config: LearnSettings = run.config
        self._space = GaitSpace(run.config.robot)
        self._optimizer = new_optimizer(run.config)
        self._clock = _Clock("learning", run.config.traversals)
        self._iteration = self._spent = 0
        self._current = self._best = float("nan")

    def run(self) -> Outcome:
        stored = {row.place: row for row in self._store.rows("learn")}
        while self._spent + self._cost <= self._config.traversals and not self._optimizer.stop_reasons():
            self._iterate(stored)
        per_second, stopped = self._clock.per_second, self._optimizer.stop_reasons() or self._budget_spent
        start = self._evaluate("start", self._config.start_gait)
        learned = self._evaluate("best", self._best_gait)
        best = self._save_best(learned)
        noise = estimate_noise(row for purpose in PURPOSES for row in self._store.rows(purpose))
        return Outcome(self._folder.path, best, start, learned, self._spent, per_second, noise, stopped)

    @property
    def _cost(self) -> int:
        """Number of traversals of the next iteration; it can differ between iterations."""
        return self._optimizer.batch * self._optimizer.repeats

    @property
    def _budget_spent(self) -> dict[str, str]:
        budget = self._config.traversals
        rest = f"; the next iteration takes {self._cost}" if self._spent < budget else ""
        return {"traversals": f"{self._spent} of {budget} traversals done{rest}"}

    def _iterate(self, stored: dict[Place, Row]) -> None:
        begun = time.perf_counter()
        points = self._optimizer.ask()
        overhead_s = time.perf_counter() - begun
        gaits = [self._space.from_cube(point) for point in points]
        tasks: dict[Place, RolloutTask] = {}
        for candidate, gait in enumerate(gaits):
            for repeat in range(self._optimizer.repeats):
                place = Place("learn", self._iteration, candidate, repeat)
                seed = traversal_seed(self._config.seed, Stream.LEARNING, *place[1:])
                tasks[place] = RolloutTask(gait_walker(self._config.robot, gait), seed)
        walked = self._walk(tasks, stored)
        scores = np.array([self._score(traversal) for traversal in walked]).reshape(len(points), -1).mean(axis=1)
        begun = time.perf_counter()
        self._optimizer.tell(points, scores)
        overhead_s += time.perf_counter() - begun
        self._spent += len(tasks)
        incumbent = tuple(self._best_gait.to_vector().tolist())
        self._store.add_iteration(Iteration(self._iteration, self._spent, incumbent, overhead_s))
        self._iteration += 1
        self._current, self._best = float(scores.mean()), float(np.fmax(self._best, scores.max()))
        if self._spent >= len(stored):  # not while stored iterations are replayed: best.toml is ahead of them
            self._save_best(None)
        self._report(self._progress())

    def _evaluate(self, purpose: str, gait: GaitParameters) -> Evaluation:
        stored = {row.place: row for row in self._store.rows(purpose)}
        tasks = fresh_tasks(gait_walker(self._config.robot, gait), self._config.fresh, self._config.seed)
        self._clock = _Clock(purpose, len(tasks))
        walked = self._walk({Place(purpose, 0, 0, i): task for i, task in enumerate(tasks)}, stored)
        return summarize(walked, self._config.score)

    def _walk(self, tasks: dict[Place, RolloutTask], stored: dict[Place, Row]) -> list[Traversal]:
        """Return the traversals of all tasks, in order; those that are not stored are walked and stored."""
        done = {place: self._recall(stored[place], task) for place, task in tasks.items() if place in stored}
        self._clock.stored += len(done)
        left = [(place, task) for place, task in tasks.items() if place not in done]
        for index, (traversal, wall_s) in self._pool.run([task for _, task in left]):
            place, task = left[index]
            self._store.add(Row(place, task.seed, task.walker.key.gait, traversal, self._score(traversal), wall_s))
            done[place] = traversal
            self._clock.walked += 1
            self._report(self._progress())
        return [done[place] for place in tasks]

    def _score(self, traversal: Traversal) -> float:
        measure = score if self._config.allow_artefacts else honest_score
        return measure(traversal, self._config.score)

    def _recall(self, row: Row, task: RolloutTask) -> Traversal:
        if (row.parameters, row.seed) != (task.walker.key.gait, task.seed):
            raise InputError(
                f"{self._folder.path}: stored traversal {tuple(row.place)} is not what this run would walk; "
                "it was walked with other settings or versions (see config.toml): start a new run"
            )
        return row.traversal

    @property
    def _best_gait(self) -> GaitParameters:
        return self._space.from_cube(self._optimizer.best)

    def _save_best(self, fresh: Evaluation | None) -> Gait:
        """Write best.toml; the speed is included only if evaluation walks measured it."""
        config = self._config
        origin = {
            "run": config.name,
            "optimizer": config.optimizer,
            "scenario": config.scenario.name,
            **_walked_in(config),
            "seed": config.seed,
            "iterations": self._iteration,
        }
        if fresh is not None:
            origin |= {
                "speed_mps": fresh.speed_mps,
                "speed_ci95_mps": list(fresh.speed_ci95_mps),
                "fresh_traversals": fresh.repeats,
                "finished": fresh.finished,
                "artefacts": list(fresh.artefacts),
            }
            if not config.score.is_speed:
                origin |= {"score": str(config.score), "score_mean": fresh.score, "score_ci95": list(fresh.score_ci95)}
        gait = Gait(config.robot.name, self._best_gait, origin)
        save_gait(gait, self._folder.best_path)
        return gait

    def _progress(self) -> Progress:
        clock = self._clock
        return Progress(
            stage=clock.stage,
            iteration=self._iteration,
            traversals=clock.done,
            budget=clock.budget,
            per_second=clock.per_second,
            seconds_left=clock.seconds_left,
            current_score=self._current,
            best_score=self._best,
            score=self._config.score,
        )


def _walked_in(config: LearnSettings) -> dict[str, object]:
    if config.real is not None:
        return {"body": config.real.body, "native": config.real.native}
    return engine_used(config.engine)


@dataclass
class _Clock:
    """Counter of the traversals of a stage, and their rate."""

    stage: str
    budget: int
    stored: int = 0
    """Number of traversals of the stage that need not be walked again."""
    walked: int = 0
    begun: float = field(default_factory=time.perf_counter)

    @property
    def done(self) -> int:
        return self.stored + self.walked

    @property
    def per_second(self) -> float:
        return self.walked / (time.perf_counter() - self.begun) if self.walked else 0.0

    @property
    def seconds_left(self) -> float:
        return (self.budget - self.done) / self.per_second if self.walked else float("nan")
