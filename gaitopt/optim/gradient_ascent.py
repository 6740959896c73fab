"""Plain gradient ascent. The real work is done in `GradientAscent._learn`.

J. Kiefer and J. Wolfowitz, "Stochastic Estimation of the Maximum of a Regression Function", Annals of Mathematical
Statistics 23, 1952; J. Nocedal and S. Wright, "Numerical Optimization", 2nd edition, Springer 2006, section 8.1.

    (1)  g_k ~ (J(theta + eps_k u_k) - J(theta - eps_k u_k)) / (2 eps_k)
    (2)  theta <- theta + alpha g

Unlike the policy gradients with steps of constant length, the steps shrink with the gradient and so converge. Not in
the books: alpha depends on the unit of J, which a user cannot guess, so it is set such that the first step has the
length eta; and no later step is longer, so that a lucky score does no harm.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.optim.differences import central_gradient, central_points, inward
from gaitopt.spec import Count, NonNegative, Positive


class GradientAscentOptions(OptimizerOptions):
    """An iteration costs 2n * repeats evaluations."""

    repeats: Count = 1
    """Number of measurements of every point: one, because more steps help more than better ones."""
    eta: Positive = 3.0
    """Length of the first step and of the longest step, in units of epsilon."""
    tolerance: NonNegative = 1e-3
    """Step length below which it stops, in units of epsilon."""


class GradientAscent(Optimizer):
    """Steps in proportion to the gradient."""

    Options = GradientAscentOptions
    _options: GradientAscentOptions

    def _prepare(self) -> None:
        self._base = self._start  # theta, (n,)
        self._alpha = 0.0  # 0 until the first gradient that is not 0
        self._last_step = self._options.eta

    @property
    def batch(self) -> int:
        """Two points for each dimension."""
        return 2 * len(self._start)

    def stop_reasons(self) -> dict[str, str]:
        """Return a reason if the last step was shorter than the tolerance."""
        tolerance = self._options.tolerance
        if self._last_step >= tolerance:
            return {}
        return {"step": f"the step is {self._last_step:.1e} epsilon long, below the tolerance {tolerance:g}"}

    def _propose(self) -> Array:
        return central_points(self._base, self._epsilon)  # (2n, n)

    def _learn(self, points: Array, scores: Array) -> None:
        self._consider(self._base, float(scores.mean()))  # best: the base whose neighbors scored highest on average
        gradient = inward(central_gradient(points, scores, self._epsilon), self._base)  # (1) times eps_k, (n,)
        length = float(np.linalg.norm(gradient))
        if self._alpha == 0 and length > 0:
            self._alpha = self._options.eta / length
        self._last_step = min(self._alpha * length, self._options.eta)
        step = gradient * (self._last_step / length) if length > 0 else gradient  # (n,), in units of epsilon
        self._base = into_cube(self._base + step * self._epsilon)  # (2); kept inside the cube
