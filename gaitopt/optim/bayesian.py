"""Bayesian optimization with a Gaussian process in a trust region. The real work is done in `Bayesian._propose`.

B. Shahriari et al., "Taking the Human Out of the Loop: A Review of Bayesian Optimization", Proceedings of the IEEE 104,
2016; for gaits: D. Lizotte et al., "Automatic Gait Optimization with Gaussian Process Regression", IJCAI 2007; for many
dimensions: D. Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization" (TuRBO), NeurIPS 2019.

1. Measure the start and a few points around it (a Latin hypercube).
2. Fit the process; see `gaussian_process.py`, and `informed_process.py` where features of points are known. The
   incumbent is the point with the highest posterior mean.
3. Expected improvement of a point with mean m and standard deviation s over the incumbent's mean m*:
       EI = (m - m*) Phi(z) + s phi(z),  z = (m - m*) / s
4. Measure the point of highest EI in the trust region around the incumbent; see `trust_region.py`. For a batch, assume
   that its score is its mean, and go to 3 (kriging believer: D. Ginsbourger et al., "Kriging Is Well-Suited to
   Parallelize Optimization", 2010). Then go to 2.
5. Measure the incumbent again until its number of scores is half the square root of the number of all points: the
   longer the search, the rarer the falls that must be noticed.

The process is scikit-learn's: packages for Bayesian optimization lack priors for many dimensions or trust regions, or
need torch.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.optim.base import Features, Optimizer, OptimizerOptions
from gaitopt.optim.gaussian_process import GaussianProcess, Posterior
from gaitopt.optim.informed_process import InformedProcess
from gaitopt.optim.surrogate import Surrogate
from gaitopt.optim.trust_region import TrustRegion
from gaitopt.spec import Count, Positive

CANDIDATES = 1000
"""Number of random candidates for the highest EI."""
FEW = 0.25
"""Probability that a coordinate moves in candidates that move few."""
REFINEMENTS = (0.1, 0.03, 0.01)
"""Standard deviations of candidates around the best one, relative to the sides of the region, one round each."""
INFORMED_SMALLEST = 0.2
"""Smallest trust region with features [cube units]: they predict farther."""


class BayesianOptions(OptimizerOptions):
    """A batch costs points * repeats evaluations."""

    repeats: Count = 1
    """Number of measurements of every point: one, because the process averages over neighbors."""
    points: Count = 4
    """Number of points per batch: more keep more workers busy, fewer are better chosen."""
    first: Annotated[int, Field(strict=True, ge=2)] = 12
    """Number of points before the first fit, including the start."""
    region: Annotated[Positive, Field(le=2)] = 0.4
    """Side of the first and largest trust region, in cube units."""
    length: Positive = 0.5
    """Prior mode of the length scales, in cube units times the square root of n."""
    informed: Annotated[bool, Field(strict=True)] = False
    """Whether the model also uses known features of the points: for gaits, of the motion of the paws."""


class Bayesian(Optimizer):
    """Measures the points of the highest expected improvement."""

    Options = BayesianOptions
    _options: BayesianOptions

    def _prepare(self) -> None:
        self._length = self._options.length * len(self._start) ** 0.5
        process = partial(GaussianProcess, np.full(len(self._start), self._length))
        self.surrogate = Surrogate(process, len(self._start), self._rng)
        self._region = TrustRegion(self._options.region, self._options.points, len(self._start))

    def inform(self, features: Features) -> None:
        """Use the features, if the options say so."""
        if self._options.informed:
            process = partial(InformedProcess, features, self._start, self._length)
            self.surrogate = Surrogate(process, len(self._start), self._rng)
            self._region = TrustRegion(self._options.region, self._options.points, len(self._start), INFORMED_SMALLEST)

    @property
    def batch(self) -> int:
        """The first points, then a batch."""
        return self._options.points if len(self.surrogate.points) else self._options.first

    def _propose(self) -> Array:
        points, scores = self.surrogate.points, self.surrogate.scores
        if not len(points):
            return self._first_points()  # step 1
        posterior = self.surrogate.posterior()
        means = posterior.mean(points)
        incumbent, top = points[np.argmax(means)], float(means.max())  # assumed scores change neither
        uncertain = _count(points, incumbent) < len(points) ** 0.5 / 2  # step 5
        for i in range(self._options.points):
            new = incumbent if uncertain and i == 0 else self._highest_improvement(posterior, incumbent, top)  # step 3
            points, scores = np.vstack([points, new]), np.append(scores, posterior.mean(new[None]))  # step 4
            posterior = self.surrogate.given(points, scores)
        return points[-self._options.points :]  # (k, n)

    def _learn(self, points: Array, scores: Array) -> None:
        self.surrogate.tell(points, scores)  # step 2
        # best: the highest posterior mean among points that were measured more than once.
        means = self.surrogate.posterior().mean(self.surrogate.points)
        self._region.update(float(means.max()))
        ranked = self.surrogate.points[np.argsort(-means, kind="stable")]
        self._best = next((x for x in ranked if _count(ranked, x) > 1), self._best)

    def _first_points(self) -> Array:
        """Return the start and points of a Latin hypercube, shape (first, n)."""
        slices = np.tile(np.arange(self._options.first - 1.0)[:, None], len(self._start))  # (first - 1, n)
        drawn = self._rng.permuted(slices, axis=0) + self._rng.random(slices.shape)
        low, high = self._region.box(self._start, np.ones(len(self._start)))
        return np.vstack([self._start, low + (high - low) * drawn / len(slices)])

    def _highest_improvement(self, posterior: Posterior, center: Array, top: float) -> Array:
        """Return the point (n,) of the trust region around `center` with the highest EI over `top`, as far as found."""
        low, high = self._region.box(center, self.surrogate.lengths)  # (n,), (n,)
        anywhere = low + (high - low) * self._rng.random((CANDIDATES, len(center)))  # (k, n)
        # In many dimensions most of a box is far from its center: every second candidate moves few coordinates only.
        moved = self._rng.random(anywhere.shape) < np.resize([[1.0], [FEW]], (CANDIDATES, 1))
        tried = np.where(moved, anywhere, center)
        for spread in REFINEMENTS:
            best = tried[np.argmax(expected_improvement(*posterior.both(tried), top))]
            near = best + spread * (high - low) * self._rng.standard_normal((CANDIDATES // 10, len(center)))
            tried = np.vstack([best, np.clip(near, low, high)])
        return tried[np.argmax(expected_improvement(*posterior.both(tried), top))]


def expected_improvement(mean: Array, deviation: Array, top: float) -> Array:
    """Return EI (k,) over `top` of normal predictions (k,)."""
    from scipy.special import ndtr  # slow to import

    z = (mean - top) / deviation
    return np.asarray((mean - top) * ndtr(z) + deviation * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))


def _count(points: Array, point: Array) -> int:
    """Return how many of the points (m, n) equal this one (n,)."""
    return int((points == point).all(axis=1).sum())
