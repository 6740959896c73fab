"""Nelder-Mead against scipy's, step by step, and how it handles noise."""

import numpy as np
import pytest
from scipy.optimize import minimize
from smooth_functions import Quadratic, drive, rosenbrock

from gaitopt.optim.catalog import make_optimizer, resolve_options
from gaitopt.optim.nelder_mead import first_simplex

HILL = Quadratic(10.0 ** np.linspace(0, 2, 3), 0.55)


def make(start, epsilon=0.05, **options):
    return make_optimizer("nelder-mead", start, np.full(len(start), epsilon), np.random.default_rng(1), options)


def bests(optimizer, function, iterations):
    """Return the leading vertex after every ask and tell, without repeats of the same one."""
    seen = [optimizer.best]
    for _ in range(iterations):
        points = optimizer.ask()
        optimizer.tell(points, function(points))
        if not np.array_equal(optimizer.best, seen[-1]):
            seen.append(optimizer.best)
    return np.array(seen)


def scipys_bests(function, simplex, bounds=None):
    options = {"initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-12, "return_all": True}
    # scipy warns that the simplex touches the bounds; so does ours.
    found = minimize(lambda x: -function(x)[0], simplex[0], method="Nelder-Mead", bounds=bounds, options=options)
    changed = [found.allvecs[0]]
    for x in found.allvecs[1:]:
        if not np.array_equal(x, changed[-1]):
            changed.append(x)
    return np.array(changed)


def test_defaults():
    expected = {"repeats": 2, "size": 4.0, "shrink": 0.9, "together": False, "tolerance": 0.01}
    assert resolve_options("nelder-mead") == expected


def test_first_simplex_steps_along_each_coordinate_inside_the_cube():
    simplex = first_simplex(np.array([0.5, 0.95, 0.5]), np.array([0.2, 0.2, 0.7]))
    np.testing.assert_allclose(simplex - simplex[0], [[0, 0, 0], [0.2, 0, 0], [0, -0.2, 0], [0, 0, 0.5]])


@pytest.mark.parametrize("function", [HILL, rosenbrock])
@pytest.mark.parametrize("together", [False, True])
def test_without_noise_it_is_scipys_step_by_step(function, together):
    """The best vertices, in order, are those of scipy, to rounding."""
    start = np.array([0.3, 0.45, 0.4])
    optimizer = make(start, shrink=0.5, together=together, tolerance=0.0)
    mine = bests(optimizer, function, 200)
    theirs = scipys_bests(function, first_simplex(start, np.full(3, 0.2)))
    # scipy does not report the best vertex of the first simplex; from its first step on the paths are the same.
    mine = mine[next(i for i in range(5) if np.allclose(mine[i], theirs[1])) :]
    common = min(len(mine), len(theirs) - 1, 60)
    assert common > 20
    np.testing.assert_allclose(mine[:common], theirs[1 : common + 1], atol=1e-6)


def test_climbs_rosenbrock_and_says_when_the_simplex_is_small():
    optimizer = make(np.full(3, 0.4), tolerance=1e-3)
    drive(optimizer, rosenbrock, traversals=4000)
    assert "epsilon wide" in optimizer.stop_reasons()["size"]
    np.testing.assert_allclose(optimizer.best, 0.75, atol=0.01)


def test_a_lucky_vertex_does_not_lead():
    optimizer = make(np.array([0.5, 0.5]), repeats=1)
    points = optimizer.ask()
    optimizer.tell(points, [1.0, 9.0, 0.5])  # the second was lucky
    again = optimizer.ask()
    np.testing.assert_array_equal(again, points[1:2])
    optimizer.tell(again, [-9.0])  # its mean is 0 now
    third = optimizer.ask()
    np.testing.assert_array_equal(third, points[:1])  # the next to lead is measured again, too
    optimizer.tell(third, [1.0])
    np.testing.assert_array_equal(optimizer.best, points[0])


def test_at_a_shrink_the_best_is_measured_again_and_the_rest_comes_nearer():
    optimizer = make(np.array([0.5, 0.5]), size=2.0)
    for scores in ([3.0, 2.0, 1.0], [3.0], [0.0], [0.0]):  # simplex, the leader again, reflection, inside
        points = optimizer.ask()
        optimizer.tell(points, scores)
    np.testing.assert_allclose(optimizer.ask(), [[0.5, 0.5], [0.59, 0.5], [0.5, 0.59]])


def test_together_asks_all_that_a_step_may_need():
    optimizer = make(np.array([0.5, 0.5]), size=2.0, together=True)
    for scores in ([3.0, 2.0, 1.0], [3.0]):
        optimizer.tell(optimizer.ask(), scores)
    # center (0.55, 0.5) and worst (0.5, 0.6): away is (0.05, -0.1)
    np.testing.assert_allclose(optimizer.ask(), [[0.6, 0.4], [0.65, 0.3], [0.575, 0.45], [0.525, 0.55]])
