"""A comparison, from settings to what it says."""

import dataclasses
import datetime
import math

import numpy as np
import pytest
from small_comparisons import NOON, SMALL, left_by, said
from small_runs import chance_walk

from gaitopt.errors import InputError
from gaitopt.gait.parameters import GaitParameters
from gaitopt.gait.space import GaitSpace
from gaitopt.optim.catalog import resolve_options
from gaitopt.run.compare import trial
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.experiment import find, look_up, names, row
from gaitopt.run.learn.folder import RunFolder, create_run
from gaitopt.run.learn.settings import new_optimizer
from gaitopt.run.rollout import RolloutTask
from gaitopt.run.walkers.walker import gait_walker
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.view.compare.compare import compare
from gaitopt.walk.traversal import Status
from gaitopt.workers.base import InProcess


def test_every_method_learns_with_every_seed_in_an_ordinary_run(make_comparison, free_walks):
    folder = make_comparison()
    names = [f"{optimizer}-{seed}" for seed in (1, 2, 3) for optimizer in ("kohl-stone", "hill-climbing")]
    assert [member.path.name for member in folder.members] == names
    assert folder.path.name == "2026-01-02_120000_small"
    run_comparison(folder, 1)
    for member in folder.members:
        config = member.config
        assert f"{config.optimizer}-{config.seed}" == member.path.name
        assert (config.traversals, config.fresh) == (30, 4)
        assert config.options == resolve_options(config.optimizer, SMALL["options"][config.optimizer])
        with member.open_store() as store:
            counts = {purpose: store.count(purpose) for purpose in ("learn", "start", "best")}
        assert 0 < counts["learn"] <= 30
        assert counts["start"] == counts["best"] == 4


def test_each_point_of_a_curve_is_the_mean_of_fresh_traversals_of_what_was_recommended_then(
    make_comparison, free_walks
):
    folder = make_comparison()
    comparison = run_comparison(folder, 1)
    assert [(c.method, c.seed) for c in comparison.curves] == [
        (m.config.optimizer, m.config.seed) for m in folder.members
    ]
    for member, curve in zip(folder.members, comparison.curves, strict=True):
        assert curve.points == (0, 25, 30)
        for point, since, score, fell in zip(curve.points, curve.since, curve.scores, curve.fresh_fell, strict=True):
            gait = recommended_after(member, point)
            walker = gait_walker(member.config.robot, GaitParameters(*gait))
            seeds = [traversal_seed(1, Stream.COMPARISON, repeat) for repeat in range(4)]
            walks = [chance_walk(RolloutTask(walker, seed)).traversal for seed in seeds]
            assert score == pytest.approx(np.mean([walk.speed_mps for walk in walks]))
            assert fell == sum(walk.status is Status.FELL for walk in walks)
            assert since <= point
            assert recommended_after(member, since) == gait
            assert since == 0 or recommended_after(member, since - 1) != gait


def recommended_after(member, traversals):
    """Tell a new optimizer what is stored, and return what it recommends."""
    space, optimizer = GaitSpace(member.config.robot), new_optimizer(member.config)
    with member.open_store() as store:
        speeds = [row.traversal.speed_mps for row in store.rows("learn")]
    spent = 0
    while spent + (cost := optimizer.batch * optimizer.repeats) <= min(traversals, len(speeds)):
        points = optimizer.ask()
        optimizer.tell(points, np.array(speeds[spent : spent + cost]).reshape(len(points), -1).mean(axis=1))
        spent += cost
    return tuple(space.from_cube(optimizer.best).to_vector().tolist())


def test_equal_gaits_are_walked_once_and_the_best_known_once_more(make_comparison, free_walks):
    folder = make_comparison()
    comparison = run_comparison(folder, 1)
    seeds = {traversal_seed(1, Stream.COMPARISON, repeat) for repeat in range(8)}
    fresh = [task for task in free_walks if task.seed in seeds]
    assert len(fresh) == len({(task.walker.key, task.seed) for task in fresh})
    gaits = {recommended_after(member, point) for member in folder.members for point in (0, 25, 30)}
    assert {task.walker.key.gait for task in fresh} == gaits
    assert len(fresh) == 4 * len(gaits) + 4
    # The best is measured by four traversals that did not pick it.
    best = comparison.best_known
    again = [task for task in fresh if task.seed in {traversal_seed(1, Stream.COMPARISON, r) for r in range(4, 8)}]
    assert best.score == pytest.approx(np.mean([chance_walk(task).traversal.speed_mps for task in again]))
    picked_by = max(score for curve in comparison.curves for score in curve.scores)
    assert best.score != picked_by
    # No fresh traversal has the seed of one that anything learned from.
    for member in folder.members:
        with member.open_store() as store:
            assert not seeds & {row.seed for purpose in ("learn", "start", "best") for row in store.rows(purpose)}


def test_the_number_of_workers_changes_nothing(make_comparison):
    """With physics; the two runs of the second comparison stand side by side."""
    changes = {"traversals": 8, "seeds": (1,), "fresh": 2, "options": {"kohl-stone": SMALL["options"]["kohl-stone"]}}
    changes["options"] |= {"hill-climbing": {"repeats": 1, "neighbors": 2}}
    alone, together = make_comparison(**changes), make_comparison(**changes)
    one, two = run_comparison(alone, 1), run_comparison(together, 2)
    assert said(one) == said(two)
    assert left_by(alone) == left_by(together)
    assert all(curve.wall_s > curve.overhead_s > 0 for curve in one.curves)


