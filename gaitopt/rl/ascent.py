"""Step rules of gradient ascent: plain stochastic gradient ascent, and Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import State, entry

Rule = Literal["plain", "adam"]


def make_ascent(rule: Rule, size: int, rate: float) -> Ascent:
    """Return a step rule for `size` parameters."""
    return Adam(size, rate) if rule == "adam" else Ascent(rate)


def clipped(gradient: Array, max_norm: float | None) -> Array:
    """Return a gradient (p,), scaled down to the norm `max_norm` if it is longer."""
    norm = float(gradient @ gradient) ** 0.5
    return gradient * (max_norm / norm) if max_norm is not None and norm > max_norm else gradient


class Ascent:
    """The plain rule, theta <- theta + alpha grad J, from which others derive."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def step(self, gradient: Array) -> Array:
        """Return the step to add to the parameters, shape (p,): here alpha grad J."""
        return self._rate * gradient

    def state(self) -> State:
        """Return its state: here no arrays."""
        return {}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; here it does nothing."""


class Adam(Ascent):
    """Steps whose length hardly depends on that of the gradient.

    D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1, with the bias
    corrections moved into the step size, as at the end of section 2.
    """

    def __init__(self, size: int, rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        super().__init__(rate)
        self._beta1, self._beta2, self._epsilon = beta1, beta2, epsilon
        self._count = 0
        self._mean: Array = np.zeros(size)  # m
        self._square: Array = np.zeros(size)  # v

    def step(self, gradient: Array) -> Array:
        """Return the step for a gradient (p,), in the precision of the gradient."""
        if self._mean.dtype != gradient.dtype:
            self._mean, self._square = self._mean.astype(gradient.dtype), self._square.astype(gradient.dtype)
        self._count += 1
        self._mean *= self._beta1
        self._mean += (1.0 - self._beta1) * gradient
        self._square *= self._beta2
        step = gradient * gradient
        step *= 1.0 - self._beta2
        self._square += step
        correction = (1.0 - self._beta2**self._count) ** 0.5
        np.sqrt(self._square, out=step)
        step += self._epsilon * correction
        np.divide(self._mean, step, out=step)
        step *= self._rate * correction / (1.0 - self._beta1**self._count)
        return step

    def state(self) -> State:
        """Return both moments and the step count."""
        return {"count": np.array(self._count), "mean": self._mean.copy(), "square": self._square.copy()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of another number of parameters.
        """
        self._count = int(entry(state, "count", ()))
        self._mean = entry(state, "mean", self._mean.shape).copy()
        self._square = entry(state, "square", self._mean.shape).copy()
