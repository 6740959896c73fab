"""The textbook's central difference. The real work is done in `differences.central_gradient`.

    (1)  dJ/dtheta_k ~ (J(theta + eps_k u_k) - J(theta - eps_k u_k)) / (2 eps_k),  one dimension k after the other
    (2)  theta <- theta + eta g / |g|,  g the gradient of (1) and the step both in units of eps_k

J. Nocedal and S. Wright, "Numerical Optimization", 2nd edition, Springer 2006, equation (8.7). Compared with
the forward difference it costs 2n instead of n + 1 points, has no bias from curvature, and half the noise per point,
because no score (there: of the base point) enters all components.
"""

from __future__ import annotations

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube, unit
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.optim.differences import central_gradient, central_points
from gaitopt.spec import Count, Positive


class CentralDifferenceOptions(OptimizerOptions):
    """An iteration costs 2n * repeats evaluations."""

    repeats: Count = 1
    """Number of measurements of every point: one, because more steps help more than better ones."""
    eta: Positive = 2.0
    """Length of every step, in units of epsilon."""


class CentralDifference(Optimizer):
    """Steps along the gradient estimated by changing one parameter at a time, up and down."""

    Options = CentralDifferenceOptions
    _options: CentralDifferenceOptions

    def _prepare(self) -> None:
        self._base = self._start  # theta, (n,)

    @property
    def batch(self) -> int:
        """Two points for each dimension."""
        return 2 * len(self._start)

    def _propose(self) -> Array:
        return central_points(self._base, self._epsilon)  # (2n, n)

    def _learn(self, points: Array, scores: Array) -> None:
        # best: the base whose neighbors scored highest on average, a mean over 2n * repeats evaluations, as for
        # Kohl & Stone.
        self._consider(self._base, float(scores.mean()))
        gradient = central_gradient(points, scores, self._epsilon)  # (1) times eps_k, (n,)
        step = self._options.eta * unit(gradient) * self._epsilon  # (n,)
        self._base = into_cube(self._base + step)  # (2); kept inside the cube
