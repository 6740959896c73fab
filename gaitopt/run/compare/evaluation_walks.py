"""What the runs of a comparison recommended when, measured by fresh traversals: the same ones for all of them."""

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
from gaitopt.run.walker import Walker, WalkerKey
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.evaluation import Evaluation, score, summarize
from gaitopt.walk.traversal import Traversal
from gaitopt.workers import WorkerChoice


class FirstPlace(NamedTuple):
    """Where a gait, or policy, was recommended first."""

    walker: Walker
    run: int
    """Number of the run."""
    since: int
    """What the run had spent."""


Places = dict[WalkerKey, FirstPlace]
"""The first places of all walkers."""


def measure(
    folder: ComparisonFolder,
    members: Sequence[Trial],
    failed: dict[str, str],
    workers: WorkerChoice,
    report: Callable[[int, int], None],
) -> Comparison:
    """Walk the fresh traversals of a comparison, and return what it says.

    Args:
        folder: whose runs have all ended.
        members: the runs that did not break off.
        failed: those that did, and why.
        workers: how many processes walk, or `ray`.
        report: called with the traversals walked, and of how many.
    """
    config, budget = folder.config, folder.config.budget
    points = budget.points()
    told, damaged = _told(members, points)
    failed = failed | damaged
    if not told:
        raise InputError(f"{folder.path}: no run can be compared: {next(iter(failed.values()))}")
    members = [member for member, _, _ in told]
    incumbents = [its for _, its, _ in told]
    places = _first_places(folder, members, incumbents)
    shared = members[0].config
    pool = rollout_workers(World(shared.robot, shared.scenario, shared.engine), workers)
    with folder.open_store() as store, pool:
        fresh = _Fresh(store, pool, members[0].score, config.seeds[0])
        measured = fresh.measure("incumbent", places, range(config.fresh), report)
        best = max(places, key=lambda key: measured[key].score)
        # That it was the highest of many is luck, too: it is told by traversals that did not pick it.
        others = range(config.fresh, 2 * config.fresh)
        again = fresh.measure("again", {best: places[best]}, others, lambda done, total: None)[best]
    _, place, since = places[best]
    winner = folder.members[place]
    curves = tuple(_curve(member, effort, points, its, measured) for member, its, effort in told)
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


def _told(
    members: Sequence[Trial], points: Sequence[int]
) -> tuple[list[tuple[Trial, list[Incumbent], Effort]], dict[str, str]]:
    """Return what runs recommended and what they took; and those whose files are damaged, with what to do."""
    told, damaged = [], {}
    for member in members:
        try:
            told.append((member, member.recommended(points), member.effort()))
        except InputError as error:  # its files' fault shall not take the others' results
            damaged[member.config.name] = f"{error}; {member.anew}, and resume: it learns anew"
    return told, damaged


def _first_places(
    folder: ComparisonFolder, members: Sequence[Trial], incumbents: Sequence[Sequence[Incumbent]]
) -> Places:
    """Return where each was recommended first; equal ones are one, so that they are walked once."""
    places: Places = {}
    for member, its in zip(members, incumbents, strict=True):
        for incumbent in its:
            first = FirstPlace(incumbent.walker, folder.members.index(member), incumbent.since)
            places.setdefault(incumbent.walker.key, first)
    return places


class _Fresh:
    """The fresh traversals of a comparison, kept in its database."""

    def __init__(self, store: RunStore, pool: RolloutWorkers, score: ScoreSpec, seed: int) -> None:
        self._store, self._pool, self._score, self._seed0 = store, pool, score, seed

    def measure(
        self, purpose: str, places: Places, repeats: range, report: Callable[[int, int], None]
    ) -> dict[WalkerKey, Evaluation]:
        """Return what fresh traversals measure of each walker; those walked already are not walked again."""
        known = self._known(purpose, places)
        tasks = [(key, repeat, self._seed(repeat)) for key in places for repeat in repeats]
        left = [(key, repeat, seed) for key, repeat, seed in tasks if (key, seed) not in known]
        results = self._pool.run([RolloutTask(places[key].walker, seed) for key, _, seed in left])
        for done, (index, (traversal, wall_s)) in enumerate(results, start=len(tasks) - len(left) + 1):
            key, repeat, seed = left[index]
            place = Place(_purpose(purpose, key), *places[key][1:], repeat)
            self._store.add(Row(place, seed, key.gait, traversal, score(traversal, self._score), wall_s))
            known[key, seed] = traversal
            report(done, len(tasks))
        walked: dict[WalkerKey, list[Traversal]] = {key: [] for key in places}
        for key, _, seed in tasks:
            walked[key].append(known[key, seed])
        return {key: summarize(traversals, self._score) for key, traversals in walked.items()}

    def _known(self, purpose: str, places: Places) -> dict[tuple[WalkerKey, int], Traversal]:
        """Return the traversals that are stored, by walker and seed."""
        keys = {(_purpose(purpose, key), key.gait): key for key in places}
        return {
            (keys[purpose, row.parameters], row.seed): row.traversal
            for purpose in dict.fromkeys(purpose for purpose, _ in keys)
            for row in self._store.rows(purpose)
            if (purpose, row.parameters) in keys
        }

    def _seed(self, repeat: int) -> int:
        return traversal_seed(self._seed0, Stream.COMPARISON, repeat)


def _purpose(purpose: str, key: WalkerKey) -> str:
    """Return the purpose of rows of the database; a policy is named, because they hold its gait only."""
    return f"{purpose}-{key.digest}" if key.digest else purpose


def _curve(
    member: Trial,
    effort: Effort,
    points: tuple[int, ...],
    incumbents: Sequence[Incumbent],
    measured: dict[WalkerKey, Evaluation],
) -> Curve:
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
