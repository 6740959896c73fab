"""The central difference, used by several optimizers.

J. Nocedal and S. Wright, "Numerical Optimization", 2nd edition, Springer 2006, section 8.1:

    (8.7)  dJ/dtheta_k ~ (J(theta + eps_k u_k) - J(theta - eps_k u_k)) / (2 eps_k)

Gradients are in units of epsilon: the change of J for a change of each coordinate by its eps_k, so that no coordinate
counts more because of its unit. At a face of the cube a step is shortened, and the difference divided by the shorter
distance.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube


def central_points(base: Array, epsilon: Array) -> Array:
    """Return the 2n neighbors of the base (n,), shape (2n, n): every coordinate raised, then every one lowered."""
    arms = np.diag(epsilon)  # (n, n)
    return into_cube(np.vstack([base + arms, base - arms]))


def central_gradient(points: Array, scores: Array, epsilon: Array) -> Array:
    """Return the gradient (n,) in units of epsilon from the points of `central_points` and their scores (2n,)."""
    n = len(epsilon)
    widths = (points[:n] - points[n:]).diagonal() / epsilon  # (n,); 2 inside the cube
    return (scores[:n] - scores[n:]) / widths  # (8.7) times eps_k


def inward(direction: Array, base: Array) -> Array:
    """Return the direction (n,) with 0 for every coordinate that would leave the cube immediately."""
    leaves = ((base <= 0) & (direction < 0)) | ((base >= 1) & (direction > 0))
    return np.where(leaves, 0.0, direction)
