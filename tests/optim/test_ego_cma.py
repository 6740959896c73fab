"""The switch from Bayesian optimization to CMA-ES, against each of them alone."""

import numpy as np
import pytest
from smooth_functions import Quadratic, drive

from gaitopt.optim import ego_cma
from gaitopt.optim.catalog import make_optimizer, resolve_options

START = np.full(4, 0.3)
EPSILON = np.full(4, 0.05)
HILL = Quadratic([0.5, 1.0, 2.0, 4.0], 0.6)


def make(name="ego-cma", seed=1, **options):
    return make_optimizer(name, START, EPSILON, np.random.default_rng(seed), options)


def switched(traversals, **options):
    """Return an optimizer after the switch to CMA-ES."""
    optimizer = make(switch=40, **options)
    drive(optimizer, HILL, traversals=traversals)
    return optimizer


def test_defaults():
    assert resolve_options("ego-cma") == {
        "repeats": 1,
        "switch": 150,
        "sigma": 2.0,
        "preselect": 4,
        "points": 4,
        "informed": True,
    }


def test_it_begins_as_bayesian_optimization_does():
    pairs = zip(drive(make(switch=40), HILL, traversals=40), drive(make("bayesian"), HILL, traversals=40), strict=True)
    for (mine, _), (theirs, _) in pairs:
        np.testing.assert_array_equal(mine, theirs)


def test_it_goes_on_around_what_was_recommended():
    """A generation of CMA-ES, its mean the best; Bayesian optimization would ask for four points."""
    optimizer = switched(40)
    best = optimizer.best
    points = optimizer.ask()
    assert len(points) == 4 + int(3 * np.log(4))
    away = (points - best) / EPSILON
    assert 1.0 < away.std() < 4.0


def test_best_is_where_the_surest_generation_moved_the_mean_to():
    optimizer = switched(40)
    points = optimizer.ask()
    optimizer.tell(points, HILL(points))
    moved = optimizer.best
    np.testing.assert_array_equal(moved, optimizer._method._strategy.result.xfavorite)
    assert HILL(moved)[0] > HILL(points).mean()
    worse = optimizer.ask()
    optimizer.tell(worse, HILL(points) - 0.01)
    np.testing.assert_array_equal(optimizer.best, moved)
    better = optimizer.ask()
    optimizer.tell(better, HILL(points) + 0.01)
    assert not np.array_equal(optimizer.best, moved)


@pytest.mark.parametrize("newest", [500, 30])
def test_a_generation_is_the_best_of_what_was_drawn_by_the_process(newest, monkeypatch):
    monkeypatch.setattr(ego_cma, "NEWEST", newest)
    one, same = switched(64, preselect=5), switched(64, preselect=5)
    strategy, surrogate = one._method._strategy, one._first.surrogate
    assert len(surrogate.points) == 64  # it learns from CMA-ES's generations, too
    drawn = np.clip(np.vstack(strategy.ask(5 * strategy.popsize)), 0, 1)
    ranked = drawn[np.argsort(-surrogate.given(surrogate.points[-newest:], surrogate.scores[-newest:]).mean(drawn))]
    np.testing.assert_array_equal(same.ask(), ranked[: strategy.popsize])


def test_without_preselection_a_generation_is_what_cma_es_draws():
    one, same = switched(40, preselect=1), switched(40, preselect=1)
    drawn = np.clip(np.vstack(one._method._strategy.ask()), 0, 1)
    np.testing.assert_array_equal(np.unique(same.ask(), axis=0), np.unique(drawn, axis=0))


def test_preselection_spares_evaluations():
    chosen, drawn = (
        np.median([left("ego-cma", seed, 120, switch=40, preselect=preselect) for seed in range(5)])
        for preselect in (4, 1)
    )
    assert chosen < 0.7 * drawn


def test_it_is_early_where_cma_es_is_late_and_late_where_cma_es_is():
    early, late = (
        {name: np.median([left(name, seed, budget, **options) for seed in range(3)]) for name, options in BOTH.items()}
        for budget in (40, 400)
    )
    assert early["ego-cma"] < 0.3 * early["cma-es"]
    assert max(late.values()) < 0.02


BOTH = {"ego-cma": {"switch": 40}, "cma-es": {}}


def left(name, seed, budget, **options):
    """Return the difference between the maximum and the value of the recommended point."""
    optimizer = make(name, seed, **options)
    drive(optimizer, HILL, traversals=budget, noise=0.02)
    return -HILL(optimizer.best)[0]
