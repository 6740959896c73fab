"""The noise of traversals, estimated from a store: by hand, and from a noise that is known."""

import dataclasses

import numpy as np
import pytest
from small_runs import chance_walk, rows_of

from gaitopt.gait.gait_file import load_gait
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn.noise import Noise, estimate_noise
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.rollout import RolloutTask
from gaitopt.run.store import PURPOSES, Place, Row
from gaitopt.run.walkers.walker import GaitWalker
from gaitopt.walk.traversal import Status

WALK = dataclasses.replace(
    chance_walk(RolloutTask(GaitWalker(load_gait("hand-tuned", load_robot("aibo-ers7"))), 0)).traversal,
    status=Status.FINISHED,
)


def row(gait, score, fell=False, iteration=0):
    status = Status.FELL if fell else Status.FINISHED
    walk = dataclasses.replace(WALK, status=status)
    return Row(Place("learn", iteration, 0, 0), 0, (float(gait),) * 12, walk, score, 0.1)


def test_by_hand():
    """1, 2, 3 have squares of 2 about their mean, 10 and 14 of 8: 10 over 3 degrees of freedom."""
    rows = [row(1, 1.0), row(1, 2.0), row(1, 3.0), row(2, 10.0), row(2, 14.0), row(3, 99.0)]
    assert estimate_noise(rows) == Noise(pytest.approx((10 / 3) ** 0.5), 3, 6, 0)


def test_a_gait_measured_again_later_is_one_gait():
    assert estimate_noise([row(1, 1.0), row(1, 3.0, iteration=7)]).std == pytest.approx(2**0.5)


def test_falls_are_counted_apart():
    rows = [row(1, 1.0), row(1, 3.0), row(1, 0.0, fell=True), row(2, 0.0, fell=True)]
    assert estimate_noise(rows) == Noise(pytest.approx(2**0.5), 1, 4, 2)


@pytest.mark.parametrize("rows", [[], [row(1, 1.0), row(2, 5.0)], [row(1, 0.0, fell=True), row(1, 0.0, fell=True)]])
def test_without_repeats_nothing_is_known(rows):
    assert estimate_noise(rows) == Noise(None, 0, len(rows), sum(r.traversal.status is Status.FELL for r in rows))


def test_a_known_noise_is_found_however_far_apart_the_gaits_are():
    rng = np.random.default_rng(1)
    rows = [row(gait, gait + 0.02 * rng.standard_normal()) for gait in range(300) for _ in range(3)]
    assert estimate_noise(rows).std == pytest.approx(0.02, rel=0.1)
    # Negative control: the spread of all scores is that of the gaits.
    assert np.std([r.score for r in rows]) > 50


def test_a_run_tells_the_noise_of_all_that_it_stored(make_run, free_walks):
    run = make_run()
    outcome = optimize(run, 1)
    with run.open_store() as store:
        rows = [row for purpose in PURPOSES for row in store.rows(purpose)]
    assert outcome.noise == estimate_noise(rows)
    assert outcome.noise.traversals == len(rows_of(run)) == 18
    assert outcome.noise.degrees_of_freedom > 3
