"""The genetic algorithm's operators, and its elites under noise."""

from functools import partial

import numpy as np
import pytest
import smooth_functions
from smooth_functions import Quadratic, drive

from gaitopt.errors import InputError
from gaitopt.optim.catalog import resolve_options

START = np.full(3, 0.5)


make = partial(smooth_functions.make, "genetic-algorithm", start=START)


def test_defaults():
    assert resolve_options("genetic-algorithm") == {
        "repeats": 1,
        "population": 15,
        "elites": 3,
        "tournament": 3,
        "spread": 3.0,
        "mutation": 1.0,
        "mutated": 0.3,
    }


def test_more_elites_than_population_are_refused():
    with pytest.raises(InputError, match="elites: got 5 of a population of 5; expected fewer"):
        make(population=5, elites=5)


def test_the_first_generation_is_normal_about_the_start():
    points = make(population=4000, spread=2.0).ask()
    np.testing.assert_array_equal(points[0], START)
    np.testing.assert_allclose(points.std(axis=0), 0.1, atol=0.005)


def test_elites_live_on_and_children_are_crossed_from_parents():
    optimizer = make(population=30, elites=2, mutated=0.0)
    parents = optimizer.ask()
    scores = np.arange(30.0)
    optimizer.tell(parents, scores)
    children = optimizer.ask()
    np.testing.assert_array_equal(children[:2], parents[[29, 28]])
    for column in range(3):
        assert set(children[:, column]) <= set(parents[:, column])
    mixed = [child for child in children[2:] if not np.any(np.all(parents == child, axis=1))]
    assert len(mixed) > 10  # negative control: not copies


def test_a_larger_tournament_chooses_better_parents():
    def mean_rank(size):
        optimizer = make(population=60, elites=1, mutated=0.0, tournament=size)
        parents = optimizer.ask()
        optimizer.tell(parents, np.arange(60.0))
        ranks = [np.flatnonzero(parents[:, 0] == child[0])[0] for child in optimizer.ask()[1:]]
        return np.mean(ranks)

    # The highest of k ranks of 60 has a mean of 60 k / (k + 1): 30, 45 and 53.
    assert mean_rank(1) == pytest.approx(30, abs=8)
    assert mean_rank(3) == pytest.approx(45, abs=6)
    assert mean_rank(8) == pytest.approx(53, abs=4)


def test_mutations_have_their_chance_and_size():
    optimizer = make(start=np.full(400, 0.5), population=50, elites=1, mutated=0.2, mutation=0.5, spread=1e-9)
    optimizer.tell(optimizer.ask(), np.zeros(50))
    changes = optimizer.ask()[1:] - 0.5
    changed = np.abs(changes) > 1e-6
    assert changed.mean() == pytest.approx(0.2, abs=0.02)
    assert changes[changed].std() == pytest.approx(0.025, abs=0.002)


def test_a_lucky_point_is_best_only_if_it_comes_back():
    optimizer = make(population=4, elites=2)
    first = optimizer.ask()
    optimizer.tell(first, [1.0, 9.0, 0.0, 0.5])
    np.testing.assert_array_equal(optimizer.best, START)  # none was measured twice
    second = optimizer.ask()
    np.testing.assert_array_equal(second[:2], first[[1, 0]])
    optimizer.tell(second, [-9.0, 1.0, 5.0, 0.0])  # the lucky one's mean is 0 now; a newcomer scores 5
    np.testing.assert_array_equal(optimizer.best, first[0])


def test_climbs_a_noisy_hill():
    hill = Quadratic([1.0, 2.0, 3.0], 0.65)
    optimizer = make()
    drive(optimizer, hill, traversals=600, noise=0.01)
    assert hill(optimizer.best)[0] > 0.15 * hill(START)[0]
