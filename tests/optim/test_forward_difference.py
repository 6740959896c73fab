"""Forward difference against the closed form on a quadratic, inside the cube and at its faces."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.optim.catalog import resolve_options
from gaitopt.optim.forward_difference import ForwardDifference, ForwardDifferenceOptions

# J = -sum c_k (theta_k - m_k)^2. Its forward difference over a step h is, without remainder,
#   (J(theta + h u_k) - J(theta)) / h = -c_k (2 (theta_k - m_k) + h),
# with h = eps_k inside the cube and h = -eps_k at the upper face.
C = np.array([1.0, 3.0, 0.5, 2.0])
M = np.array([0.7, 0.3, 0.2, 0.6])
EPSILON = np.array([0.02, 0.10, 0.05, 0.04])


def quadratic(points):
    return -((points - M) ** 2) @ C


def closed_form(theta, h):
    return -C * (2 * (theta - M) + h)


def make(start, epsilon=EPSILON, **options):
    return ForwardDifference(start, epsilon, np.random.default_rng(1), ForwardDifferenceOptions(**options))


def next_base(optimizer, function=quadratic):
    points = optimizer.ask()
    optimizer.tell(points, function(points))
    return optimizer.ask()[0]


def ascend(theta, direction, eta):
    return theta + eta * direction / np.linalg.norm(direction) * EPSILON


def test_defaults_compare_with_kohl_stone():
    assert resolve_options("forward-difference") == {"repeats": 3, "eta": 2.0}


def test_asks_the_base_and_one_change_for_each_dimension():
    points = make(np.full(4, 0.5)).ask()
    np.testing.assert_array_equal(points[0], 0.5)
    np.testing.assert_allclose(points[1:] - 0.5, np.diag(EPSILON), atol=1e-15)


def test_step_on_a_quadratic_in_closed_form():
    theta, eta = np.array([0.4, 0.35, 0.5, 0.5]), 0.5
    expected = ascend(theta, closed_form(theta, EPSILON) * EPSILON, eta)
    moved = next_base(make(theta, eta=eta))
    np.testing.assert_allclose(moved, expected, atol=1e-13)
    # Negative controls: the exact gradient, and a gradient left in units of the cube, lead elsewhere.
    assert not np.allclose(moved, ascend(theta, closed_form(theta, 0) * EPSILON, eta), atol=1e-3)
    assert not np.allclose(moved, ascend(theta, closed_form(theta, EPSILON), eta), atol=1e-3)


def test_steps_backward_at_the_upper_face():
    theta = np.array([1.0, 0.95, 0.5, 0.0])  # at the face; near it; inside; at the lower face
    h = np.array([-0.02, -0.10, 0.05, 0.04])
    optimizer = make(theta, eta=0.5)
    np.testing.assert_allclose(optimizer.ask()[1:] - theta, np.diag(h), atol=1e-15)

    expected = ascend(theta, closed_form(theta, h) * EPSILON, 0.5)
    moved = next_base(make(theta, eta=0.5))
    np.testing.assert_allclose(moved, expected, atol=1e-13)
    assert moved[0] < 1.0
    # Negative control: forgetting the sign of the step pushes against the face instead.
    forgotten = (quadratic(theta + np.diag(h)) - quadratic(theta))[0]
    assert forgotten > 0


def test_a_step_beyond_a_face_ends_on_it():
    moved = next_base(make(np.array([0.99, 0.5, 0.5, 0.01])), lambda points: points @ [1.0, 0.0, 0.0, -1.0])
    np.testing.assert_array_equal(moved, [1.0, 0.5, 0.5, 0.0])


def test_equal_scores_leave_the_base():
    theta = np.full(4, 0.5)
    np.testing.assert_array_equal(next_base(make(theta), lambda points: np.full(len(points), 0.1)), theta)


@given(
    base=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    epsilon=st.lists(st.floats(1e-3, 3), min_size=4, max_size=4),
    slope=st.lists(st.integers(-5, 5), min_size=4, max_size=4),
)
def test_on_a_linear_function_the_step_is_exact_from_anywhere(base, epsilon, slope):
    base, epsilon, slope = np.array(base), np.array(epsilon), np.array(slope, dtype=float)
    optimizer = make(base, epsilon)
    points = optimizer.ask()
    assert np.all(np.diag(points[1:] - base) != 0)
    assert np.all((points >= 0) & (points <= 1))
    optimizer.tell(points, points @ slope)
    gradient = slope * epsilon
    length = np.linalg.norm(gradient)
    step = 2.0 * gradient / length * epsilon if length else np.zeros(4)
    if length:
        np.testing.assert_allclose(optimizer.ask()[0], np.clip(base + step, 0, 1), atol=1e-9)


def test_best_is_the_base_that_measured_highest():
    optimizer = make(np.full(4, 0.5))
    told = [[3, 9, 9, 9, 10], [5, 0, 1, 2, 3], [4, 20, 0, 0, 0], [5, 0, 0, 0, 0]]  # bases: 3, 5, 4, 5
    bases, best = [], []
    for scores in told:
        points = optimizer.ask()
        bases.append(points[0])
        optimizer.tell(points, scores)
        best.append(optimizer.best)
    np.testing.assert_array_equal(best, [bases[i] for i in (0, 1, 1, 1)])
    assert not np.allclose(bases[1], bases[3])


def test_climbs_a_quadratic_to_its_top():
    optimizer = make(np.array([0.4, 0.35, 0.5, 0.5]))
    for _ in range(60):
        points = optimizer.ask()
        optimizer.tell(points, quadratic(points))
    # Steps of fixed length go to and fro across the steepest dimension, so the last part takes long.
    assert quadratic(optimizer.best) > -0.015
    assert quadratic(np.array([0.4, 0.35, 0.5, 0.5])) < -0.16
