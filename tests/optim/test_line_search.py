"""The line search that fits a parabola: exact without noise, steady with it."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from smooth_functions import Quadratic

from gaitopt.optim.line_search import GROW, SHORTEST, SHRINK, line_search, next_reach

BASE, STEP = np.array([0.4, 0.5, 0.6]), np.array([0.2, -0.1, 0.3])
HILL = Quadratic([1.0, 4.0, 9.0], [0.5, 0.45, 0.7])


def search(function, base=BASE, step=STEP, low=0.0, points=6):
    """Return t*, the gain, and the points measured, (0, n) if none."""
    loop = line_search(np.asarray(base, dtype=float), np.asarray(step, dtype=float), low, points)
    asked = []
    try:
        asked.append(next(loop))
        loop.send(function(asked[-1]))
    except StopIteration as end:
        t, gain = end.value
        return t, gain, np.vstack(asked) if asked else np.empty((0, len(base)))
    raise AssertionError("a line is measured at once")


def top_of_line(function, base=BASE, step=STEP, low=0.0):
    found = minimize_scalar(lambda t: -function(base + t * step)[0], bounds=(low, 1), method="bounded")
    return found.x


def test_exact_on_a_parabola():
    t, gain, points = search(HILL)
    assert t == pytest.approx(top_of_line(HILL), abs=1e-5)
    assert gain == pytest.approx(HILL(BASE + t * STEP)[0] - HILL(BASE)[0], rel=1e-9)
    np.testing.assert_allclose(points, BASE + np.linspace(0, 1, 6)[:, None] * STEP)


def test_looks_both_ways_if_told_so():
    behind = Quadratic([1.0, 1.0, 1.0], BASE - 0.5 * STEP)
    assert search(behind, low=-1.0)[0] == pytest.approx(-0.5)
    assert search(behind)[:2] == (0.0, 0.0)  # forward only: there is no way up


def test_takes_the_end_where_the_line_still_rises_or_bends_up():
    assert search(lambda x: x @ [1.0, 0.0, 0.0])[0] == 1.0
    assert search(lambda x: (x[:, 0] - 0.4) ** 2)[0] == 1.0
    assert search(lambda x: -x @ [1.0, 0.0, 0.0])[:2] == (0.0, 0.0)


@pytest.mark.parametrize("height", [0.0, 0.3, -math.pi / 6, -1e5, 1e-9])
@pytest.mark.parametrize("points", [3, 6, 7])
@pytest.mark.parametrize("low", [0.0, -1.0])
def test_equal_scores_are_no_way_up(height, points, low):
    assert search(lambda x: np.full(len(x), height), points=points, low=low)[:2] == (0.0, 0.0)


def test_bends_along_a_face_and_measures_nothing_where_there_is_no_way():
    _, _, points = search(lambda x: x @ [1.0, 1.0, 1.0], base=[0.9, 0.5, 0.5], step=[0.4, 0.2, 0.0])
    assert points.max() == 1.0
    np.testing.assert_allclose(points[:, 1], np.linspace(0.5, 0.7, 6))
    t, gain, points = search(np.sum, base=[1.0, 0.0, 0.5], step=[0.4, -0.2, 0.0])
    assert (t, gain, len(points)) == (0.0, 0.0, 0)
    _, _, points = search(lambda x: x[:, 0], base=[0.9, 0.5, 0.5], step=[0.4, 0.0, 0.0])
    np.testing.assert_allclose(points[:, 0], np.linspace(0.9, 1.0, 6))  # all points where the line still moves


def test_bears_noise_better_than_the_highest_score():
    true = top_of_line(HILL)
    grid = np.linspace(0, 1, 6)
    rng = np.random.default_rng(4)
    fitted, highest = [], []
    for _ in range(300):
        noise = 0.02 * rng.standard_normal(6)
        fitted.append(search(lambda x, noise=noise: HILL(x) + noise)[0] - true)
        highest.append(grid[np.argmax(HILL(BASE + grid[:, None] * STEP) + noise)] - true)
    assert np.mean(np.square(fitted)) < 0.6 * np.mean(np.square(highest))


def test_the_next_search_looks_twice_as_far_as_this_one_went():
    assert next_reach(4.0, 0.5) == 4.0
    assert next_reach(4.0, -0.75) == 6.0
    assert next_reach(4.0, 1.0) == 4.0 * GROW
    assert next_reach(8.0, 0.0) == 8.0 * SHRINK
    assert next_reach(2.0, 0.0) == SHORTEST
