"""What the runs of a comparison recommended when, measured by fresh traversals: the same ones for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gaitopt.errors import InputError
from gaitopt.run.compare.changed_settings import changes
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.results import BestKnown, Comparison, Curve, summarize_methods
from gaitopt.run.compare.trial import Effort, Incumbent, Trial, Walker
from gaitopt.run.rollout import RolloutResult, RolloutTask, rollout_workers
from gaitopt.run.store import Place, Row, RunStore
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.evaluation import Evaluation, score, summarize
from gaitopt.walk.traversal import Traversal
from gaitopt.workers import WorkerChoice, Workers

Places = dict[Walker, tuple[int, int]]
"""Where each gait, or policy, was recommended first: the number of the run, and what it had spent."""


def measure(
    study: ComparisonFolder,
    members: Sequence[Trial],
    failed: dict[str, str],
    workers: WorkerChoice,
    report: Callable[[int, int], None],
) -> Comparison:
    """Walk the fresh traversals of a comparison, and return what it says.

    Args:
        study: whose runs have all ended.
        members: the runs that did not break off.
        failed: those that did, and why.
        workers: how many processes walk, or `ray`.
        report: called with the traversals walked, and of how many.
    """
    config, budget = study.config, study.config.budget
    points = budget.points()
    told, damaged = _told(members, points)
    failed = failed | damaged
    if not told:
        raise InputError(f"{study.path}: no run can be compared: {next(iter(failed.values()))}")
    members = [member for member, _, _ in told]
    incumbents = [its for _, its, _ in told]
    places = _first_places(study, members, incumbents)
    shared = members[0].config
    pool = rollout_workers(shared.robot, shared.scenario, shared.engine, workers)
    with study.open_store() as store, pool:
        fresh = _Fresh(store, pool, members[0].score, config.seeds[0])
        measured = fresh.measure("incumbent", places, range(config.fresh), report)
        best = max(places, key=lambda walker: measured[walker].score)
        # That it was the highest of many is luck, too: it is told by traversals that did not pick it.
        others = range(config.fresh, 2 * config.fresh)
        again = fresh.measure("again", {best: places[best]}, others, lambda done, total: None)[best]
    place, since = places[best]
    winner = study.members[place]
    curves = tuple(_curve(member, effort, points, its, measured) for member, its, effort in told)
    return Comparison(
        study=study.path,
        title=winner.title,
        changed=changes(config),
        made=dict.fromkeys(study.methods, study.provenance.made),
        score=winner.score,
        budget=budget,
        fresh=config.fresh,
        curves=curves,
        summaries=summarize_methods(curves, budget, again.score, config.seeds[0]),
        best_known=BestKnown(winner.method, winner.config.seed, since, again.score),
        left_out=study.provenance.left_out,
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
    study: ComparisonFolder, members: Sequence[Trial], incumbents: Sequence[Sequence[Incumbent]]
) -> Places:
    """Return where each was recommended first; equal ones are one, so that they are walked once."""
    places: Places = {}
    for member, its in zip(members, incumbents, strict=True):
        for incumbent in its:
            places.setdefault(incumbent.walker, (study.members.index(member), incumbent.since))
    return places


class _Fresh:
    """The fresh traversals of a comparison, kept in its database."""

    def __init__(
        self, store: RunStore, pool: Workers[RolloutTask, RolloutResult], score: ScoreSpec, study_seed: int
    ) -> None:
        self._store, self._pool, self._score, self._study_seed = store, pool, score, study_seed

    def measure(
        self, purpose: str, places: Places, repeats: range, report: Callable[[int, int], None]
    ) -> dict[Walker, Evaluation]:
        """Return what fresh traversals say of each walker; those walked already are not walked again."""
        known = self._known(purpose, places)
        tasks = [(walker, repeat, self._seed(repeat)) for walker in places for repeat in repeats]
        left = [(walker, repeat, seed) for walker, repeat, seed in tasks if (walker, seed) not in known]
        results = self._pool.run([RolloutTask(walker.gait, seed, walker.trained) for walker, _, seed in left])
        for done, (index, (traversal, wall_s)) in enumerate(results, start=len(tasks) - len(left) + 1):
            walker, repeat, seed = left[index]
            place = Place(_purpose(purpose, walker.digest), *places[walker], repeat)
            self._store.add(Row(place, seed, walker.gait, traversal, score(traversal, self._score), wall_s))
            known[walker, seed] = traversal
            report(done, len(tasks))
        walked: dict[Walker, list[Traversal]] = {walker: [] for walker in places}
        for walker, _, seed in tasks:
            walked[walker].append(known[walker, seed])
        return {walker: summarize(traversals, self._score) for walker, traversals in walked.items()}

    def _known(self, purpose: str, walkers: Iterable[Walker]) -> dict[tuple[Walker, int], Traversal]:
        """Return the traversals that are stored, by who walked and with which seed."""
        return {
            (Walker(row.parameters, digest), row.seed): row.traversal
            for digest in dict.fromkeys(walker.digest for walker in walkers)
            for row in self._store.rows(_purpose(purpose, digest))
        }

    def _seed(self, repeat: int) -> int:
        return traversal_seed(self._study_seed, Stream.COMPARISON, repeat)


def _purpose(purpose: str, digest: str) -> str:
    """Return what rows of the database are for; a policy is named, because they hold its gait only."""
    return f"{purpose}-{digest}" if digest else purpose


def _curve(
    member: Trial,
    effort: Effort,
    points: tuple[int, ...],
    incumbents: Sequence[Incumbent],
    measured: dict[Walker, Evaluation],
) -> Curve:
    evaluations = [measured[incumbent.walker] for incumbent in incumbents]
    return Curve(
        method=member.method,
        seed=member.config.seed,
        points=points,
        since=tuple(incumbent.since for incumbent in incumbents),
        scores=tuple(evaluation.score for evaluation in evaluations),
        fresh_fell=tuple(evaluation.fell for evaluation in evaluations),
        **effort._asdict(),
    )
