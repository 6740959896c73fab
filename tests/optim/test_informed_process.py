"""A process with known features, against the closed form of its trend, and the gain by features."""

import numpy as np
import pytest
from smooth_functions import drive

from gaitopt.optim.base import Features
from gaitopt.optim.catalog import OPTIMIZERS, make_optimizer
from gaitopt.optim.gaussian_process import GaussianProcess
from gaitopt.optim.informed_process import LOWEST, PENALTY, InformedProcess

START = np.full(6, 0.35)
EPSILON = np.full(6, 0.05)


def products(points):
    """Two features that depend on several coordinates."""
    return np.stack([points[:, 0] * points[:, 1] * points[:, 2], points[:, 3] * points[:, 4] * points[:, 5]], axis=-1)


BOTH = Features(products, 2)


def hill(points):
    """Highest where both products are 0.4, by the features alone."""
    return -np.sum((products(np.asarray(points)) - 0.4) ** 2, axis=-1)


def make(name="bayesian", seed=1, features=None, **options):
    return make_optimizer(name, START, EPSILON, np.random.default_rng(seed), options, features)


def learned(seed=0):
    points = START + 0.2 * np.random.default_rng(seed).random((40, 6))
    process = InformedProcess(BOTH, START, 1.0)
    process.learn(points, products(points) @ [3.0, 5.0])
    return process, points


def test_the_trend_is_penalized_least_squares_on_raised_scores():
    process, points = learned()
    known = (products(points) - process._middle) / process._deviation
    scores = products(points) @ [3.0, 5.0]
    raised = np.maximum(scores, np.quantile(scores, LOWEST))
    # The same as plain least squares with a row of sqrt(PENALTY) for each slope.
    rows = np.vstack([known - known.mean(axis=0), np.sqrt(PENALTY) * np.eye(2)])
    wanted = np.linalg.lstsq(rows, np.concatenate([raised - raised.mean(), np.zeros(2)]), rcond=None)[0]
    np.testing.assert_allclose(process._slopes, wanted, rtol=1e-9)


def test_the_trend_goes_on_where_nothing_was_measured():
    process, points = learned()
    scores = products(points) @ [3.0, 5.0]
    far = np.full((1, 6), 0.9)
    plain = GaussianProcess(np.full(6, 1.0))
    plain.learn(points, scores)
    truth = products(far)[0] @ [3.0, 5.0]
    informed = process.given(points, scores).mean(far)[0]
    assert scores.max() < plain.given(points, scores).mean(far)[0] < informed < 1.2 * truth


def test_only_the_first_features_are_followed():
    process = InformedProcess(Features(products, 1), START, 1.0)
    points = START + 0.2 * np.random.default_rng(0).random((40, 6))
    process.learn(points, products(points) @ [3.0, 5.0])
    assert process._slopes.shape == (1,)
    assert process.given(points, products(points) @ [3.0, 5.0]).mean(points).shape == (40,)


def test_one_fall_does_not_bend_the_trend():
    process, points = learned()
    scores = products(points) @ [3.0, 5.0]
    slopes = process._slopes
    process.learn(points, np.where(np.arange(40) == np.argmax(scores), -100.0, scores))
    np.testing.assert_allclose(process._slopes, slopes, rtol=0.5)
    assert (process._slopes > 0).all()


def test_a_feature_that_never_changes_does_no_harm():
    process = InformedProcess(Features(lambda points: np.ones((len(points), 1)), 1), START, 1.0)
    points = np.random.default_rng(3).random((20, 6))
    process.learn(points, points[:, 0])
    mean, deviation = process.given(points, points[:, 0]).both(points)
    assert np.corrcoef(mean, points[:, 0])[0, 1] > 0.9
    assert np.isfinite(deviation).all()


def test_features_spare_evaluations():
    def left(**settings):
        ends = []
        for seed in range(5):
            optimizer = make(seed=seed, **settings)
            drive(optimizer, hill, traversals=40, noise=0.002)
            ends.append(-hill(optimizer.best[None])[0])
        return np.median(ends)

    assert left(features=BOTH, informed=True) < 0.5 * left(features=BOTH)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_features_change_nothing_where_they_are_not_asked_for(name):
    blind = {"informed": False} if name in ("bayesian", "ego-cma") else {}
    plain, told = (drive(make(name, features=f, **blind), hill, traversals=60) for f in (None, BOTH))
    for (mine, _), (theirs, _) in zip(plain, told, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", ["bayesian", "ego-cma"])
def test_where_nothing_is_known_the_search_goes_on_without(name):
    plain, told = (drive(make(name, informed=informed), hill, traversals=40) for informed in (False, True))
    for (mine, _), (theirs, _) in zip(plain, told, strict=True):
        np.testing.assert_array_equal(mine, theirs)
