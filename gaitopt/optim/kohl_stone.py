"""Kohl & Stone's policy gradient. The real work is done in `adjustment` and `KohlStone._learn`.

N. Kohl and P. Stone, "Policy Gradient Reinforcement Learning for Fast Quadrupedal Locomotion", ICRA 2004.
The steps of their main loop, numbered here for the comments below:

1. Make t random policies R_i around the policy pi: each parameter n is changed by +eps_n, 0 or -eps_n.
2. Evaluate them.
3. For each n, average the scores of the three groups: Avg+, Avg0, Avg-.
4. A_n = 0 if Avg0 > Avg+ and Avg0 > Avg-, else A_n = Avg+ - Avg-.
5. A <- eta A / |A|, in units of eps_n.
6. pi <- pi + A.

Not in the paper: the edges of the cube, empty groups, |A| = 0 and the choice of `best`; see the comments.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube, unit
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.spec import Positive

Signs = NDArray[np.int64]


class KohlStoneOptions(OptimizerOptions):
    """The defaults are those of the paper: 15 policies x 3 repeats = 45 evaluations per iteration."""

    policies: Annotated[int, Field(strict=True, ge=2)] = 15
    """Number of random policies per iteration, t."""
    eta: Positive = 2.0
    """Length of every step, in units of epsilon."""


class KohlStone(Optimizer):
    """Steps along a gradient estimated from random policies that change all parameters at once."""

    Options = KohlStoneOptions
    _options: KohlStoneOptions

    def _prepare(self) -> None:
        self._policy = self._start  # pi, (n,)
        self._signs: Signs = np.zeros((self._options.policies, len(self._start)), dtype=np.int64)  # (t, n)

    @property
    def batch(self) -> int:
        """The t random policies."""
        return len(self._signs)

    def _propose(self) -> Array:
        self._signs = self._rng.integers(-1, 2, size=self._signs.shape)  # (t, n); -1, 0, +1 with equal probability
        # A policy clipped at a face of the cube stays in the group of its drawn sign: a shorter perturbation gives a
        # smaller difference of the same sign.
        return into_cube(self._policy + self._signs * self._epsilon)  # step 1, (t, n)

    def _learn(self, points: Array, scores: Array) -> None:
        # The paper does not say which policy to keep. Here: the pi whose t policies had the highest mean score. That
        # is a mean over t * repeats evaluations: far less optimistic than the best single candidate, and low where
        # the neighbors of pi fall.
        self._consider(self._policy, float(scores.mean()))
        a = self._options.eta * unit(adjustment(self._signs, scores))  # step 5, (n,); |A| = 0: the policy stays
        self._policy = into_cube(self._policy + a * self._epsilon)  # step 6; kept inside the cube


def adjustment(signs: Signs, scores: Array) -> Array:
    """Return A (n,) before it is normalized, from the signs (t, n) of the changes and the scores (t,).

    An empty group has the average NaN, and comparisons with NaN are false. So an empty 0 group cannot beat the others;
    with an empty + or - group the difference is NaN, and A_n = 0: nothing was learned.
    """
    # Only differences count; relative to the median, equal scores have equal averages without rounding.
    scores = scores - np.median(scores)
    with np.errstate(invalid="ignore"):
        plus, zero, minus = (_group_average(signs == sign, scores) for sign in (1, 0, -1))  # step 3
        a = np.where((zero > plus) & (zero > minus), 0.0, plus - minus)  # step 4
    return np.where(np.isnan(a), 0.0, a)


def _group_average(member: NDArray[np.bool_], scores: Array) -> Array:
    total = np.where(member, scores[:, None], 0.0).sum(axis=0)  # (t, n) -> (n,)
    return total / member.sum(axis=0)  # (n,); 0/0 = NaN
