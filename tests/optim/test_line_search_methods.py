"""BFGS and conjugate gradient against the theory of quadratics, and against scipy."""

import numpy as np
import pytest
from scipy.optimize import minimize
from smooth_functions import Quadratic, drive, make, rosenbrock

from gaitopt.optim.catalog import resolve_options

N = 6
HILL = Quadratic(10.0 ** np.linspace(0, 2, N), 0.55)
START = np.full(N, 0.5)


@pytest.fixture(params=["bfgs", "conjugate-gradient"])
def name(request):
    return request.param


def test_defaults(name):
    assert resolve_options(name) == {"repeats": 1, "reach": 4.0, "points": 6, "tolerance": 0.01, "patience": 5}


def bases(log):
    return np.array([(points[0] + points[N]) / 2 for points, _ in log if len(points) == 2 * N])


def bases_on_the_way_up(name, monkeypatch):
    # No search may end for another reason than the parabola's top.
    monkeypatch.setattr(f"gaitopt.optim.{name.replace('-', '_')}.next_reach", lambda reach, t: reach)
    return bases(drive(make(name, START, epsilon=0.01, reach=40.0), HILL, iterations=2 * N + 1))


def test_n_steps_lead_to_the_top_of_a_quadratic(name, monkeypatch):
    """With exact gradients and line searches, n steps are enough."""
    found = bases_on_the_way_up(name, monkeypatch)
    np.testing.assert_allclose(found[N], HILL.top, atol=1e-6)
    assert np.linalg.norm(found[N - 2] - HILL.top) > 1e-4


def test_directions_are_conjugate(monkeypatch):
    steps = np.diff(bases_on_the_way_up("conjugate-gradient", monkeypatch)[: N + 1], axis=0)
    conjugate = steps @ HILL.a @ steps.T
    scale = np.sqrt(np.diag(conjugate))
    np.testing.assert_allclose(conjugate / np.outer(scale, scale), np.eye(N), atol=1e-4)


def test_steepest_ascent_would_not_be_there():
    """Negative control: the same searches along the bare gradient."""
    x = START
    for _ in range(N):
        g = HILL.gradient(x)
        x = x + g * (g @ g) / (g @ HILL.a @ g)  # the exact step
    assert np.linalg.norm(x - HILL.top) > 1e-3


@pytest.mark.parametrize(("name", "how"), [("bfgs", {"method": "BFGS"}), ("conjugate-gradient", {"method": "CG"})])
def test_ends_where_scipy_ends(name, how):
    start = np.full(4, 0.4)
    optimizer = make(name, start, epsilon=1e-3, reach=100.0, tolerance=1e-3)
    drive(optimizer, rosenbrock, traversals=20_000)
    theirs = minimize(lambda x: -rosenbrock(x)[0], start, **how, options={"gtol": 1e-9})
    np.testing.assert_allclose(theirs.x, 0.75, atol=1e-3)
    np.testing.assert_allclose(optimizer.best, theirs.x, atol=0.02)


def test_stops_where_no_search_finds_a_way_up(name):
    optimizer = make(name, START, epsilon=0.01)
    for _ in range(20):
        points = optimizer.ask()
        optimizer.tell(points, np.zeros(len(points)))
    assert optimizer.stop_reasons()["step"].endswith("searches in a row without a step")
