"""Central differences against closed forms, and the two optimizers that step along them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smooth_functions import Quadratic, drive

from gaitopt.optim.catalog import make_optimizer, resolve_options
from gaitopt.optim.differences import central_gradient, central_points, inward

EPSILON = np.array([0.02, 0.10, 0.05, 0.04])
CURVED = Quadratic([1.0, 3.0, 0.5, 2.0], [0.7, 0.3, 0.2, 0.6])


def make(name, start, epsilon=EPSILON, **options):
    return make_optimizer(name, start, epsilon, np.random.default_rng(1), options)


def gradient_at(base, function, epsilon=EPSILON):
    points = central_points(base, epsilon)
    return central_gradient(points, function(points), epsilon)


def test_is_exact_on_a_quadratic_inside_the_cube():
    base = np.array([0.4, 0.35, 0.5, 0.5])
    np.testing.assert_allclose(gradient_at(base, CURVED), CURVED.gradient(base) * EPSILON, rtol=1e-9)
    # Negative control: the forward difference has the curvature's bias.
    points = central_points(base, EPSILON)
    forward = CURVED(points[:4]) - CURVED(base)
    assert not np.allclose(forward, CURVED.gradient(base) * EPSILON, rtol=1e-2)


def test_at_a_face_it_divides_by_the_way_that_is_left():
    base, slope = np.array([1.0, 0.95, 0.0, 0.01]), np.array([3.0, -2.0, 1.0, 0.5])
    np.testing.assert_allclose(gradient_at(base, lambda x: x @ slope), slope * EPSILON, rtol=1e-9)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.floats(1e-4, 10))
def test_on_a_linear_function_it_is_exact_from_anywhere(base, scale):
    slope = np.array([1.0, -2.0, 3.0, 0.0])
    found = gradient_at(np.array(base), lambda x: x @ slope, scale * EPSILON)
    np.testing.assert_allclose(found, slope * scale * EPSILON, rtol=1e-6, atol=1e-9)


def test_inward_forgets_only_what_leaves_the_cube():
    base = np.array([0.0, 0.0, 1.0, 1.0, 0.5])
    np.testing.assert_array_equal(inward(np.array([-1.0, 1.0, -1.0, 1.0, 1.0]), base), [0, 1, -1, 0, 1])


def test_defaults():
    assert resolve_options("central-difference") == {"repeats": 1, "eta": 2.0}
    assert resolve_options("gradient-ascent") == {"repeats": 1, "eta": 3.0, "tolerance": 1e-3}


def base_of(points):
    """Return the base that central points away from the faces were made of."""
    return (points[0] + points[len(points) // 2]) / 2


def test_central_difference_steps_eta_along_the_gradient_in_units_of_epsilon():
    start = np.array([0.4, 0.35, 0.5, 0.5])
    optimizer = make("central-difference", start, eta=0.5)
    drive(optimizer, CURVED, iterations=1)
    step = (base_of(optimizer.ask()) - start) / EPSILON
    expected = CURVED.gradient(start) * EPSILON
    np.testing.assert_allclose(step, 0.5 * expected / np.linalg.norm(expected), rtol=1e-9)


def test_gradient_ascent_steps_in_proportion_to_the_gradient():
    start = np.array([0.4, 0.35, 0.5, 0.5])
    log = drive(make("gradient-ascent", start, eta=0.5), CURVED, iterations=3)
    bases = [base_of(points) for points, _ in log]
    steps = [(new - old) / EPSILON for old, new in itertools.pairwise(bases)]
    gradients = [CURVED.gradient(base) * EPSILON for base in bases]
    alpha = 0.5 / np.linalg.norm(gradients[0])
    np.testing.assert_allclose(steps[0], alpha * gradients[0], rtol=1e-8)
    np.testing.assert_allclose(steps[1], alpha * gradients[1], rtol=1e-8)
    assert np.linalg.norm(steps[1]) < 0.499  # negative control: not of one length


def test_gradient_ascent_is_not_thrown_by_a_steep_score():
    optimizer = make("gradient-ascent", np.full(4, 0.5), eta=2.0)
    for height in (1.0, 1000.0):
        points = optimizer.ask()
        before = base_of(points)
        optimizer.tell(points, height * points[:, 0])
    np.testing.assert_allclose((base_of(optimizer.ask()) - before) / EPSILON, [2, 0, 0, 0], atol=1e-9)


def test_gradient_ascent_comes_to_rest_at_the_top_and_says_so():
    optimizer = make("gradient-ascent", np.full(4, 0.5), eta=1.0)
    drive(optimizer, CURVED, iterations=1000)
    assert "below the tolerance 0.001" in optimizer.stop_reasons()["step"]
    np.testing.assert_allclose(optimizer.best, CURVED.top, atol=0.03)


@pytest.mark.parametrize("name", ["central-difference", "gradient-ascent"])
def test_best_is_the_base_whose_neighbors_scored_highest(name):
    optimizer = make(name, np.full(4, 0.5), eta=1.0)
    given = [np.zeros(8), np.full(8, 2.0), np.full(8, 1.0)]
    for scores in given:
        scores += [0.4, -0.1, 0.2, 0.1, -0.4, 0.1, -0.2, -0.1]
    given[2][0] += 4  # one lucky neighbor
    bases = []
    for scores in given:
        points = optimizer.ask()
        bases.append(base_of(points))
        optimizer.tell(points, scores)
    np.testing.assert_allclose(optimizer.best, bases[1], atol=1e-12)
    assert not np.allclose(bases[1], bases[2])
