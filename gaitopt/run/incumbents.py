"""What the runs of a comparison recommended when, measured by fresh traversals: the same ones for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gaitopt.gait.parameters import GaitSpace
from gaitopt.run.comparison import BestKnown, Comparison, Curve, MethodSummary, curve_points, summarize_method
from gaitopt.run.folder import RunFolder
from gaitopt.run.rollout import RolloutResult, RolloutTask, rollout_workers
from gaitopt.run.store import Place, Row, RunStore
from gaitopt.run.study import StudyFolder
from gaitopt.scenario.score import ScoreSpec
from gaitopt.seeding import Stream, generator, traversal_seed
from gaitopt.walk.score import Evaluation, score, summarize
from gaitopt.walk.traversal import Status, Traversal
from gaitopt.workers import Workers

GaitVector = tuple[float, ...]
"""The twelve parameters, SI units."""


@dataclass(frozen=True)
class Incumbent:
    """What a run recommended at a point of its curve."""

    since: int
    """After how many traversals it was recommended first."""
    gait: GaitVector


def measure(
    study: StudyFolder,
    members: Sequence[RunFolder],
    failed: dict[str, str],
    workers: int,
    report: Callable[[int, int], None],
) -> Comparison:
    """Walk the fresh traversals of a comparison, and return what it says.

    Args:
        study: whose runs have all ended.
        members: the runs that did not break off.
        failed: those that did, and why.
        workers: how many processes walk.
        report: called with the traversals walked, and of how many.
    """
    config = study.config
    points = curve_points(config.traversals)
    incumbents = [incumbents_at(member, points) for member in members]
    places = _first_places(study, members, incumbents)
    shared = members[0].config
    pool = rollout_workers(shared.robot, shared.scenario, shared.engine, workers)
    with study.open_store() as store, pool:
        fresh = _Fresh(store, pool, shared.score, config.seeds[0])
        measured = fresh.measure("incumbent", places, range(config.fresh), report)
        best = max(places, key=lambda gait: measured[gait].score)
        # That it was the highest of many is luck, too: it is told by traversals that did not pick it.
        others = range(config.fresh, 2 * config.fresh)
        again = fresh.measure("again", {best: places[best]}, others, lambda done, total: None)[best]
    place, since = places[best]
    winner = study.members[place].config
    curves = tuple(_curve(member, points, its, measured) for member, its in zip(members, incumbents, strict=True))
    return Comparison(
        study=study.path,
        title=f"{winner.robot.name} on {winner.scenario.name}",
        made=config.made,
        score=winner.score,
        budget=config.traversals,
        fresh=config.fresh,
        curves=curves,
        summaries=_summaries(study, curves, again.score),
        best_known=BestKnown(winner.optimizer, winner.seed, since, again.score),
        left_out=config.left_out,
        failed=failed,
    )


def incumbents_at(run: RunFolder, points: Sequence[int]) -> list[Incumbent]:
    """Return what a run recommended after each of these numbers of traversals; the start before its first iteration."""
    with run.open_store() as store:
        iterations = store.iterations()
    space = GaitSpace(run.config.robot)
    start = space.from_cube(space.to_cube(run.config.start_gait))  # rounded as optimizers recommend it
    current = Incumbent(0, tuple(start.to_vector().tolist()))
    found = []
    for point in points:
        while iterations and iterations[0].traversals <= point:
            told = iterations.pop(0)
            if told.incumbent != current.gait:
                current = Incumbent(told.traversals, told.incumbent)
        found.append(current)
    return found


def _first_places(
    study: StudyFolder, members: Sequence[RunFolder], incumbents: Sequence[Sequence[Incumbent]]
) -> dict[GaitVector, tuple[int, int]]:
    """Return where each gait was recommended first: the number of the run, and after how many traversals.

    Equal gaits are one, so that they are walked once.
    """
    places: dict[GaitVector, tuple[int, int]] = {}
    for member, its in zip(members, incumbents, strict=True):
        for incumbent in its:
            places.setdefault(incumbent.gait, (study.members.index(member), incumbent.since))
    return places


def _summaries(study: StudyFolder, curves: Sequence[Curve], best: float) -> tuple[MethodSummary, ...]:
    """Return the lines of the table, the highest score at the end of the budget first."""
    budget, seed = study.config.traversals, study.config.seeds[0]
    methods = dict.fromkeys(curve.method for curve in curves)
    lines = [
        summarize_method(
            [curve for curve in curves if curve.method == method], budget, best, generator(seed, Stream.COMPARISON)
        )
        for method in methods
    ]
    return tuple(sorted(lines, key=lambda line: -line.at[budget].median))


class _Fresh:
    """The fresh traversals of a comparison, kept in its database."""

    def __init__(
        self, store: RunStore, pool: Workers[RolloutTask, RolloutResult], score: ScoreSpec, study_seed: int
    ) -> None:
        self._store, self._pool, self._score, self._study_seed = store, pool, score, study_seed

    def measure(
        self,
        purpose: str,
        places: dict[GaitVector, tuple[int, int]],
        repeats: range,
        report: Callable[[int, int], None],
    ) -> dict[GaitVector, Evaluation]:
        """Return what fresh traversals say of each gait; those walked already are not walked again."""
        known = {(row.parameters, row.seed): row.traversal for row in self._store.rows(purpose)}
        tasks = {
            Place(purpose, *place, repeat): RolloutTask(gait, self._seed(repeat))
            for gait, place in places.items()
            for repeat in repeats
        }
        left = [(place, task) for place, task in tasks.items() if (task.parameters, task.seed) not in known]
        results = self._pool.run([task for _, task in left])
        for done, (index, (traversal, wall_s)) in enumerate(results, start=len(tasks) - len(left) + 1):
            place, task = left[index]
            worth = score(traversal, self._score)
            self._store.add(Row(place, task.seed, task.parameters, traversal, worth, wall_s))
            known[task.parameters, task.seed] = traversal
            report(done, len(tasks))
        walked: dict[GaitVector, list[Traversal]] = {gait: [] for gait in places}
        for task in tasks.values():
            walked[task.parameters].append(known[task.parameters, task.seed])
        return {gait: summarize(traversals, self._score) for gait, traversals in walked.items()}

    def _seed(self, repeat: int) -> int:
        return traversal_seed(self._study_seed, Stream.COMPARISON, repeat)


def _curve(
    run: RunFolder, points: tuple[int, ...], incumbents: Sequence[Incumbent], measured: dict[GaitVector, Evaluation]
) -> Curve:
    with run.open_store() as store:
        rows, iterations = store.rows("learn"), store.iterations()
    overhead_s = float(np.sum([told.overhead_s for told in iterations]))
    return Curve(
        method=run.config.optimizer,
        seed=run.config.seed,
        points=points,
        since=tuple(incumbent.since for incumbent in incumbents),
        scores=tuple(measured[incumbent.gait].score for incumbent in incumbents),
        fresh_fell=tuple(measured[incumbent.gait].fell for incumbent in incumbents),
        traversals=len(rows),
        fell=sum(row.traversal.status is Status.FELL for row in rows),
        wall_s=float(np.sum([row.wall_s for row in rows])) + overhead_s,
        overhead_s=overhead_s,
    )
