"""Conjugate gradient: its directions; see `test_line_search_methods.py` for the rest."""

import numpy as np
import pytest
from smooth_functions import make

from gaitopt.optim.conjugate_gradient import polak_ribiere


def test_polak_ribiere_by_hand():
    g, old = np.array([1.0, 2.0]), np.array([3.0, 1.0])
    assert polak_ribiere(g, old) == 0.0  # (1 * -2 + 2 * 1) / 10 = 0
    assert polak_ribiere(np.array([2.0, 4.0]), old) == pytest.approx((2 * -1 + 4 * 3) / 10)
    assert polak_ribiere(np.array([1.0, 0.5]), old) == 0.0  # -2.25 / 10: restart
    assert polak_ribiere(g, np.zeros(2)) == 0.0


def test_a_gradient_that_led_nowhere_is_measured_again_and_pooled():
    """The two gradients are +x and -2x: the direction follows from their mean, not from the last alone."""
    optimizer = make("conjugate-gradient", np.full(2, 0.5))
    slopes, lines = iter([1.0, -2.0]), []
    for _ in range(4):
        points = optimizer.ask()
        if len(points) == 4:
            slope = next(slopes)
            optimizer.tell(points, slope * points[:, 0])
        else:
            lines.append(points)
            optimizer.tell(points, -np.arange(len(points), dtype=float))  # no way up
    assert lines[0][-1][0] > 0.5
    step = lines[1][-1] - 0.5
    assert step[0] == pytest.approx(-np.linalg.norm(step))  # (1 - 2) / 2 < 0
