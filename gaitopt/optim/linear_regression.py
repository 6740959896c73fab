"""Policy gradient by linear regression. The real work is done in `slopes`.

J. Peters and S. Schaal, "Reinforcement Learning of Motor Skills with Policy Gradients", Neural Networks 21, 2008,
section 2.1, the finite-difference estimator for perturbations of any kind; its steps:

1. Make t policies around the policy: theta_i = theta + dtheta_i.
2. Evaluate them: J_i.
3. [g, J_ref] = (D' W D)^-1 D' W J,  row i of D is [dtheta_i, 1]: least squares with an intercept.
4. theta <- theta + eta g / |g|, in units of eps_k.

Not in the paper: W. Policies of earlier iterations are nearby and are used again, as changes of the current theta;
their weight decays by lambda per iteration (L. Ljung, "System Identification", 2nd edition, Prentice Hall 1999, section
11.2: least squares with exponential forgetting). So an iteration needs only a few new policies. lambda = 0 is the
paper's estimator.

The perturbations are +eps_k or -eps_k with equal probability: of all within these bounds they give the least noise.
Kohl & Stone's groups treat each parameter as if the others had not changed; the regression accounts for them, and needs
at least n + 1 policies for that. With fewer, as at first, it takes the minimum-norm gradient.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube, unit
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.spec import Count, Positive

FORGOTTEN = 0.01
"""Weight below which policies are dropped."""


class LinearRegressionOptions(OptimizerOptions):
    """An iteration costs policies * repeats evaluations."""

    repeats: Count = 1
    """Number of measurements of every policy: one, because the regression averages over policies."""
    policies: Annotated[int, Field(strict=True, ge=2)] = 8
    """Number of random policies per iteration, t."""
    eta: Positive = 1.0
    """Length of every step, in units of epsilon."""
    forgetting: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.7
    """Weight of an iteration's policies in the next one, lambda; 0 uses new policies only."""


class LinearRegression(Optimizer):
    """Steps along a gradient fitted to random policies that change all parameters at once."""

    Options = LinearRegressionOptions
    _options: LinearRegressionOptions

    def _prepare(self) -> None:
        self._policy = self._start  # theta, (n,)
        self._points: Array = np.empty((0, len(self._start)))  # (m, n), those not dropped
        self._scores: Array = np.empty(0)  # (m,)
        self._weights: Array = np.empty(0)  # (m,), the diagonal of W

    @property
    def batch(self) -> int:
        """The t random policies."""
        return self._options.policies

    def _propose(self) -> Array:
        signs = self._rng.choice([-1.0, 1.0], size=(self._options.policies, len(self._start)))  # (t, n)
        return into_cube(self._policy + signs * self._epsilon)  # step 1; clipped at a face of the cube

    def _learn(self, points: Array, scores: Array) -> None:
        self._consider(self._policy, float(scores.mean()))  # best: as for Kohl & Stone
        self._remember(points, scores)
        gradient = slopes((self._points - self._policy) / self._epsilon, self._scores, self._weights)  # step 3, (n,)
        self._policy = into_cube(self._policy + self._options.eta * unit(gradient) * self._epsilon)  # step 4

    def _remember(self, points: Array, scores: Array) -> None:
        """Add new policies, and decay the weights of the old ones."""
        older = self._weights * self._options.forgetting
        kept = older >= FORGOTTEN
        self._points = np.vstack([self._points[kept], points])
        self._scores = np.append(self._scores[kept], scores)
        self._weights = np.append(older[kept], np.ones(len(scores)))


def slopes(changes: Array, scores: Array, weights: Array | None = None) -> Array:
    """Return g (n,) of scores (t,) ~ J_ref + changes g, by least squares over the changes (t, n).

    Args:
        changes: difference of each policy from theta.
        scores: score of each policy.
        weights: weight of each policy, (t,), above 0; equal if None.
    """
    design = np.column_stack([changes, np.ones(len(scores))])  # D, (t, n + 1)
    centered = scores - np.median(scores)  # equal scores give slopes of exactly 0
    roots = np.ones(len(scores)) if weights is None else np.sqrt(weights)
    return np.asarray(np.linalg.lstsq(roots[:, None] * design, roots * centered, rcond=1e-9)[0][:-1])
