"""Hill climbing: only a confirmed increase is accepted."""

import numpy as np
import pytest
from smooth_functions import Quadratic, drive

from gaitopt.optim.catalog import make_optimizer, resolve_options

START = np.full(3, 0.5)


def make(seed=1, epsilon=0.05, **options):
    return make_optimizer("hill-climbing", START, np.full(3, epsilon), np.random.default_rng(seed), options)


def test_defaults():
    assert resolve_options("hill-climbing") == {
        "repeats": 1,
        "neighbors": 7,
        "spread": 1.0,
        "confirm": 3,
        "patience": 100,
    }


def test_neighbors_are_normal_about_the_current_point():
    points = make(neighbors=4000, spread=2.0).ask()
    np.testing.assert_array_equal(points[0], START)
    np.testing.assert_allclose(points[1:].mean(axis=0), 0.5, atol=0.01)
    np.testing.assert_allclose(points[1:].std(axis=0), 0.1, atol=0.005)


def test_without_a_higher_neighbor_it_stays():
    optimizer = make(neighbors=3)
    optimizer.tell(optimizer.ask(), [1.0, 0.9, 1.0, 0.5])  # a draw is no increase
    assert optimizer.batch == 4
    np.testing.assert_array_equal(optimizer.ask()[0], START)


@pytest.mark.parametrize(("again", "accepted"), [([1.0, 1.3], True), ([1.9, 0.0], False), ([1.0, 1.0], False)])
def test_the_best_neighbor_is_accepted_only_if_fresh_scores_confirm_it(again, accepted):
    optimizer = make(neighbors=3, confirm=2)
    first = optimizer.ask()
    optimizer.tell(first, [1.0, 0.5, 9.0, 2.0])
    challenge = optimizer.ask()
    np.testing.assert_array_equal(challenge, first[[2, 2]])
    optimizer.tell(challenge, again)
    np.testing.assert_array_equal(optimizer.ask()[0], first[2] if accepted else START)
    np.testing.assert_array_equal(optimizer.best, START)  # the new point is not proven yet


def test_the_score_that_picked_a_neighbor_does_not_count_for_it():
    optimizer = make(neighbors=2, confirm=1)
    first = optimizer.ask()
    optimizer.tell(first, [1.0, 9.0, 0.0])
    optimizer.tell(optimizer.ask(), [1.5])
    points = optimizer.ask()
    np.testing.assert_array_equal(points[0], first[1])
    optimizer.tell(points, [1.5, 2.0, 0.0])  # above 1.5, though below the mean of 9, 1.5 and 1.5
    np.testing.assert_array_equal(optimizer.ask(), points[1:2])


def test_best_is_the_point_whose_scores_were_surely_highest():
    optimizer = make(neighbors=1, confirm=1)
    first = optimizer.ask()
    optimizer.tell(first, [1.0, 9.0])
    optimizer.tell(optimizer.ask(), [5.0])  # accepted, by luck
    for low in (0.0, 0.0, 0.0):
        np.testing.assert_array_equal(optimizer.best, START)
        optimizer.tell(optimizer.ask(), [low, -9.0])  # measured on, it is low: 5, 0, 0, 0
    np.testing.assert_array_equal(optimizer.best, START)
    other = make(neighbors=1, confirm=1)
    other.tell(other.ask(), [1.0, 9.0])
    other.tell(other.ask(), [5.0])
    other.tell(other.ask(), [5.0, -9.0])  # negative control: measured on, it stays high
    np.testing.assert_array_equal(other.best, first[1])


def test_noise_alone_rarely_moves_it_and_a_naive_climber_always():
    """On a flat function, with the top neighbor of 7 against one score, seven of eight rounds would move."""
    moved = 0
    for seed in range(20):
        log = drive(make(seed=seed), lambda x: np.zeros(len(x)), iterations=20, noise=1.0, seed=seed)
        moved += len(np.unique([points[0] for points, _ in log if len(points) == 8], axis=0)) - 1
    naive = np.mean([np.argmax(np.random.default_rng(s).standard_normal(8)) > 0 for s in range(400)])
    assert naive > 0.8
    assert moved / 400 < 0.3


def test_climbs_and_stops_when_nothing_is_higher():
    hill = Quadratic([1.0, 2.0, 3.0], 0.6)
    optimizer = make(patience=30)
    drive(optimizer, hill, traversals=20_000)
    assert optimizer.stop_reasons() == {"stalled": "no increase in 30 rounds"}
    assert hill(optimizer.best)[0] > 0.05 * hill(START)[0]
