import sqlite3

import numpy as np
import pytest
from scipy import stats
from small_runs import chance_walk, rows_of

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import read_gait
from gaitopt.gait.parameters import PARAMETER_NAMES, GaitParameters
from gaitopt.gait.space import GaitSpace
from gaitopt.hal.catalog import make_body
from gaitopt.optim.catalog import make_optimizer
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn.optimize import new_run, optimize
from gaitopt.run.learn.settings import LearnSettings, new_optimizer
from gaitopt.scenario.objective import parse_score
from gaitopt.seeding import Stream, generator, traversal_seed
from gaitopt.toml import read_toml
from gaitopt.walk.controller import GaitController
from gaitopt.walk.evaluation import score
from gaitopt.walk.traversal import traverse
from gaitopt.workers.base import InProcess


def table(run, columns, purpose):
    connection = sqlite3.connect(run.path / "run.db")
    where = "WHERE purpose = ? ORDER BY iteration, candidate, repeat"
    rows = connection.execute(f"SELECT {columns} FROM traversals {where}", [purpose]).fetchall()
    connection.close()
    return rows


def test_the_number_of_workers_changes_nothing(make_run, small_config):
    config = small_config.model_copy(update={"traversals": 8})
    alone, together = make_run(config), make_run(config)
    one, two = optimize(alone, 1), optimize(together, 2)
    assert rows_of(alone) == rows_of(together)
    assert len(rows_of(alone)) == 8 + 2 * 3
    assert alone.best_path.read_bytes() == together.best_path.read_bytes()
    assert (one.best, one.start, one.learned) == (two.best, two.start, two.learned)


def test_what_is_stored_is_what_such_a_walk_gives(make_run, small_config, ers7):
    run = make_run(small_config.model_copy(update={"traversals": 4}))
    optimize(run, 1)
    with run.open_store() as store, make_body(ers7) as body:
        for row in store.rows("learn")[1:3] + store.rows("start")[:1]:  # here, not in the order of the run
            controller = GaitController(GaitParameters(*row.parameters), ers7, run.config.scenario)
            assert traverse(body, controller, run.config.scenario, row.seed) == row.traversal
            assert row.score == row.traversal.speed_mps
            assert row.wall_s > 0


def test_seeds_come_from_the_place_and_no_traversal_has_that_of_another(make_run, free_walks):
    run = make_run()
    optimize(run, 1)
    learn = table(run, "seed, iteration, candidate, repeat", "learn")
    assert len(learn) == 12
    assert all(seed == traversal_seed(5, Stream.LEARNING, *place) for seed, *place in learn)
    fresh = table(run, "seed, repeat", "best")
    assert all(seed == traversal_seed(5, Stream.FRESH, repeat) for seed, repeat in fresh)
    # Start and winner meet the same conditions; but none that the winner was picked by.
    assert table(run, "seed, repeat", "start") == fresh
    assert len({seed for seed, *_ in learn + fresh}) == 12 + 3


def test_start_and_winner_are_reported_by_fresh_traversals_alone(make_run, free_walks):
    run = make_run()
    outcome = optimize(run, 1)
    for purpose, told in (("start", outcome.start), ("best", outcome.learned)):
        speeds = np.array([speed for (speed,) in table(run, "speed_mps", purpose)])
        assert told.speed_mps == pytest.approx(speeds.mean(), rel=1e-12)
        low, high = stats.t.interval(0.95, 2, speeds.mean(), stats.sem(speeds))
        assert told.speed_ci95_mps == pytest.approx((low, high), rel=1e-9)
        # Negative control: neither all rows nor those of learning have this mean.
        learned = np.array([speed for (speed,) in table(run, "speed_mps", "learn")])
        assert told.speed_mps != pytest.approx(learned.mean(), rel=1e-3)
        assert told.speed_mps != pytest.approx(np.concatenate([speeds, learned]).mean(), rel=1e-3)
    origin = read_toml(run.best_path)["origin"]
    assert origin["speed_mps"] == outcome.learned.speed_mps
    assert origin["fresh_traversals"] == 3
    assert origin["finished"] == sum(s == "finished" for (s,) in table(run, "status", "best"))


def test_the_fresh_traversals_walk_the_start_and_the_saved_gait(make_run, free_walks):
    run = make_run()
    outcome = optimize(run, 1)
    columns = ", ".join(PARAMETER_NAMES)
    saved = tuple(vars(read_gait(run.best_path).parameters).values())
    assert set(table(run, columns, "best")) == {saved} == {tuple(vars(outcome.best.parameters).values())}
    assert set(table(run, columns, "start")) == {tuple(vars(run.config.start_gait).values())}
    assert outcome.best.robot == "aibo-ers7"


@pytest.mark.parametrize("name", ["aibo-ers7", "petoi-bittle"])  # 12 parameters and 9
@pytest.mark.parametrize("optimizer", ["kohl-stone", "forward-difference", "random-search"])
def test_the_optimizer_is_told_the_mean_of_the_repeats_of_each_point(make_run, settings, free_walks, optimizer, name):
    robot = load_robot(name)
    options = {"kohl-stone": {"policies": 2}, "random-search": {"points": 2}}.get(optimizer, {}) | {"repeats": 2}
    changes = {"robot": robot, "optimizer": optimizer, "options": options}
    config = LearnSettings(**settings | changes | {"traversals": 60})
    run = make_run(config)
    optimize(run, 1)
    # The rows, told to an optimizer of our own, must make it ask for the points that were walked.
    space = GaitSpace(robot)
    start, epsilon = space.to_cube(config.start_gait), space.epsilon_in_cube
    mine = make_optimizer(optimizer, start, epsilon, generator(5, Stream.OPTIMIZER), options)
    walked = np.array(table(run, ", ".join(space.active), "learn"))
    assert all(set(table(run, inactive, "learn")) == {(0.0,)} for inactive in space.inactive)
    speeds = np.array(table(run, "speed_mps", "learn"))
    cost = 2 * mine.batch
    assert len(walked) == 60 // cost * cost
    for first in range(0, len(walked), cost):
        points = mine.ask()
        expected = space.low + points * (space.high - space.low)
        assert walked[first : first + cost : 2] == pytest.approx(expected, abs=1e-12)
        assert np.array_equal(walked[first : first + cost : 2], walked[first + 1 : first + cost : 2])
        mine.tell(points, speeds[first : first + cost].reshape(-1, 2).mean(axis=1))
    best = read_gait(run.best_path).parameters
    found = [getattr(best, name) for name in space.active]
    assert found == pytest.approx(space.low + mine.best * (space.high - space.low), abs=1e-12)
    assert all(getattr(best, name) == 0 for name in space.inactive)


