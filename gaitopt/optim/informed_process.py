"""A Gaussian process on coordinates and known features of points, around a linear trend in the features.

Points with similar features have similar scores, and the trend extrapolates. C. Rasmussen and C. Williams, "Gaussian
Processes for Machine Learning", MIT Press 2006, section 2.7 (explicit basis functions); for kernels on features of a
robot's motion: A. Rai et al., "Bayesian Optimization Using Domain Knowledge on the ATRIAS Biped", ICRA 2018.

The trend is fitted first, by ridge regression on the few features that scores are expected to follow; the process is
fitted to the residuals. The lowest scores are raised to a quantile of all, because how bad a fall is has no relation to
the slope nearby.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import Features
from gaitopt.optim.gaussian_process import GaussianProcess, Posterior

LENGTH = 6.0
"""Prior mode of the length scale of a feature, in standard deviations of the feature."""
PENALTY = 3.0
"""Ridge penalty on a slope, as a number of scores one standard deviation of the feature apart."""
LOWEST = 0.1
"""Quantile to which lower scores are raised."""
WIDTH = 0.5
"""Like `PRIOR_WIDTH` of `gaussian_process`, but narrower: there are more hyperparameters, and features are scaled."""
AROUND = 0.3
"""Distance from the start, in cube units, of the points among which features are scaled."""
SAMPLES = 1024
"""Number of these points, evenly spread."""


class InformedProcess:
    """Like `GaussianProcess`, for points (k, n) with known features."""

    def __init__(self, features: Features, start: Array, length: float) -> None:
        """Take the features, and the prior mode of the length scale of each coordinate in cube units."""
        from scipy.stats import qmc  # slow to import

        n = len(start)
        spread = qmc.Sobol(n, scramble=False).random(SAMPLES)  # (SAMPLES, n), the same every time
        known = features.of(into_cube(start + AROUND * (2 * spread - 1)))  # (SAMPLES, m)
        self._features, self._n = features, n
        self._middle, self._deviation = known.mean(axis=0), known.std(axis=0)
        self._deviation[self._deviation == 0] = 1.0  # a constant feature
        self._slopes = np.zeros(features.trends)
        lengths = np.concatenate([np.full(n, length), np.full(known.shape[1], LENGTH)])
        self._process = GaussianProcess(lengths, WIDTH)
        self._measured: dict[bytes, Array] = {}  # scaled features (m,) of points, by their bytes

    @property
    def lengths(self) -> Array:
        """Length scale of each coordinate, for the shape of a trust region: all are equal, shape (n,)."""
        return np.ones(self._n)

    def learn(self, points: Array, scores: Array) -> None:
        """Fit trend and hyperparameters to points (m, n) and scores (m,)."""
        known, raised = self._remembered(points), _raised(scores)
        leading = known[:, : self._features.trends]
        away = leading - leading.mean(axis=0)
        normal = away.T @ away + PENALTY * np.eye(away.shape[1])
        self._slopes = np.linalg.solve(normal, away.T @ (raised - raised.mean()))
        self._process.learn(np.hstack([points, known]), raised - trend(known, self._slopes))

    def given(self, points: Array, scores: Array) -> Posterior:
        """Return the posterior given the points (m, n) and scores (m,)."""
        known = self._remembered(points)
        posterior = self._process.given(np.hstack([points, known]), _raised(scores) - trend(known, self._slopes))
        return InformedPosterior(posterior, self._known, self._slopes)

    def _remembered(self, points: Array) -> Array:
        """Return the scaled features (k, m) of points, each computed once: every fit needs them."""
        keys = [point.tobytes() for point in points]
        new = [i for i, key in enumerate(keys) if key not in self._measured]
        if new:
            self._measured |= zip((keys[i] for i in new), self._known(points[new]), strict=True)
        return np.vstack([self._measured[key] for key in keys])

    def _known(self, points: Array) -> Array:
        """Return the scaled features (k, m) of points (k, n)."""
        return (self._features.of(points) - self._middle) / self._deviation


class InformedPosterior(Posterior):
    """Posterior of a process around a trend."""

    def __init__(self, around: Posterior, known: Callable[[Array], Array], slopes: Array) -> None:
        """Take the posterior of the residuals, the function that returns scaled features, and the slopes."""
        self._around, self._known, self._slopes = around, known, slopes

    def mean(self, at: Array) -> Array:
        """Return the mean (k,) at points (k, n)."""
        known = self._known(at)
        return self._around.mean(np.hstack([at, known])) + trend(known, self._slopes)

    def both(self, at: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation (k,) at points (k, n)."""
        known = self._known(at)
        mean, deviation = self._around.both(np.hstack([at, known]))
        return mean + trend(known, self._slopes), deviation


def trend(known: Array, slopes: Array) -> Array:
    """Return the trend (k,) of features (k, m), given the slopes of the leading ones."""
    return known[:, : len(slopes)] @ slopes


def _raised(scores: Array) -> Array:
    return np.maximum(scores, np.quantile(scores, LOWEST))
