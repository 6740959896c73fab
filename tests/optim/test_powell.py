"""Powell's method against scipy's, and its rule for new directions by hand."""

import numpy as np
import pytest
from scipy.optimize import minimize
from smooth_functions import Quadratic, drive, rosenbrock

from gaitopt.optim.catalog import make_optimizer, resolve_options
from gaitopt.optim.powell import takes_new_direction


def make(start, epsilon=0.01, **options):
    return make_optimizer("powell", start, np.full(len(start), epsilon), np.random.default_rng(1), options)


def test_defaults():
    expected = {"repeats": 1, "reach": 4.0, "points": 5, "tolerance": 0.01, "patience": 3}
    assert resolve_options("powell") == expected


@pytest.mark.parametrize(
    ("heights", "largest", "taken"),
    [
        ((0.0, 3.0, 5.0), 1.0, True),  # 2 (0 + 6 - 5) (3 - 1)^2 = 8 < 1 * 25
        ((0.0, 3.0, 5.0), 2.9, True),  # one direction did it all: 2 * 0.01 < 2.9 * 25
        ((0.0, 3.0, 1.0), 0.5, False),  # 2 (6 - 1) (2.5)^2 = 62.5 >= 0.5 * 1: the way ahead bends down
        ((0.0, 3.0, 0.0), 1.0, False),  # no higher ahead than at the start
        ((0.0, 3.0, -1.0), 1.0, False),
    ],
)
def test_the_rule_for_a_new_direction_by_hand(heights, largest, taken):
    assert takes_new_direction(*heights, largest) is taken


def test_the_first_line_is_along_the_first_coordinate_both_ways():
    optimizer = make([0.5, 0.5, 0.99])
    points = optimizer.ask()
    np.testing.assert_allclose(points[:, 0], [0.46, 0.48, 0.5, 0.52, 0.54])
    np.testing.assert_array_equal(points[:, 1:], [[0.5, 0.99]] * 5)


def test_one_sweep_climbs_a_separable_quadratic():
    top = np.array([0.52, 0.47, 0.55])
    optimizer = make([0.5, 0.5, 0.5])
    drive(optimizer, lambda x: -((x - top) ** 2) @ [1.0, 4.0, 9.0], iterations=4)
    assert optimizer.batch == 5
    np.testing.assert_allclose(optimizer.best, [0.52, 0.47, 0.54], atol=1e-9)  # reach 0.04 ends the last line early


@pytest.mark.parametrize("function", [Quadratic(10.0 ** np.linspace(0, 3, 5), 0.6), rosenbrock])
def test_ends_where_scipy_ends(function):
    start = np.full(5, 0.45)
    optimizer = make(start, epsilon=1e-3, reach=100.0)
    drive(optimizer, function, traversals=40_000)
    theirs = minimize(
        lambda x: -function(x)[0],
        start,
        method="Powell",
        options={"xtol": 1e-8, "ftol": 1e-12},
    )
    assert theirs.fun < 1e-6
    assert function(optimizer.best)[0] > -1e-4
    np.testing.assert_allclose(optimizer.best, theirs.x, atol=0.02)


def test_a_sweep_misled_by_noise_is_taken_back():
    optimizer = make([0.5, 0.5])
    for line in range(2):
        points = optimizer.ask()
        optimizer.tell(points, points[:, line] * 10)  # every line seems to lead up
    points = optimizer.ask()
    assert len(points) == 3
    optimizer.tell(points, [1.0, 0.9, 0.8])  # fresh scores say: down
    np.testing.assert_array_equal(optimizer.best, [0.5, 0.5])
    np.testing.assert_array_equal(optimizer.ask()[2], [0.5, 0.5])  # the next sweep begins where that one did
    # Negative control: confirmed, the same sweep is kept.
    other = make([0.5, 0.5])
    for line in range(2):
        points = other.ask()
        other.tell(points, points[:, line] * 10)
    points = other.ask()
    other.tell(points, [1.0, 1.1, 0.8])
    np.testing.assert_array_equal(other.best, points[1])


def test_stops_after_sweeps_that_led_nowhere():
    optimizer = make([0.5, 0.5])
    while not optimizer.stop_reasons():
        points = optimizer.ask()
        optimizer.tell(points, np.zeros(len(points)))
    assert optimizer.stop_reasons() == {"step": "3 sweeps in a row without a gain"}
