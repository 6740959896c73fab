"""From a gradient to a step uphill: plain stochastic gradient ascent, and Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import State, entry

Rule = Literal["plain", "adam"]


class Ascent(Protocol):
    """Turns gradients into steps."""

    def step(self, gradient: Array) -> Array:
        """Return what to add to the parameters, shape (p,)."""
        ...

    def state(self) -> State:
        """Return its arrays."""
        ...

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        ...


def make_ascent(rule: Rule, size: int, rate: float) -> Ascent:
    """Return a rule for `size` parameters."""
    return Adam(size, rate) if rule == "adam" else PlainAscent(rate)


def shortened(gradient: Array, longest: float | None) -> Array:
    """Return a gradient (p,), made no longer than `longest` if that is given."""
    norm = float(gradient @ gradient) ** 0.5
    return gradient * (longest / norm) if longest is not None and norm > longest else gradient


class PlainAscent:
    """theta <- theta + alpha grad J."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def step(self, gradient: Array) -> Array:
        """Return alpha grad J, shape (p,)."""
        return self._rate * gradient

    def state(self) -> State:
        """Return no arrays: it remembers nothing."""
        return {}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Do nothing; see `state`."""


class Adam:
    """Steps of a length that hardly depends on the gradient's.

    D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1, with the bias
    corrections put into the step size as at the end of section 2.
    """

    def __init__(self, size: int, rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self._rate, self._beta1, self._beta2, self._epsilon = rate, beta1, beta2, epsilon
        self._count = 0
        self._mean: Array = np.zeros(size)  # m
        self._square: Array = np.zeros(size)  # v

    def step(self, gradient: Array) -> Array:
        """Return the step for a gradient (p,), in its precision."""
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
        """Return both moments and the number of steps."""
        return {"count": np.array(self._count), "mean": self._mean.copy(), "square": self._square.copy()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from a state; see `state`.

        Raises:
            InputError: the state is of another number of parameters.
        """
        self._count = int(entry(state, "count", ()))
        self._mean = entry(state, "mean", self._mean.shape).copy()
        self._square = entry(state, "square", self._mean.shape).copy()
