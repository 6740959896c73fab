"""The textbook's forward difference. The real work is done in `ForwardDifference._learn`.

    (1)  dJ/dtheta_k ~ (J(theta + eps_k u_k) - J(theta)) / eps_k,  one dimension k after the other
    (2)  theta <- theta + eta g / |g|,  g the gradient of (1) and the step both in units of eps_k

The step length and the repeats are those of Kohl & Stone's estimator, so that only the estimators differ.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube, unit
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.spec import Positive


class ForwardDifferenceOptions(OptimizerOptions):
    """An iteration costs (n + 1) * repeats evaluations."""

    eta: Positive = 2.0
    """Length of every step, in units of epsilon."""


class ForwardDifference(Optimizer):
    """Steps along the gradient estimated by changing one parameter at a time."""

    Options = ForwardDifferenceOptions
    _options: ForwardDifferenceOptions

    def _prepare(self) -> None:
        self._base = self._start  # theta, (n,)

    @property
    def batch(self) -> int:
        """The base point and one point for each dimension."""
        return 1 + len(self._start)

    def _propose(self) -> Array:
        return np.vstack([self._base, self._base + np.diag(self._steps())])  # (1 + n, n)

    def _learn(self, points: Array, scores: Array) -> None:
        self._consider(self._base, float(scores[0]))  # best: the base point with the highest score
        gradient = (scores[1:] - scores[0]) / (self._steps() / self._epsilon)  # (1) times eps_k, (n,)
        step = self._options.eta * unit(gradient) * self._epsilon  # (n,); a zero gradient: the base stays
        self._base = into_cube(self._base + step)  # (2); kept inside the cube

    def _steps(self) -> Array:
        """Return the signed change of each coordinate (n,), never 0.

        It is +eps_k; where that would leave the cube, -eps_k; where neither fits, to the farther face.
        """
        up = np.minimum(self._epsilon, 1.0 - self._base)
        down = np.minimum(self._epsilon, self._base)
        return np.where(up >= down, up, -down)
