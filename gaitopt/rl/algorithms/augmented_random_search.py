"""Augmented random search (ARS): no gradient of the policy; finite differences along random directions.

    theta <- theta + alpha / (b sigma_R) sum_(k = 1..b) (J(theta + nu delta_k) - J(theta - nu delta_k)) delta_k

over the b directions with the highest max(J+, J-); sigma_R is the standard deviation of their 2 b returns.
The policy acts without noise. With normalized observations this is version V2-t of the paper, else V1-t.

H. Mania, A. Guy and B. Recht, Simple Random Search of Static Linear Policies Is Competitive for Reinforcement
Learning (2018), algorithm 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError, ProtocolError
from gaitopt.rl.algorithms.base import Algorithm, AlgorithmOptions, Metrics
from gaitopt.rl.batch import Batch
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.request import Request
from gaitopt.spec import Count, Positive


class AugmentedRandomSearchOptions(AlgorithmOptions):
    """Symbols of the paper are in brackets; `discount` has no effect, returns are undiscounted."""

    directions: Count = 8
    """Random directions per iteration (N)."""
    top: Count = 4
    """Number of best directions used (b), at most `directions`."""
    rate: Positive = 0.02
    """Step size (alpha)."""
    noise: Positive = 0.03
    """Length of the perturbation along a direction (nu)."""
    episodes: Count = 1
    """Episodes per estimate of J."""


class AugmentedRandomSearch(Algorithm):
    """Critic: none."""

    Options = AugmentedRandomSearchOptions
    _options: AugmentedRandomSearchOptions

    def __init__(self, policy: Policy, rng: np.random.Generator, options: AugmentedRandomSearchOptions) -> None:
        super().__init__(policy, rng, options)
        if options.top > options.directions:
            raise InputError(f"top: got {options.top}, expected at most directions = {options.directions}")
        self._directions: Array | None = None

    def requests(self) -> list[Request]:
        """Return whole episodes with theta + nu delta_k and theta - nu delta_k, in turn."""
        theta, options = self.policy.state(), self._options
        self._directions = self._rng.standard_normal((options.directions, self.policy.size))  # (N, p)
        moved = [theta["parameters"] + s * options.noise * d for d in self._directions for s in (1, -1)]
        return [Request({**theta, "parameters": m}, episodes=options.episodes, explore=False) for m in moved]

    def _learn(self, batches: Sequence[Batch]) -> Metrics:
        if self._directions is None or len(batches) != 2 * len(self._directions):
            raise ProtocolError("learn() got no batches for its requests, expected one for each; call requests() first")
        scores = np.array([b.episode_returns.mean() for b in batches]).reshape(-1, 2)  # (N, 2)
        top = np.argsort(-scores.max(axis=1), kind="stable")[: self._options.top]
        deviation = float(scores[top].std())
        differences = scores[top, 0] - scores[top, 1]  # (b,)
        if deviation > 0:
            step = self._options.rate / (len(top) * deviation) * differences @ self._directions[top]
            self.policy.move(step)
        for batch in batches:
            self.policy.observe(batch.observations)
        self._directions = None
        return {"deviation": deviation, "best_direction": float(scores.max())}
