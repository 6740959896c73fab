"""Interface of the environments that a policy acts in."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from gaitopt.arrays import Array


class Environment(Protocol):
    """An environment. After `reset`, everything depends on the generator and the actions alone."""

    observation_size: int
    """d, the number of observed values."""

    def reset(self, rng: np.random.Generator) -> Array:
        """Start an episode whose only source of randomness is this generator; return the first observation (d,)."""

    def step(self, action: Any) -> tuple[Array, float, bool, bool]:
        """Take one step; return the observation (d,), the reward, and whether it terminated and was truncated."""


@runtime_checkable
class SplitEnvironment(Environment, Protocol):
    """An environment whose `step` can also be taken in three parts."""

    def begin_step(self, action: Any) -> None:
        """Prepare the step."""

    def compute_step(self) -> None:
        """Compute the expensive part."""

    def end_step(self) -> tuple[Array, float, bool, bool]:
        """Return the result of `step`."""
