"""A comparison of policy-gradient algorithms, from settings to what it says; nearly all of it without physics."""

import dataclasses
import math
import shutil

import numpy as np
import pytest
from small_comparisons import said
from small_runs import chance_walk
from small_trainings import SMALL, FreeEnvironment

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.run.compare import trial
from gaitopt.run.compare.budget import Steps
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import plan
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.experiment import names
from gaitopt.run.rollout import RolloutTask
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import continue_training, new_training
from gaitopt.run.walkers.trained_policy import read_trained
from gaitopt.run.walkers.walker import gait_walker
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.view.compare.compare import compare
from gaitopt.walk.traversal import Status

POINTS = (0, 2, 5, 10, 15, 20, 25, 35, 50, 75, 100)


def training_like(member, runs, **changes):
    """Return a training by itself, made with the settings of a member but for its snapshots."""
    config = member.config
    settings = {
        "robot": config.robot.name,
        "scenario": config.scenario,
        "gait": "hand-tuned",
        "algorithm": config.algorithm,
        "options": SMALL["options"][config.algorithm],
        "interface": config.interface,
        "steps": config.steps,
        "fresh": config.fresh,
        "seed": config.seed,
        "name": config.name,
    }
    return new_training(TrainSettings(**settings | changes), runs)


def test_every_algorithm_trains_with_every_seed_in_an_ordinary_training(make_contest, free_steps, tmp_path):
    folder = make_contest()
    assert [member.path.name for member in folder.members] == ["ppo-1", "reinforce-1", "ppo-2", "reinforce-2"]
    run_comparison(folder, 1)
    for member in folder.members:
        alone = training_like(member, tmp_path / "alone")
        whole = alone.config.model_copy(update={"snapshots": POINTS[1:]})
        assert whole.model_dump(exclude={"robot"}) == member.config.model_dump(exclude={"robot"})
        outcome = continue_training(alone, 1)
        assert read_trained(member.policy_path).digest == outcome.trained.digest
        assert member.progress_path.read_bytes() == alone.progress_path.read_bytes()
        assert not (alone.path / "snapshots").exists()
    assert folder.members[0].pace_mps == folder.members[1].pace_mps != folder.members[2].pace_mps
    assert names(folder.path / "runs", ("train",)) == sorted(member.path.name for member in folder.members)


def test_each_point_of_a_curve_is_the_mean_of_fresh_traversals_of_the_policy_that_stood_then(
    make_contest, free_steps, tmp_path
):
    folder = make_contest(seeds=(2,))
    comparison = run_comparison(folder, 1)
    seeds = [traversal_seed(2, Stream.COMPARISON, repeat) for repeat in range(4)]
    for member, curve in zip(folder.members, comparison.curves, strict=True):
        assert curve.points == Steps(100).points() == POINTS
        updates = [int(row["steps"]) for row in member.read_progress()]
        after = {0: gait_walker(member.config.robot, member.config.start_gait)}
        for iteration, steps in enumerate(updates, start=1):  # train anew for so many updates
            again = training_like(member, tmp_path / f"{iteration}", steps=None, iterations=iteration)
            after[steps] = continue_training(again, 1).trained
        for point, since, score, fell in zip(curve.points, curve.since, curve.scores, curve.fresh_fell, strict=True):
            assert since == max(steps for steps in after if steps <= point)
            walks = [chance_walk(RolloutTask(after[since], seed)).traversal for seed in seeds]
            assert score == pytest.approx(np.mean([walk.speed_mps for walk in walks]))
            assert fell == sum(walk.status is Status.FELL for walk in walks)
        assert updates[-1] > 100  # so the last policy is beyond the budget,
        assert curve.since[-1] == updates[-2] <= 100  # and what counts is the one before
        assert curve.since[1] == 0
        assert curve.spent == updates[-1]


