"""The regression's slopes against closed forms, and against Kohl & Stone's groups."""

import numpy as np
import pytest

from gaitopt.optim.arrays import unit
from gaitopt.optim.catalog import make_optimizer, resolve_options
from gaitopt.optim.kohl_stone import adjustment
from gaitopt.optim.linear_regression import slopes

SLOPE = np.array([3.0, -2.0, 1.0, 0.5])


def make(start, **options):
    return make_optimizer("linear-regression", start, np.full(len(start), 0.05), np.random.default_rng(1), options)


def signs(t, n=4, seed=1):
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(t, n))


def test_defaults():
    assert resolve_options("linear-regression") == {
        "repeats": 1,
        "policies": 8,
        "eta": 1.0,
        "forgetting": 0.7,
    }


@pytest.mark.parametrize("height", [0.0, 1000.0])
def test_a_plane_is_found_exactly_whatever_its_height(height):
    changes = signs(12)
    np.testing.assert_allclose(slopes(changes, height + changes @ SLOPE), SLOPE, rtol=1e-9)
    # Negative control: without the intercept the height is taken for a slope.
    without = np.linalg.lstsq(changes, 1000 + changes @ SLOPE, rcond=None)[0]
    assert not np.allclose(without, SLOPE, rtol=0.1)


def test_it_is_the_normal_equations():
    changes, scores = signs(30), np.random.default_rng(2).standard_normal(30)
    d = np.column_stack([changes, np.ones(30)])
    np.testing.assert_allclose(slopes(changes, scores), np.linalg.solve(d.T @ d, d.T @ scores)[:-1], rtol=1e-9)
    weights = np.geomspace(0.01, 1.0, 30)
    w = np.diag(weights)
    expected = np.linalg.solve(d.T @ w @ d, d.T @ w @ scores)[:-1]
    np.testing.assert_allclose(slopes(changes, scores, weights), expected, rtol=1e-9)


def test_groups_of_kohl_and_stone_see_the_other_parameters_as_noise():
    batches = [signs(15, seed=seed) for seed in range(50)]
    groups = [unit(adjustment(b.astype(int), b @ SLOPE)) @ unit(SLOPE) for b in batches]
    fitted = [unit(slopes(b, b @ SLOPE)) @ unit(SLOPE) for b in batches]
    assert min(fitted) > 0.999999
    assert np.median(groups) < 0.97


def test_too_few_policies_give_the_shortest_gradient_that_explains_them():
    changes = signs(3)
    found = slopes(changes, changes @ SLOPE)
    explained = changes @ (found - SLOPE)
    np.testing.assert_allclose(explained, explained.mean(), atol=1e-9)
    assert np.linalg.norm(found) <= np.linalg.norm(SLOPE)


def test_equal_scores_and_parameters_at_a_face_leave_the_policy():
    assert np.array_equal(slopes(signs(12), np.full(12, 0.1)), np.zeros(4))
    stuck = signs(12)
    stuck[:, 0] = 0.0
    assert slopes(stuck, stuck @ SLOPE)[0] == pytest.approx(0.0, abs=1e-12)


def test_steps_eta_along_the_slope():
    optimizer = make(np.full(4, 0.5), policies=12, eta=3.0)
    points = optimizer.ask()
    np.testing.assert_allclose(np.abs(points - 0.5), 0.05)
    optimizer.tell(points, 7 + points @ SLOPE)
    after = optimizer.ask()
    center = (after.max(axis=0) + after.min(axis=0)) / 2
    np.testing.assert_allclose(center, 0.5 + 3.0 * unit(SLOPE) * 0.05, rtol=1e-9)


def center(points):
    return (points.max(axis=0) + points.min(axis=0)) / 2


def walk(function, forgetting, iterations, noise, eta=1.0):
    """Return the policy at each iteration, (iterations, 4)."""
    rng = np.random.default_rng(3)
    optimizer = make(np.full(4, 0.3), policies=6, eta=eta, forgetting=forgetting)
    centers = []
    for _ in range(iterations):
        points = optimizer.ask()
        centers.append(center(points))
        optimizer.tell(points, function(points) + noise * rng.standard_normal(len(points)))
    return np.array(centers)


def test_what_is_remembered_is_seen_from_the_policy_of_now():
    """On a plane without noise old policies agree with new ones, however far the policy has moved."""
    steps = np.diff(walk(lambda points: 7 + points @ SLOPE, 0.9, 6, noise=0.0)[1:], axis=0)
    np.testing.assert_allclose(steps, np.tile(0.05 * unit(SLOPE), (4, 1)), atol=1e-9)


def test_remembering_helps_against_noise():
    def climbed(forgetting):
        path = walk(lambda points: points @ SLOPE, forgetting, 30, noise=0.3, eta=0.2)
        return (path[-1] - path[0]) @ unit(SLOPE)

    assert climbed(0.7) > 1.3 * climbed(0.0)


def test_what_is_old_is_forgotten():
    """Beyond the top of a hill the old scores still point upward; with forgetting, the policy turns back at once."""
    top = np.array([0.4, 0.35, 0.4, 0.45])

    def beyond(forgetting):
        path = walk(lambda points: -((points - top) ** 2).sum(axis=1), forgetting, 60, noise=0.0, eta=0.3)
        return np.linalg.norm(path[30:] - top, axis=1).mean()

    assert beyond(0.7) < 0.05
    assert beyond(0.99) > 0.1
