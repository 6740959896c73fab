"""A Gaussian process of scikit-learn, with a prior over its hyperparameters.

C. Rasmussen and C. Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, algorithm 2.1 and section
5.4.1. The kernel is a variance times Matern 5/2 with one length scale for each coordinate, plus white noise. The
hyperparameters maximize their posterior probability given the scores and a log-normal prior: with a few dozen scores in
twelve dimensions, the likelihood alone would drive some length scales to their bounds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.threads import one_thread

PRIOR_WIDTH = 1.0
"""Prior standard deviation of the logarithms of variance, length scales and noise."""
PRIOR_NOISE = 0.03
"""Prior mode of the noise variance, as a fraction of the variance of the scores."""


class Posterior:
    """Posterior of the function, without noise, given the points a process was fitted to."""

    def __init__(self, process: Any, one_thread: Callable[[], AbstractContextManager[Any]]) -> None:
        """Take a fitted process of scikit-learn and a factory of one-thread contexts."""
        self._process, self._one_thread = process, one_thread

    def mean(self, at: Array) -> Array:
        """Return the mean (k,) at points (k, n)."""
        with self._one_thread():
            return np.asarray(self._process.predict(at))

    def both(self, at: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation (k,) at points (k, n)."""
        with self._one_thread():
            mean, deviation = self._process.predict(at, return_std=True)
        return mean, np.maximum(deviation, 1e-12)


class GaussianProcess:
    """Fits hyperparameters and predicts; scores are scaled to mean 0 and standard deviation 1."""

    def __init__(self, lengths: Array, width: float = PRIOR_WIDTH) -> None:
        """Take the prior modes of the length scales (n,), and the prior standard deviation of all logarithms."""
        from sklearn.gaussian_process import GaussianProcessRegressor, kernels  # importing it takes a second

        self._regressor = GaussianProcessRegressor
        # One thread, so that sums are added in the same order on every machine.
        self._one_thread = one_thread()
        smooth = kernels.ConstantKernel() * kernels.Matern(lengths.tolist(), (1e-2, 1e3), nu=2.5)
        self._kernel = smooth + kernels.WhiteKernel(PRIOR_NOISE, (1e-4, 10.0))
        self._width = width
        self._prior = self._kernel.theta.copy()  # logarithms of variance, length scales and noise, (n + 2,)

    def learn(self, points: Array, scores: Array) -> None:
        """Fit the hyperparameters to points (m, n) and scores (m,)."""
        process = self._regressor(self._kernel, optimizer=self._most_probable, normalize_y=True)
        with self._one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a hyperparameter may lie at its bound
            self._kernel = process.fit(points, scores).kernel_

    @property
    def lengths(self) -> Array:
        """Length scale of each coordinate in cube units, shape (n,)."""
        return np.exp(self._kernel.theta[1:-1])

    def given(self, points: Array, scores: Array) -> Posterior:
        """Return the posterior given the points (m, n) and scores (m,)."""
        noise = self._kernel.k2.noise_level
        process = self._regressor(self._kernel.k1, alpha=noise, optimizer=None, normalize_y=True, copy_X_train=False)
        with self._one_thread():
            return Posterior(process.fit(points, scores), self._one_thread)

    def _most_probable(self, negative_log_likelihood: Any, theta: Array, bounds: Array) -> tuple[Array, float]:
        from scipy.optimize import minimize  # slow to import

        def loss(theta: Array) -> tuple[float, Array]:
            value, slope = negative_log_likelihood(theta)
            away = (theta - self._prior) / self._width
            return value + away @ away / 2, slope + away / self._width

        found = minimize(loss, theta, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 50})
        return found.x, float(found.fun)