def test_what_learning_took_is_reported(make_contest, free_steps):
    folder = make_contest(seeds=(1,), algorithms="ppo")
    FreeEnvironment.falls = 0
    (curve,) = run_comparison(folder, 1).curves
    assert curve.fell == FreeEnvironment.falls > 0
    assert curve.walks == folder.members[0].read_progress()[-1]["episodes"] > curve.fell
    assert curve.wall_s > 0
    assert math.isnan(curve.overhead_s)
    assert folder.members[0].wall_s == curve.wall_s


def test_equal_policies_are_walked_once_and_the_best_known_once_more(make_contest, free_steps):
    folder = make_contest()
    free_steps.clear()
    comparison = run_comparison(folder, 1)
    seeds = [traversal_seed(1, Stream.COMPARISON, repeat) for repeat in range(8)]
    fresh = [(task.walker.key.digest, task.seed) for task in free_steps if task.seed in seeds]
    assert len(fresh) == len(set(fresh))
    walkers = {(curve.method, curve.seed, since) for curve in comparison.curves for since in curve.since if since}
    assert {digest for digest, _ in fresh} == {""} | {
        read_trained(folder.path / "runs" / f"{method}-{seed}" / "snapshots" / f"{since}.npz").digest
        for method, seed, since in walkers
    }
    assert len(fresh) == 4 * (1 + len(walkers)) + 4
    # The best is measured by four traversals that did not pick it.
    best = comparison.best_known
    again = [task for task in free_steps if task.seed in seeds[4:]]
    assert best.score == pytest.approx(np.mean([chance_walk(task).traversal.speed_mps for task in again]))
    assert best.score != max(score for curve in comparison.curves for score in curve.scores)
    # The gait alone is the same for all, and the gain is over it.
    (start,) = {curve.scores[0] for curve in comparison.curves}
    for summary in comparison.summaries:
        gains = [curve.scores[-1] / start - 1 for curve in comparison.curves if curve.method == summary.method]
        assert summary.gain.median == pytest.approx(np.median(gains))


def test_other_gaits_and_interfaces_are_taken(make_contest, free_steps, ers7):
    folder = make_contest(gait="learned", seeds=1)
    for member in folder.members:
        assert member.config.gait.name == "learned"
        assert member.config.start_gait == load_gait("learned", ers7).parameters
    assert run_comparison(folder, 1).title == "aibo-ers7 on field, gait learned"
    assert make_contest(seeds=1).members[0].config.gait.name == ers7.start_gait


def test_an_algorithm_whose_update_costs_more_than_the_budget_is_left_out(make_contest, free_steps):
    options = {**SMALL["options"], "ppo": {"steps": 101}}
    folder = make_contest(options=options, seeds=1)
    assert [member.method for member in folder.members] == ["reinforce"]
    left_out = {"ppo": "an update takes 101 steps or more, and the budget is 100"}
    assert run_comparison(folder, 1).left_out == left_out
    with pytest.raises(InputError, match="no method is left to compare: ppo: an update takes 101 steps or more"):
        make_contest(options={"ppo": {"steps": 101}}, algorithms="ppo")
    # Exactly as much is enough, and is the last policy.
    folder = make_contest(options={"ppo": {"steps": 100, "minibatch": 50}}, algorithms="ppo", seeds=1)
    assert run_comparison(folder, 1).curves[0].since == (0,) * 10 + (100,)


def test_where_no_update_comes_in_time_the_gait_alone_is_what_counts(make_contest, free_steps):
    folder = make_contest(algorithms="reinforce", options={"reinforce": {"episodes": 90}}, seeds=1)
    (curve,) = run_comparison(folder, 1).curves
    assert set(curve.since) == {0}
    assert len(set(curve.scores)) == 1
    assert curve.spent > 100


def test_all_algorithms_can_be_named_at_once(ers7, tiny_field, free_steps):
    made = plan(CompareSettings(robot=ers7, scenario=tiny_field, algorithms="all", seeds=1))
    assert made.settings.algorithms == tuple(ALGORITHMS)
    assert made.settings.steps == 200_000
    assert [config.policy for config in made.members if config.algorithm in ("ppo", "qac")] == ["linear", "perceptron"]