def test_a_method_that_needs_more_than_the_budget_is_left_out_and_that_is_reported(make_comparison, free_walks):
    folder = make_comparison(optimizers=("random-search", "kohl-stone"), seeds=(1,))
    assert [member.config.optimizer for member in folder.members] == ["kohl-stone"]
    comparison = run_comparison(folder, 1)
    assert comparison.left_out == {"random-search": "an iteration takes 45 traversals, and the budget is 30"}
    with pytest.raises(InputError, match="no method is left to compare: random-search: an iteration takes 45"):
        make_comparison(optimizers=("random-search",))


def test_when_every_walk_falls_there_is_nothing_to_reach(make_comparison, monkeypatch, free_walks):
    fall = {"status": Status.FELL, "time_s": None, "speed_mps": 0.0}

    def walk(task):
        result = chance_walk(task)
        return result._replace(traversal=dataclasses.replace(result.traversal, **fall))

    monkeypatch.setattr("gaitopt.run.rollout.make_workers", lambda factory, count: InProcess(lambda: walk))
    comparison = run_comparison(make_comparison(seeds=(1, 2)), 1)
    assert comparison.best_known.score == 0.0
    for summary in comparison.summaries:
        assert summary.fell == summary.learned_in > 0
        assert summary.at[30].median == summary.at[30].high == 0.0
        assert all(math.isnan(reach.median) and reach.reached == 0 for reach in summary.reach.values())


def test_a_run_that_breaks_off_takes_no_other_with_it(make_comparison, free_walks, monkeypatch):
    learn = trial.optimize

    def faulty(run, workers):
        if run.config.name == "hill-climbing-2":
            raise ZeroDivisionError("of its own")
        return learn(run, workers)

    folder = make_comparison()
    with monkeypatch.context() as patch:
        patch.setattr(trial, "optimize", faulty)
        comparison = run_comparison(folder, 1)
    assert comparison.failed == {"hill-climbing-2": "ZeroDivisionError: of its own"}
    assert {s.method: s.seeds for s in comparison.summaries} == {"kohl-stone": 3, "hill-climbing": 2}
    # Taken up when the fault is gone, it ends as if there had been none.
    whole = make_comparison()
    assert said(run_comparison(folder, 1)) == said(run_comparison(whole, 1))
    assert left_by(folder)[1:] == left_by(whole)[1:]


def test_when_all_runs_break_off_the_reason_is_reported(make_comparison, free_walks, monkeypatch):
    nan = float("nan")

    def walk(task):
        result = chance_walk(task)
        walked = dataclasses.replace(result.traversal, status=Status.FINISHED, energy_j=nan)
        return result._replace(traversal=walked)

    monkeypatch.setattr("gaitopt.run.rollout.make_workers", lambda factory, count: InProcess(lambda: walk))
    folder = make_comparison(score="speed - 0.001*energy", seeds=(1,))
    with pytest.raises(InputError, match=r"all runs failed: InputError: score .* does not measure energy"):
        run_comparison(folder, 1)


def test_another_score_is_what_everything_is_measured_by(make_comparison, free_walks):
    folder = make_comparison(score="sway - 2*speed", seeds=(1,))
    comparison = run_comparison(folder, 1)
    assert str(comparison.score) == "-2.0*speed + sway"
    with folder.open_store() as store:
        rows = store.rows("incumbent")
    for stored in rows:
        t = stored.traversal
        walked = math.hypot(t.roll_spread, t.pitch_spread)
        worth = -20.0 if t.status is Status.FELL else min(walked, math.pi / 3) - 2 * t.speed_mps
        assert stored.score == pytest.approx(worth)
    assert min(row.score for row in rows) == -20.0  # with these seeds there is a fall


def test_comparisons_are_found_by_path_by_name_and_as_the_latest(make_comparison, small_config, tmp_path):
    runs = tmp_path / "runs"
    assert look_up("latest", runs) is None
    folder = make_comparison()
    assert find(folder.path, runs) == find(folder.path.name, runs) == find("latest", runs) == folder.path
    assert look_up("latest", runs, ("learn", "train")) is None  # there is nothing else
    run = create_run(small_config, runs, NOON + datetime.timedelta(hours=1))
    assert find("latest", runs) == find("latest", runs, ("learn", "train")) == run.path
    assert find("latest", runs, ("compare",)) == folder.path
    assert names(runs, ("compare",)) == [folder.path.name]
    assert row(folder.path)["state"] == "unfinished"
    (folder.path / "runs" / "kohl-stone-1" / "config.toml").unlink()
    assert row(folder.path)["state"] == "broken"


def test_in_one_call(ers7, tiny_field, tmp_path, free_walks):
    settings = CompareSettings(robot=ers7, scenario=tiny_field, optimizers=["kohl-stone"], traversals=45, fresh=2)
    comparison = compare(settings, seeds=2, workers=1, runs=tmp_path)
    assert [curve.seed for curve in comparison.curves] == [1, 2]
    assert comparison.title == "aibo-ers7 on field"
    assert RunFolder(comparison.folder / "runs" / "kohl-stone-2").config.gait.name == "hand-tuned"
