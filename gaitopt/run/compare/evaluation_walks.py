"""Evaluation walks of a comparison: they measure what each run recommended over time, the same walks for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gaitopt.errors import InputError
from gaitopt.run.compare.changed_settings import changes
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.results import BestKnown, Comparison, Curve, summarize_methods
from gaitopt.run.compare.trial import Effort, Incumbent, Trial
from gaitopt.run.rollout import RolloutTask, RolloutWorkers, World, rollout_workers
from gaitopt.run.store import Place, Row, RunStore
from gaitopt.run.walkers.walker import Walker, WalkerKey
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.evaluation import Evaluation, score, summarize
from gaitopt.walk.traversal import Traversal
from gaitopt.workers import WorkerChoice


class Recommendation(NamedTuple):
    """First recommendation of a gait or policy."""

    walker: Walker
    run: int
    """Index of the run."""
    since: int
    """Budget that the run had spent."""


class Learned(NamedTuple):
    """What a run recommended at each point of its curve, and the cost."""

    member: Trial
    incumbents: list[Incumbent]
    effort: Effort


Recommendations = dict[WalkerKey, Recommendation]
"""First recommendation of each walker."""


def measure(
    folder: ComparisonFolder,
    members: Sequence[Trial],
    failed: dict[str, str],
    workers: WorkerChoice,
    report: Callable[[int, int], None],
) -> Comparison:
    """Do the evaluation walks of a comparison, and return its result.

    Args:
        folder: the comparison; its runs have ended.
        members: the runs that did not fail.
        failed: the runs that failed, with the reason.
        workers: number of processes, or `ray`.
        report: called with the number of walks done and their total number.
    """
    config, budget = folder.config, folder.config.budget
    points = budget.points()
    results, damaged = _results(members, points)
    failed = failed | damaged
    if not results:
        raise InputError(f"{folder.path}: no run can be compared: {next(iter(failed.values()))}")
    recommendations = _recommendations(folder, results)
    shared = results[0].member.config
    pool = rollout_workers(World(shared.robot, shared.scenario, shared.engine), workers)
    with folder.open_store() as store, pool:
        walks = _EvaluationWalks(store, pool, results[0].member.score, config.seeds[0])
        measured = walks.measure("incumbent", recommendations, range(config.fresh), report)
        best = max(recommendations, key=lambda key: measured[key].score)
        # The highest of many scores is partly luck: the winner is reported by walks that did not select it.
        others = range(config.fresh, 2 * config.fresh)
        again = walks.measure("again", {best: recommendations[best]}, others, lambda done, total: None)[best]
    _, index, since = recommendations[best]
    winner = folder.members[index]
    curves = tuple(_curve(result, points, measured) for result in results)
    return Comparison(
        folder=folder.path,
        title=winner.title,
        changed=changes(config),
        made=dict.fromkeys(folder.methods, folder.provenance.made),
        score=winner.score,
        budget=budget,
        fresh=config.fresh,
        curves=curves,
        summaries=summarize_methods(curves, budget, again.score, config.seeds[0]),
        best_known=BestKnown(winner.method, winner.config.seed, since, again.score),
        left_out=folder.provenance.left_out,
        failed=failed,
    )


def _results(members: Sequence[Trial], points: Sequence[int]) -> tuple[list[Learned], dict[str, str]]:
    """Return the recommendations and the cost of each run; and the runs with damaged files, with what to do."""
    results, damaged = [], {}
    for member in members:
        try:
            results.append(Learned(member, member.recommended(points), member.effort()))
        except InputError as error:  # its damaged files must not cost the others' results
            damaged[member.config.name] = f"{error}; {member.how_to_restart}, and resume: it starts again"
    return results, damaged


def _recommendations(folder: ComparisonFolder, results: Sequence[Learned]) -> Recommendations:
    """Return the first recommendation of each walker; equal walkers are walked once."""
    recommendations: Recommendations = {}
    for member, incumbents, _ in results:
        for incumbent in incumbents:
            first = Recommendation(incumbent.walker, folder.members.index(member), incumbent.since)
            recommendations.setdefault(incumbent.walker.key, first)
    return recommendations


class _EvaluationWalks:
    """Evaluation walks of a comparison, stored in its database."""

    def __init__(self, store: RunStore, pool: RolloutWorkers, score: ScoreSpec, seed: int) -> None:
        self._store, self._pool, self._score, self._first_seed = store, pool, score, seed

    def measure(
        self, purpose: str, walkers: Recommendations, repeats: range, report: Callable[[int, int], None]
    ) -> dict[WalkerKey, Evaluation]:
        """Return the evaluation of each walker; stored walks are not repeated."""
        known = self._known(purpose, walkers)
        seeds = {repeat: traversal_seed(self._first_seed, Stream.COMPARISON, repeat) for repeat in repeats}
        tasks = [(key, repeat, seed) for key in walkers for repeat, seed in seeds.items()]
        left = [(key, repeat, seed) for key, repeat, seed in tasks if (key, seed) not in known]
        results = self._pool.run([RolloutTask(walkers[key].walker, seed) for key, _, seed in left])
        for done, (index, (traversal, wall_s)) in enumerate(results, start=len(tasks) - len(left) + 1):
            key, repeat, seed = left[index]
            place = Place(_purpose(purpose, key), *walkers[key][1:], repeat)
            self._store.add(Row(place, seed, key.gait, traversal, score(traversal, self._score), wall_s))
            known[key, seed] = traversal
            report(done, len(tasks))
        walked: dict[WalkerKey, list[Traversal]] = {key: [] for key in walkers}
        for key, _, seed in tasks:
            walked[key].append(known[key, seed])
        return {key: summarize(traversals, self._score) for key, traversals in walked.items()}

    def _known(self, purpose: str, walkers: Recommendations) -> dict[tuple[WalkerKey, int], Traversal]:
        """Return the stored traversals by walker and seed."""
        keys = {(_purpose(purpose, key), key.gait): key for key in walkers}
        return {
            (keys[purpose, row.parameters], row.seed): row.traversal
            for purpose in dict.fromkeys(purpose for purpose, _ in keys)
            for row in self._store.rows(purpose)
            if (purpose, row.parameters) in keys
        }


def _purpose(purpose: str, key: WalkerKey) -> str:
    """Return the purpose of rows in the database; it names a policy, because rows hold its gait only."""
    return f"{purpose}-{key.digest}" if key.digest else purpose


def _curve(result: Learned, points: tuple[int, ...], measured: dict[WalkerKey, Evaluation]) -> Curve:
    member, incumbents, effort = result
    evaluations = [measured[incumbent.walker.key] for incumbent in incumbents]
    return Curve(
        method=member.method,
        seed=member.config.seed,
        points=points,
        since=tuple(incumbent.since for incumbent in incumbents),
        scores=tuple(evaluation.score for evaluation in evaluations),
        fresh_fell=tuple(evaluation.fell for evaluation in evaluations),
        **effort._asdict(),
    )