def test_a_training_that_breaks_off_takes_no_other_with_it(make_contest, free_steps, monkeypatch):
    learn = trial.continue_training

    def faulty(folder, workers):
        if folder.config.name == "reinforce-1":
            raise ZeroDivisionError("of its own")
        return learn(folder, workers)

    folder = make_contest()
    with monkeypatch.context() as patch:
        patch.setattr(trial, "continue_training", faulty)
        comparison = run_comparison(folder, 1)
    assert comparison.failed == {"reinforce-1": "ZeroDivisionError: of its own"}
    assert {s.method: s.seeds for s in comparison.summaries} == {"ppo": 2, "reinforce": 1}
    assert said(run_comparison(folder, 1)) == said(run_comparison(make_contest(), 1))


def test_a_lost_snapshot_is_named(make_contest, free_steps):
    folder = make_contest(seeds=1, algorithms="ppo")
    whole = run_comparison(folder, 1)
    lost = folder.members[0].snapshot_path(48)
    lost.unlink()
    with pytest.raises(
        InputError, match=f"{lost.name}.*(cannot be read|No such file).*; delete everything in .*config.toml"
    ):
        run_comparison(folder, 1)
    for path in folder.members[0].path.iterdir():
        if path.name != "config.toml":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert said(run_comparison(folder, 1)) == said(whole)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimizers": "all"}, "optimizers and algorithms cannot be compared with each other"),
        ({"traversals": 100}, "traversals belongs to optimizers; the budget of algorithms is steps"),
        ({"score": "speed - sway"}, "score belongs to optimizers"),
        ({"algorithms": None}, "steps belongs to algorithms; the budget of optimizers is traversals"),
        ({"algorithms": "ppo,reinfroce"}, "unknown algorithm 'reinfroce'; did you mean reinforce"),
        ({"algorithms": ("kohl-stone",)}, "unknown algorithm 'kohl-stone'"),
        ({"algorithms": "ppo", "options": {"ppo": {"lam": 2.0}}}, "lam: got 2.0"),
        ({"steps": 0}, "steps: got 0"),
        ({"steps": 1.5}, "steps: got 1.5"),
        ({"seeds": 0}, "seeds: got 0; expected 1 to 1,000 of them"),
        ({"seeds": 10**20}, "seeds: got 1.*; expected 1 to 1,000 of them"),
        ({"seeds": (1, 2, 1)}, "seeds: got 1 twice; expected each seed once"),
        ({"seeds": 1.5}, "seeds: got 1.5; expected how many, or a list of whole numbers"),
        ({"seeds": "1,2"}, "seeds: got '1,2'; expected how many, or a list of whole numbers"),
        ({"algorithms": ()}, "no method is left to compare: none was named"),
        ({"fresh": 1}, "fresh: got 1"),
        ({"gait": "nothing"}, "unknown gait of aibo-ers7 'nothing'"),
        ({"name": "a/b"}, "name: got 'a/b'"),
    ],
)
def test_bad_settings_leave_nothing_behind(make_contest, free_steps, tmp_path, changes, words):
    with pytest.raises(InputError, match=words) as caught:
        make_contest(**changes)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert free_steps == []


def test_in_one_call(ers7, tiny_field, tmp_path, free_steps):
    method = {"algorithms": "augmented-random-search", "steps": 300, "seeds": 1, "fresh": 2}
    comparison = compare(robot=ers7, scenario=tiny_field, **method, workers=1, runs=tmp_path)
    assert comparison.budget == Steps(300)
    assert [curve.method for curve in comparison.curves] == ["augmented-random-search"]
    assert TrainFolder(comparison.folder / "runs" / "augmented-random-search-1").config.stopping.steps == 300


def test_other_seeds_say_something_else(make_contest, free_steps):
    """Negative control of what compares two comparisons."""
    one, two = run_comparison(make_contest(seeds=(1,)), 1), run_comparison(make_contest(seeds=(3,)), 1)
    curves = tuple(dataclasses.replace(curve, seed=1) for curve in two.curves)
    assert said(one).curves != said(dataclasses.replace(two, curves=curves)).curves
