"""Bayesian optimization with a Gaussian process in a trust region. The real work is done in `Bayesian._propose`.

B. Shahriari et al., "Taking the Human Out of the Loop: A Review of Bayesian Optimization", Proceedings of the IEEE 104,
2016; for gaits: D. Lizotte et al., "Automatic Gait Optimization with Gaussian Process Regression", IJCAI 2007; for many
dimensions: D. Eriksson et al., "Scalable Global Optimization via Local Bayesian Optimization" (TuRBO), NeurIPS 2019.

1. Measure the start and a few points around it (a Latin hypercube).
2. Fit the process; see `gaussian_process.py`, and `informed_process.py` where features of points are known. The point
   of the highest posterior mean leads.
3. Expected improvement of a point of mean m and deviation s over the leader's mean m*:
       EI = (m - m*) Phi(z) + s phi(z),  z = (m - m*) / s
4. Measure the point of highest EI in the trust region around the leader; see `trust_region.py`. For a batch, believe
   that it scores its mean and go to 3 (kriging believer: D. Ginsbourger et al., "Kriging Is Well-Suited to Parallelize
   Optimization", 2010). Then go to 2.
5. The leader is measured again until it has half as many scores as the square root of the number of all: the longer the
   search, the rarer the falls to be noticed.

The process is scikit-learn's, because that is well kept and no more than the process: whole packages for Bayesian
optimization have no priors for many dimensions, no trust regions, or need torch.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.optim.base import Features, Optimizer, OptimizerOptions
from gaitopt.optim.gaussian_process import GaussianProcess, Posterior
from gaitopt.optim.informed_process import InformedProcess
from gaitopt.optim.surrogate import Surrogate
from gaitopt.optim.trust_region import TrustRegion
from gaitopt.spec import Count, Positive

CANDIDATES = 1000
"""How many points are tried in a search for the highest EI."""
FEW = 0.25
"""The chance of a coordinate to move where only few do."""
REFINEMENTS = (0.1, 0.03, 0.01)
"""Then the surroundings of the best are tried, with these standard deviations as parts of the region's sides."""
INFORMED_SMALLEST = 0.2
"""With features, the smallest trust region [cube units]: they tell more of what is farther away."""


class BayesianOptions(OptimizerOptions):
    """A batch costs points * repeats evaluations."""

    repeats: Count = 1
    """How often every point is measured: once, since the process averages over neighbors."""
    points: Count = 4
    """How many points are measured at once: more keep more workers busy, fewer are chosen better."""
    first: Annotated[int, Field(strict=True, ge=2)] = 12
    """How many points are measured before the first fit, the start among them."""
    region: Annotated[Positive, Field(le=2)] = 0.4
    """Side of the first trust region, and of the largest, in cube units."""
    length: Positive = 0.5
    """The length that is most probable before any score, in cube units times the square root of n."""
    informed: Annotated[bool, Field(strict=True)] = False
    """Let the model see features of the points, too, where some are known: of gaits, how their paws move."""


class Bayesian(Optimizer):
    """Measures where a model of the function expects the most improvement."""

    Options = BayesianOptions

    def __init__(
        self, start: ArrayLike, epsilon: ArrayLike, rng: np.random.Generator, options: BayesianOptions
    ) -> None:
        super().__init__(start, epsilon, rng, options)
        self._options = options
        self._length = options.length * len(self._start) ** 0.5
        process = partial(GaussianProcess, np.full(len(self._start), self._length))
        self.surrogate = Surrogate(process, len(self._start), rng)
        self._region = TrustRegion(options.region, options.points, len(self._start))

    def inform(self, features: Features) -> None:
        """Let the process see the features, too, if the options say so."""
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
        leader, top = points[np.argmax(means)], float(means.max())  # believing means moves neither
        doubtful = _count(points, leader) < len(points) ** 0.5 / 2  # step 5
        for i in range(self._options.points):
            new = leader if doubtful and i == 0 else self._highest_improvement(posterior, leader, top)  # step 3
            points, scores = np.vstack([points, new]), np.append(scores, posterior.mean(new[None]))  # step 4
            posterior = self.surrogate.given(points, scores)
        return points[-self._options.points :]  # (k, n)

    def _learn(self, points: Array, scores: Array) -> None:
        self.surrogate.tell(points, scores)  # step 2
        # best: the highest posterior mean among the points that were measured more than once.
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
        """Return the point (n,) of the trust region around `center` with the highest EI over `top` that was found."""
        low, high = self._region.box(center, self.surrogate.lengths)  # (n,), (n,)
        anywhere = low + (high - low) * self._rng.random((CANDIDATES, len(center)))  # (k, n)
        # Most of a box in many dimensions is far from its center: every other candidate moves few coordinates only.
        moved = self._rng.random(anywhere.shape) < np.resize([[1.0], [FEW]], (CANDIDATES, 1))
        tried = np.where(moved, anywhere, center)
        for spread in REFINEMENTS:
            best = tried[np.argmax(expected_improvement(*posterior.both(tried), top))]
            near = best + spread * (high - low) * self._rng.standard_normal((CANDIDATES // 10, len(center)))
            tried = np.vstack([best, np.clip(near, low, high)])
        return tried[np.argmax(expected_improvement(*posterior.both(tried), top))]


def expected_improvement(mean: Array, deviation: Array, top: float) -> Array:
    """Return EI (k,) over `top`, of normal predictions (k,)."""
    from scipy.special import ndtr  # slow to import

    z = (mean - top) / deviation
    return np.asarray((mean - top) * ndtr(z) + deviation * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))


def _count(points: Array, point: Array) -> int:
    """Return how many of the points (m, n) are this one (n,)."""
    return int((points == point).all(axis=1).sum())
