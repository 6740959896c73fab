"""Conjugate gradient against the theory of quadratics."""

import numpy as np
import pytest
from smooth_functions import Quadratic, bases, drive

from gaitopt.optim.catalog import make_optimizer
from gaitopt.optim.conjugate_gradient import polak_ribiere

N = 6
HILL = Quadratic(10.0 ** np.linspace(0, 2, N), 0.55)
START = np.full(N, 0.5)


def make(start=START, epsilon=0.01, **options):
    return make_optimizer("conjugate-gradient", start, np.full(len(start), epsilon), np.random.default_rng(1), options)


def test_polak_ribiere_by_hand():
    g, old = np.array([1.0, 2.0]), np.array([3.0, 1.0])
    assert polak_ribiere(g, old) == 0.0  # (1 * -2 + 2 * 1) / 10 = 0
    assert polak_ribiere(np.array([2.0, 4.0]), old) == pytest.approx((2 * -1 + 4 * 3) / 10)
    assert polak_ribiere(np.array([1.0, 0.5]), old) == 0.0  # -2.25 / 10: restart
    assert polak_ribiere(g, np.zeros(2)) == 0.0


def test_n_steps_lead_to_the_top_of_a_quadratic(monkeypatch):
    """With exact gradients and line searches the directions are conjugate, and n of them are enough."""
    # No search may end for another reason than the parabola's top.
    monkeypatch.setattr("gaitopt.optim.conjugate_gradient.next_reach", lambda reach, t: reach)
    found = bases(drive(make(reach=40.0), HILL, iterations=2 * N + 1), N)
    np.testing.assert_allclose(found[N], HILL.top, atol=1e-6)
    steps = np.diff(found[: N + 1], axis=0)
    conjugate = steps @ HILL.a @ steps.T
    scale = np.sqrt(np.diag(conjugate))
    np.testing.assert_allclose(conjugate / np.outer(scale, scale), np.eye(N), atol=1e-4)


def test_steepest_ascent_would_not_be_there():
    """Negative control: the same searches along the bare gradient."""
    x = START
    for _ in range(N):
        g = HILL.gradient(x)
        x = x + g * (g @ g) / (g @ HILL.a @ g)  # the exact step
    assert np.linalg.norm(x - HILL.top) > 1e-3


def test_a_gradient_that_led_nowhere_is_measured_again_and_pooled():
    """The two gradients are +x and -2x: the direction follows from their mean, not from the last alone."""
    optimizer = make(np.full(2, 0.5))
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
