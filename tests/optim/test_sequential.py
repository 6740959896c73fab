"""Optimizers written as a loop, through ask and tell."""

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.optim.base import OptimizerOptions
from gaitopt.optim.measured import Measured, lower_limit
from gaitopt.optim.sequential import Search, Sequential


class Halving(Sequential):
    """Asks 2 points, then 1, then 2, and so on; gives a reason to stop after the third scores."""

    def _search(self) -> Search[None]:
        self.heard = []
        while True:
            for points in (np.array([[0.25], [0.75]]), np.array([[0.5]])):
                self.heard.append((yield points))
                if len(self.heard) == 3:
                    self._stop("enough", "heard 3 answers")


def make():
    return Halving([0.5], [0.1], np.random.default_rng(1), OptimizerOptions())


def test_each_answer_goes_back_to_the_yield_that_asked():
    optimizer = make()
    for i, batch in enumerate([2, 1, 2, 1]):
        assert optimizer.batch == batch
        points = optimizer.ask()
        assert points.shape == (batch, 1)
        optimizer.tell(points, np.full(batch, float(i)))
        np.testing.assert_array_equal(optimizer.heard[i], np.full(batch, float(i)))


def test_the_loop_goes_on_after_a_reason_to_stop():
    optimizer = make()
    seen = []
    for _ in range(5):
        seen.append(optimizer.stop_reasons())
        points = optimizer.ask()
        optimizer.tell(points, np.zeros(len(points)))
    assert seen == [{}, {}, {}, {"enough": "heard 3 answers"}, {"enough": "heard 3 answers"}]
    optimizer.stop_reasons().clear()  # a copy
    assert optimizer.stop_reasons()


def test_a_refused_tell_does_not_move_the_loop():
    optimizer = make()
    points = optimizer.ask()
    with pytest.raises(InputError):
        optimizer.tell(points, [np.nan, 0.0])
    assert optimizer.heard == []
    optimizer.tell(points, [1.0, 2.0])
    assert optimizer.batch == 1


def test_a_lucky_score_fades():
    point = Measured(np.array([0.5])).add(9.0)
    assert (point.mean, point.confirmed) == (9.0, False)
    assert (point.add(1.0).mean, point.confirmed) == (5.0, True)


def test_the_lower_limit_by_hand():
    assert lower_limit([1.0, 3.0, 1.0, 3.0]) == 2.0 - 2 * 1.0 / 2
    assert lower_limit([0.5]) == 0.5
