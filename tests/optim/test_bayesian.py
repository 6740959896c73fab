"""The Gaussian process against its closed form, and the search that uses it."""

from functools import partial

import numpy as np
import pytest
import smooth_functions
from scipy.integrate import quad
from scipy.stats import norm
from smooth_functions import Quadratic, drive

from gaitopt.optim.bayesian import expected_improvement
from gaitopt.optim.catalog import resolve_options
from gaitopt.optim.gaussian_process import PRIOR_NOISE, GaussianProcess

START = np.full(4, 0.3)
HILL = Quadratic([0.5, 1.0, 2.0, 4.0], 0.6)


make = partial(smooth_functions.make, "bayesian", start=START)


def test_defaults():
    assert resolve_options("bayesian") == {
        "repeats": 1,
        "points": 4,
        "first": 12,
        "region": 0.4,
        "length": 0.5,
        "informed": False,
    }


@pytest.mark.parametrize(("mean", "deviation"), [(0.5, 0.1), (0.3, 0.5), (0.9, 0.01), (0.61, 0.2)])
def test_expected_improvement_is_the_integral(mean, deviation):
    integral, _ = quad(
        lambda y: (y - 0.6) * norm.pdf(y, mean, deviation),
        0.6,
        mean + 12 * deviation + 1,
        limit=200,
        points=[mean] if mean > 0.6 else None,
    )
    assert expected_improvement(np.array([mean]), np.array([deviation]), 0.6)[0] == pytest.approx(integral, abs=1e-6)


def matern(a, b, length):
    r = np.sqrt(5) * np.linalg.norm((a[:, None] - b[None]) / length, axis=-1)
    return (1 + r + r**2 / 3) * np.exp(-r)


def test_predictions_are_the_closed_form():
    rng = np.random.default_rng(2)
    x, y, at = rng.random((9, 3)), rng.standard_normal(9), rng.random((5, 3))
    mean, deviation = GaussianProcess(np.full(3, 0.7)).given(x, y).both(at)
    scale, middle = y.std(), y.mean()
    k = matern(x, x, 0.7) + PRIOR_NOISE * np.eye(9)
    cross = matern(at, x, 0.7)
    np.testing.assert_allclose(mean, middle + scale * cross @ np.linalg.solve(k, (y - middle) / scale), rtol=1e-9)
    variance = 1 - np.einsum("ij,ji->i", cross, np.linalg.solve(k, cross.T))
    np.testing.assert_allclose(deviation, scale * np.sqrt(variance), rtol=1e-8)


def test_learning_finds_the_coordinate_that_matters_and_the_noise():
    rng = np.random.default_rng(3)
    x = rng.random((120, 3))
    y = np.sin(6 * x[:, 0]) + 0.3 * rng.standard_normal(120)
    process = GaussianProcess(np.full(3, 0.7))
    process.learn(x, y)
    lengths = process._kernel.k1.k2.length_scale
    assert lengths[0] < 0.6 * lengths[1:].min()
    assert process._kernel.k2.noise_level * y.var() == pytest.approx(0.09, rel=0.35)


def test_the_first_points_are_the_start_and_a_latin_hypercube_around_it():
    points = make(first=11, region=0.4).ask()
    np.testing.assert_array_equal(points[0], START)
    slices = np.sort(np.floor((points[1:] - 0.1) / 0.4 * 10), axis=0)
    np.testing.assert_array_equal(slices, np.tile(np.arange(10.0)[:, None], 4))


def test_a_lucky_leader_is_measured_again_before_it_is_best():
    optimizer = make()
    points = optimizer.ask()
    scores = np.zeros(12)
    scores[5] = 1.0  # lucky
    optimizer.tell(points, scores)
    np.testing.assert_array_equal(optimizer.best, START)
    again = optimizer.ask()
    np.testing.assert_array_equal(again[0], points[5])
    assert not np.any(np.all(again[1:] == points[5], axis=1))


def test_best_was_measured_more_than_once():
    optimizer = make()
    asked = np.vstack([points for points, _ in drive(optimizer, HILL, traversals=60, noise=0.05)])
    assert (asked == optimizer.best).all(axis=1).sum() > 1


def test_an_incumbent_is_measured_again_only_while_it_has_few_scores():
    """Without falls and noise the incumbent rarely changes; in every batch, it would get a quarter of all scores."""
    optimizer = make()
    asked = np.vstack([points for points, _ in drive(optimizer, HILL, traversals=200)])
    counts = np.unique(asked, axis=0, return_counts=True)[1]
    assert 1 < counts.max() <= np.ceil(200**0.5 / 2)


@pytest.mark.parametrize("points", [1, 2, 4])
def test_finds_the_top_with_few_evaluations(points):
    found = []
    for seed in range(3):
        optimizer = make(seed=seed, points=points)
        drive(optimizer, HILL, traversals=40, noise=0.02, seed=seed)
        found.append(HILL(optimizer.best)[0])
    assert np.median(found) > 0.08 * HILL(START)[0]


def test_a_batch_does_not_ask_one_point_three_times():
    optimizer = make()
    drive(optimizer, HILL, iterations=3)
    points = optimizer.ask()
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)[np.triu_indices(4, 1)]
    assert apart.min() > 1e-3
