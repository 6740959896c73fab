"""The switch from Bayesian optimization to CMA-ES, against each of them alone."""

import numpy as np
from smooth_functions import Quadratic, drive

from gaitopt.optim.catalog import make_optimizer, resolve_options

START = np.full(4, 0.3)
EPSILON = np.full(4, 0.05)
HILL = Quadratic([0.5, 1.0, 2.0, 4.0], 0.6)


def make(name="ego-cma", seed=1, **options):
    return make_optimizer(name, START, EPSILON, np.random.default_rng(seed), options)


def test_defaults():
    assert resolve_options("ego-cma") == {"repeats": 1, "switch": 150, "sigma": 2.0, "points": 4, "informed": False}


def test_it_begins_as_bayesian_optimization_does():
    pairs = zip(drive(make(switch=40), HILL, traversals=40), drive(make("bayesian"), HILL, traversals=40), strict=True)
    for (mine, _), (theirs, _) in pairs:
        np.testing.assert_array_equal(mine, theirs)


def test_it_goes_on_around_what_was_recommended():
    """A generation of CMA-ES, its mean the best; Bayesian optimization would ask for four points."""
    optimizer = make(switch=40)
    drive(optimizer, HILL, traversals=40)
    best = optimizer.best
    points = optimizer.ask()
    assert len(points) == 4 + int(3 * np.log(4))
    away = (points - best) / EPSILON
    assert 1.0 < away.std() < 4.0
    optimizer.tell(points, HILL(points))
    np.testing.assert_array_equal(optimizer.best, best)  # that the whole generation was worse is no reason to move


def test_it_is_early_where_cma_es_is_late_and_late_where_cma_es_is():
    early, late = (
        {name: np.median([left(name, seed, budget, **options) for seed in range(3)]) for name, options in BOTH.items()}
        for budget in (40, 400)
    )
    assert early["ego-cma"] < 0.3 * early["cma-es"]
    assert max(late.values()) < 0.02


BOTH = {"ego-cma": {"switch": 40}, "cma-es": {}}


def left(name, seed, budget, **options):
    """Return how far below the top the recommended point is."""
    optimizer = make(name, seed, **options)
    drive(optimizer, HILL, traversals=budget, noise=0.02)
    return -HILL(optimizer.best)[0]
