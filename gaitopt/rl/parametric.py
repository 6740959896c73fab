"""What policies and critics share: parameters in one flat vector, and the normalization of observations."""

from __future__ import annotations

from typing import ClassVar

from gaitopt.arrays import Array
from gaitopt.rl.arrays import check_shape, read_only
from gaitopt.rl.normalizer import Normalizer


class Parametric:
    """A function of observations with parameters theta; those of a critic are also called v or w."""

    parameters_name: ClassVar[str] = "parameters"
    """Name of its parameters in errors."""

    def __init__(self, parameters: Array, normalizer: Normalizer | None = None) -> None:
        """Take the initial parameters (p,), of which the subclass may hold views."""
        self._theta = parameters
        self.normalizer = normalizer

    @property
    def parameters(self) -> Array:
        """Theta, shape (p,), read-only; assign to change it."""
        return read_only(self._theta)

    @parameters.setter
    def parameters(self, theta: Array) -> None:
        check_shape(self.parameters_name, theta, self._theta.shape)
        self._theta[:] = theta

    @property
    def size(self) -> int:
        """p, number of parameters."""
        return len(self._theta)

    def move(self, step: Array) -> None:
        """Add a step (p,) to the parameters."""
        self._theta += step

    def _seen(self, observations: Array) -> Array:
        """Return the observations, normalized if it does that, in the precision of the parameters."""
        seen = observations if self.normalizer is None else self.normalizer(observations)
        return seen.astype(self._theta.dtype, copy=False)