def test_the_order_in_which_walks_end_changes_nothing(make_run, free_walks, monkeypatch):
    class Backwards(InProcess):
        def _results(self, tasks):
            yield from reversed(list(super()._results(tasks)))

    forward, backward = make_run(), make_run()
    optimize(forward, 1)
    monkeypatch.setattr("gaitopt.run.rollout.make_workers", lambda factory, n: Backwards(lambda: chance_walk))
    optimize(backward, 1)
    assert rows_of(forward) == rows_of(backward)
    assert forward.best_path.read_bytes() == backward.best_path.read_bytes()


def test_only_whole_iterations_are_walked(make_run, small_config, free_walks):
    run = make_run(small_config.model_copy(update={"traversals": 11}))  # an iteration takes 4
    outcome = optimize(run, 1)
    assert outcome.traversals == 8 == len(table(run, "seed", "learn"))
    assert len(free_walks) == 8 + 2 * 3


def test_settings_that_pay_for_no_iteration_are_refused(settings, tmp_path):
    with pytest.raises(InputError, match="one iteration of kohl-stone takes 4"):
        new_run(LearnSettings(**settings | {"traversals": 3}), tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


def test_an_optimizer_that_has_reasons_to_stop_is_stopped(make_run, free_walks, monkeypatch):
    monkeypatch.setattr(
        "gaitopt.optim.kohl_stone.KohlStone.stop_reasons", lambda self: {"enough": "it is"} if free_walks else {}
    )
    assert optimize(make_run(), 1).traversals == 4


def test_progress_is_told_after_every_traversal(make_run, free_walks):
    told = []
    run = make_run()
    optimize(run, 1, told.append)
    stages = [(p.stage, p.traversals, p.budget) for p in told]
    learning = [(n, p) for n, p in enumerate(told) if p.stage == "learning"]
    assert [s for s in stages if s[0] != "learning"] == [
        *(("start", n, 3) for n in (1, 2, 3)),
        *(("best", n, 3) for n in (1, 2, 3)),
    ]
    assert {p.traversals for _, p in learning} == set(range(1, 13))
    assert all(p.budget == 12 and p.per_second > 0 and p.seconds_left >= 0 for _, p in learning)
    assert [p.iteration for _, p in learning] == sorted(p.iteration for _, p in learning)
    speeds = np.array(table(run, "speed_mps", "learn")).reshape(3, 2, 2)  # iterations, candidates, repeats
    last = learning[-1][1]
    assert (last.iteration, last.current_score) == (3, pytest.approx(speeds[2].mean()))
    assert last.best_score == pytest.approx(speeds.mean(axis=2).max())
    assert np.isnan(learning[0][1].current_score)


def test_the_best_gait_is_kept_after_every_iteration(make_run, free_walks):
    run, seen = make_run(), {}

    def look(progress):
        if run.best_path.is_file():
            origin = read_gait(run.best_path).origin
            seen[progress.stage, progress.iteration] = origin["iterations"], "speed_mps" in origin

    optimize(run, 1, look)
    # A speed is reported only after it was measured by evaluation walks.
    expected = {("learning", n): (n, False) for n in (1, 2, 3)} | {(s, 3): (3, False) for s in ("start", "best")}
    assert seen == expected
    assert "speed_mps" in read_gait(run.best_path).origin


def test_after_every_iteration_it_is_stored_what_was_recommended_then(make_run, free_walks):
    run, seen = make_run(), {}

    def look(progress):
        if progress.stage == "learning" and run.best_path.is_file():
            seen[progress.iteration] = tuple(vars(read_gait(run.best_path).parameters).values())

    optimize(run, 1, look)
    with run.open_store() as store:
        told = store.iterations()
    assert [(one.iteration, one.traversals) for one in told] == [(0, 4), (1, 8), (2, 12)]
    assert [one.incumbent for one in told] == [seen[1], seen[2], seen[3]]
    assert all(one.overhead_s > 0 for one in told)


def test_another_score_is_what_the_optimizer_is_reported(make_run, settings, free_walks):
    run = make_run(LearnSettings(**settings | {"score": parse_score("2*speed - sway")}))
    optimize(run, 1)
    with run.open_store() as store:
        rows = store.rows("learn")
    for row in rows:
        assert row.score == score(row.traversal, run.config.score) != row.traversal.speed_mps
    mine = new_optimizer(run.config)
    for first in (0, 4, 8):
        mine.tell(mine.ask(), [np.mean([row.score for row in rows[n : n + 2]]) for n in (first, first + 2)])
    found = GaitSpace(run.config.robot).from_cube(mine.best)
    assert vars(read_gait(run.best_path).parameters) == vars(found)
    origin = read_gait(run.best_path).origin
    assert origin["score"] == "2.0*speed - sway"
    assert origin["score_mean"] != origin["speed_mps"]
