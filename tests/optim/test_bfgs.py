"""BFGS: its update and its end on a face against scipy; see `test_line_search_methods.py` for the rest."""

import numpy as np
from scipy.optimize import BFGS as ScipyUpdate  # noqa: N811
from scipy.optimize import minimize
from smooth_functions import Quadratic, drive, make

from gaitopt.optim.bfgs import updated

N = 6
HILL = Quadratic(10.0 ** np.linspace(0, 2, N), 0.55)


def test_the_update_is_scipys():
    rng = np.random.default_rng(2)
    theirs = ScipyUpdate()
    theirs.initialize(N, "inv_hess")
    mine = None
    for _ in range(10):
        s = rng.standard_normal(N)
        y = HILL.a @ s
        theirs.update(s, y)
        mine = updated(mine, s, y)
        np.testing.assert_allclose(mine, theirs.get_matrix(), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(mine @ y, s, rtol=1e-8, atol=1e-12)  # the secant equation
    assert not np.allclose(mine @ s, y, rtol=1e-2)  # negative control: not the Hessian itself


def test_no_update_without_curvature():
    s = np.array([1.0, 0.0])
    assert updated(None, s, np.array([-1.0, 0.0])) is None
    before = np.eye(2)
    assert updated(before, s, np.array([0.001, 1.0])) is before
    assert updated(before, np.zeros(2), np.zeros(2)) is before


def test_ends_on_a_face_as_scipys_bounded_method_does():
    hill = Quadratic([1.0, 5.0, 20.0, 3.0], [0.6, 1.2, 0.5, 0.4])  # the top lies outside
    start = np.full(4, 0.7)
    optimizer = make("bfgs", start, epsilon=1e-3, reach=50.0)
    drive(optimizer, hill, traversals=3000)
    theirs = minimize(lambda x: -hill(x)[0], start, method="L-BFGS-B", bounds=[(0, 1)] * 4, tol=1e-12)
    assert theirs.x.max() == 1.0
    np.testing.assert_allclose(optimizer.best, theirs.x, atol=5e-3)
