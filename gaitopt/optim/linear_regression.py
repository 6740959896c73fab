"""Policy gradient by linear regression. The real work is done in `slopes`.

J. Peters and S. Schaal, "Reinforcement Learning of Motor Skills with Policy Gradients", Neural Networks 21, 2008,
section 2.1, the finite-difference estimator for perturbations of any kind; its steps:

1. Make t policies about the policy: theta_i = theta + dtheta_i.
2. Evaluate them: J_i.
3. [g, J_ref] = (D' D)^-1 D' J,  row i of D is [dtheta_i, 1]: least squares with an intercept.
4. theta <- theta + eta g / |g|, in units of eps_k.

The perturbations are +eps_k or -eps_k by equal chance: of all within these bounds they give the least noise. Kohl &
Stone's groups look at each parameter as if the others had not been changed; the regression takes account of them, and
needs at least n + 1 policies for that. With fewer, the shortest gradient that explains the scores is taken.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from gaitopt.files import Positive
from gaitopt.optim.arrays import Array, into_cube, unit
from gaitopt.optim.base import Count, Optimizer, OptimizerOptions


class LinearRegressionOptions(OptimizerOptions):
    """An iteration costs policies * repeats evaluations."""

    repeats: Count = 1
    """How often every policy is measured: once, since the regression averages over other policies as well."""
    policies: Annotated[int, Field(strict=True, ge=2)] = 24
    """t, the number of random policies in an iteration: two for each of twelve parameters."""
    eta: Positive = 2.0
    """Length of every step, in units of epsilon."""


class LinearRegression(Optimizer):
    """Steps along a gradient fitted to random policies that change all parameters at once."""

    def __init__(
        self, start: ArrayLike, epsilon: ArrayLike, rng: np.random.Generator, options: LinearRegressionOptions
    ) -> None:
        super().__init__(start, epsilon, rng, options)
        self._eta, self._policies = options.eta, options.policies
        self._policy = self._start  # theta, (n,)

    @property
    def batch(self) -> int:
        """The t random policies."""
        return self._policies

    def _propose(self) -> Array:
        signs = self._rng.choice([-1.0, 1.0], size=(self._policies, len(self._start)))  # (t, n)
        return into_cube(self._policy + signs * self._epsilon)  # step 1; clipped at a face of the cube

    def _learn(self, points: Array, scores: Array) -> None:
        self._consider(self._policy, float(scores.mean()))  # best: as for Kohl & Stone
        gradient = slopes((points - self._policy) / self._epsilon, scores)  # step 3, (n,)
        self._policy = into_cube(self._policy + self._eta * unit(gradient) * self._epsilon)  # step 4


def slopes(changes: Array, scores: Array) -> Array:
    """Return g (n,) of scores ~ J_ref + changes g, by least squares over the changes (t, n)."""
    design = np.column_stack([changes, np.ones(len(scores))])  # D, (t, n + 1)
    centered = scores - np.median(scores)  # equal scores make a slope of exactly 0
    return np.asarray(np.linalg.lstsq(design, centered, rcond=1e-9)[0][:-1])
