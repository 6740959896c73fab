"""What a policy acts in."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from gaitopt.arrays import Array


class Environment(Protocol):
    """What a policy acts in. After `reset`, everything depends on the generator and the actions only."""

    observation_size: int
    """d."""

    def reset(self, rng: np.random.Generator) -> Array:
        """Begin an episode, in which this is the only source of chance; return the first observation (d,)."""
        ...

    def step(self, action: Any) -> tuple[Array, float, bool, bool]:
        """Act; return the observation (d,), the reward, whether it terminated, whether it was truncated."""
        ...


@runtime_checkable
class SplitEnvironment(Environment, Protocol):
    """One whose steps may be taken in three parts, `step` being all of them."""

    def begin_step(self, action: Any) -> None:
        """Make ready to act."""
        ...

    def compute_step(self) -> None:
        """Do what takes long."""
        ...

    def end_step(self) -> tuple[Array, float, bool, bool]:
        """Return what `step` does."""
        ...
