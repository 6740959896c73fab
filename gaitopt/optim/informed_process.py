"""A Gaussian process that sees features of the points beside their coordinates, around a trend in the features.

Points of like features have like scores; and where nothing was measured yet, the trend goes on. C. Rasmussen and
C. Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, section 2.7 (explicit basis functions); features
of a robot's motion as the space of the kernel: A. Rai et al., "Bayesian Optimization Using Domain Knowledge on the
ATRIAS Biped", ICRA 2018.

The trend is fitted first, by least squares with a penalty on its slopes, in those few features that scores are
expected to follow; the process, to what it leaves. The lowest scores are raised to a quantile of all: how deep a fall
is tells nothing of the slope beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import Features
from gaitopt.optim.gaussian_process import GaussianProcess, Posterior

LENGTH = 6.0
"""The length of a feature that is most probable before any score, in deviations of that feature."""
PENALTY = 3.0
"""The penalty on a slope weighs as much as so many scores one deviation of the feature apart."""
LOWEST = 0.1
"""Scores below this quantile are raised to it."""
WIDTH = 0.5
"""Like `PRIOR_WIDTH` of `gaussian_process`; narrower, since there are more settings, and a deviation tells a length."""
AROUND = 0.3
"""A feature's deviation is that among points at most this far from the start, in cube units."""
SAMPLES = 1024
"""So many of them, evenly spread."""


class InformedProcess:
    """Like `GaussianProcess`, for points (k, n) of which more is known than their coordinates."""

    def __init__(self, features: Features, start: Array, length: float) -> None:
        """Begin with the settings most probable before any score: `length` in cube units, in each coordinate."""
        from scipy.stats import qmc  # slow to import

        n = len(start)
        spread = qmc.Sobol(n, scramble=False).random(SAMPLES)  # (SAMPLES, n), the same every time
        known = features.of(into_cube(start + AROUND * (2 * spread - 1)))  # (SAMPLES, m)
        self._features, self._n = features, n
        self._middle, self._deviation = known.mean(axis=0), known.std(axis=0)
        self._deviation[self._deviation == 0] = 1.0  # of a feature that says nothing
        self._slopes = np.zeros(features.trends)
        lengths = np.concatenate([np.full(n, length), np.full(known.shape[1], LENGTH)])
        self._process = GaussianProcess(lengths, WIDTH)
        self._measured: dict[bytes, Array] = {}  # scaled features (m,) of points that were measured, or believed

    @property
    def lengths(self) -> Array:
        """How far one has to go along each coordinate for another score: as far along all, shape (n,)."""
        return np.ones(self._n)

    def learn(self, points: Array, scores: Array) -> None:
        """Take the trend and the settings that are most probable given the points (m, n) and scores (m,)."""
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
        """Return the scaled features (k, m) of measured points, each computed once: they are asked for at every fit."""
        keys = [point.tobytes() for point in points]
        new = [i for i, key in enumerate(keys) if key not in self._measured]
        if new:
            self._measured |= zip((keys[i] for i in new), self._known(points[new]), strict=True)
        return np.vstack([self._measured[key] for key in keys])

    def _known(self, points: Array) -> Array:
        """Return the scaled features (k, m) of points (k, n)."""
        return (self._features.of(points) - self._middle) / self._deviation


class InformedPosterior(Posterior):
    """What a process around a trend predicts."""

    def __init__(self, around: Posterior, known: Callable[[Array], Array], slopes: Array) -> None:
        """Take what the process predicts of coordinates and features, and the trend."""
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
    """Return the trend (k,) of features (k, m) by the slopes of the first of them."""
    return known[:, : len(slopes)] @ slopes


def _raised(scores: Array) -> Array:
    return np.maximum(scores, np.quantile(scores, LOWEST))
