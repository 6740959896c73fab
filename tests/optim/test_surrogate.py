"""The points that a surrogate stores and when it fits, against its Gaussian process."""

import numpy as np

from gaitopt.optim.gaussian_process import GaussianProcess
from gaitopt.optim.surrogate import Surrogate

RNG = np.random.default_rng(5)
POINTS, SCORES, AT = RNG.random((40, 3)), RNG.standard_normal(40), RNG.random((6, 3))


def surrogate_of(points, scores):
    surrogate = Surrogate(lambda: GaussianProcess(np.full(3, 0.7)), 3, np.random.default_rng(1))
    surrogate.tell(points, scores)
    return surrogate


def test_only_the_newest_points_tell_if_so_wished():
    surrogate = surrogate_of(POINTS, SCORES)
    process = surrogate._process
    for newest, since in ((None, 0), (15, 25), (100, 0)):
        mean = surrogate.posterior(newest).mean(AT)
        np.testing.assert_array_equal(mean, process.given(POINTS[since:], SCORES[since:]).mean(AT))
    assert not np.allclose(surrogate.posterior(15).mean(AT), surrogate.posterior().mean(AT))


def test_what_is_remembered_counts_but_teaches_nothing():
    surrogate = surrogate_of(POINTS[:10], SCORES[:10])
    lengths = surrogate.lengths.copy()
    surrogate.remember(POINTS[10:], SCORES[10:])
    np.testing.assert_array_equal(surrogate.points, POINTS)
    np.testing.assert_array_equal(surrogate.lengths, lengths)
    assert not np.allclose(surrogate_of(POINTS, SCORES).lengths, lengths)


def test_it_learns_again_only_when_there_are_enough_new_points():
    surrogate = surrogate_of(POINTS[:20], SCORES[:20])
    lengths = surrogate.lengths.copy()
    surrogate.tell(POINTS[20:21], SCORES[20:21])
    np.testing.assert_array_equal(surrogate.lengths, lengths)
    surrogate.tell(POINTS[21:], SCORES[21:])
    assert not np.allclose(surrogate.lengths, lengths)
