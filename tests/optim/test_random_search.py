"""Uniform random search: its points are uniform, and the best measured one is kept."""

import numpy as np

from gaitopt.optim.catalog import make_optimizer, resolve_options


def make(start, **options):
    return make_optimizer("random-search", start, np.full(len(start), 0.1), np.random.default_rng(1), options)


def test_defaults():
    assert resolve_options("random-search") == {"repeats": 3, "points": 15}


def test_only_the_first_batch_holds_the_start():
    start = np.array([0.3, 0.9])
    optimizer = make(start)
    first = optimizer.ask()
    optimizer.tell(first, np.zeros(15))
    np.testing.assert_array_equal(first[0], start)
    assert not np.any(np.all(np.vstack([first[1:], optimizer.ask()]) == start, axis=1))


def test_points_are_uniform_over_the_cube():
    points = np.sort(make(np.full(3, 0.5), points=10_000).ask(), axis=0)  # (k, n)
    uniform = (np.arange(10_000) + 0.5)[:, None] / 10_000
    assert np.abs(points - uniform).max() < 0.02  # Kolmogorov-Smirnov: 0.0163 is exceeded once in a hundred


def test_best_is_the_highest_mean_score_of_all():
    optimizer = make(np.array([0.5, 0.5]), points=3)
    points, best = [], []
    for scores in ([1, 4, 2], [3, 3, 0], [4, 5, 5]):
        points.append(optimizer.ask())
        optimizer.tell(points[-1], scores)
        best.append(optimizer.best)
    np.testing.assert_array_equal(best, [points[0][1], points[0][1], points[2][1]])
