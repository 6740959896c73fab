"""Properties that BFGS and conjugate gradient share, against scipy."""

import numpy as np
import pytest
from scipy.optimize import minimize
from smooth_functions import drive, rosenbrock

from gaitopt.optim.catalog import make_optimizer, resolve_options

both = pytest.mark.parametrize(
    ("name", "theirs"),
    [("bfgs", {"method": "BFGS"}), ("conjugate-gradient", {"method": "CG", "options": {"gtol": 1e-9}})],
)


def make(name, start, epsilon, **options):
    return make_optimizer(name, start, np.full(len(start), epsilon), np.random.default_rng(1), options)


@both
def test_defaults(name, theirs):
    assert resolve_options(name) == {"repeats": 1, "reach": 4.0, "points": 6, "tolerance": 0.01, "patience": 5}


@both
def test_ends_where_scipy_ends(name, theirs):
    optimizer = make(name, np.full(4, 0.4), epsilon=1e-3, reach=100.0, tolerance=1e-3)
    drive(optimizer, rosenbrock, traversals=20_000)
    end = minimize(lambda x: -rosenbrock(x)[0], np.full(4, 0.4), **theirs).x
    np.testing.assert_allclose(end, 0.75, atol=1e-3)
    np.testing.assert_allclose(optimizer.best, end, atol=0.02)


@both
def test_stops_where_no_search_finds_a_way_up(name, theirs):
    optimizer = make(name, np.full(6, 0.5), epsilon=0.01)
    for _ in range(20):
        points = optimizer.ask()
        optimizer.tell(points, np.zeros(len(points)))
    assert optimizer.stop_reasons()["step"].endswith("searches in a row without a step")
