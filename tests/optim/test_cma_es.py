"""CMA-ES: the same run as the package, to the bit, and a best point that is not a lucky score."""

import cma
import numpy as np
import pytest
from smooth_functions import Quadratic, drive

from gaitopt.errors import InputError
from gaitopt.optim.catalog import make_optimizer, parse_options, resolve_options
from gaitopt.optim.cma_es import strategy_options

N = 6
HILL = Quadratic(10.0 ** np.linspace(0, 2, N), 0.6)
START = np.full(N, 0.3)


def make(epsilon=0.05, seed=1, start=START, **options):
    epsilon = np.broadcast_to(epsilon, np.shape(start))
    return make_optimizer("cma-es", start, epsilon, np.random.default_rng(seed), options)


def test_defaults():
    assert resolve_options("cma-es") == {"repeats": 1, "population": 0, "sigma": 2.0}
    assert make().batch == 4 + int(3 * np.log(N))
    assert make(population=20).batch == 20


def test_is_the_packages_own_run():
    mine = np.vstack([points for points, _ in drive(make(seed=4), HILL, iterations=40)])
    theirs = []

    def measured(x):
        theirs.append(x.copy())
        return -HILL(x)[0]

    options = strategy_options(np.random.default_rng(4), np.ones(N), 0) | {"maxiter": 40}
    cma.fmin(measured, START, 0.1, options)
    np.testing.assert_array_equal(mine, theirs[:-1])  # at its end fmin measures the mean
    # Negative control: another seed is another run.
    other = np.vstack([points for points, _ in drive(make(seed=5), HILL, iterations=1)])
    assert not np.allclose(other, mine[: len(other)])


def test_stops_when_and_why_the_package_stops():
    optimizer = make(seed=4)
    log = drive(optimizer, HILL)
    options = strategy_options(np.random.default_rng(4), np.ones(N), 0)
    theirs = cma.CMAEvolutionStrategy(START, 0.1, options)
    theirs.optimize(lambda x: -HILL(x)[0])
    assert len(log) == theirs.countiter
    assert set(optimizer.stop_reasons()) == set(theirs.stop())
    assert all(reason.startswith("cma stops by ") for reason in optimizer.stop_reasons().values())
    assert HILL(optimizer.best)[0] > -1e-6


def test_first_deviations_are_in_units_of_epsilon_and_end_at_a_part_of_the_cube():
    spread = np.array([0.01, 0.02, 0.05, 9.0])
    points = make(epsilon=spread, start=np.full(4, 0.5), population=4000).ask()
    np.testing.assert_allclose(points.std(axis=0)[:3], 2 * spread[:3], rtol=0.1)
    assert points.std(axis=0)[3] == pytest.approx(0.28, abs=0.03)  # 0.3, cut at the faces


def test_best_is_the_mean_whose_generation_surely_scored_highest():
    optimizer = make()
    means = []
    for height, falls in [(1.0, 0), (2.0, 0), (4.0, 4)]:  # of nine gaits of the third four fall: 20 / 9 on average
        points = optimizer.ask()
        means.append(optimizer._mean)
        scores = np.full(len(points), height)
        scores[:falls] = 0.0
        optimizer.tell(points, scores)
    assert scores.mean() > 2.0
    np.testing.assert_array_equal(optimizer.best, means[1])


def test_a_generation_of_one_is_refused():
    with pytest.raises(InputError, match="population: a generation needs at least 2 points, or 0 for the package's"):
        parse_options("cma-es", {"population": 1})
    assert resolve_options("cma-es", {"population": 2})["population"] == 2


def test_one_dimension_is_refused():
    with pytest.raises(InputError, match="got 1 dimension"):
        make(start=[0.5])
