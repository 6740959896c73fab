"""Recorded experience: the steps of one or more environments, one array for each quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import check_finite
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.returns import successors


@dataclass(frozen=True)
class Batch:
    """Steps in order of time, piece after piece.

    A piece is an episode, or a contiguous part of one, from a single environment.
    """

    observations: Array
    """s_t, shape (n, d)."""
    actions: Array
    """a_t, shape (n, k), or (n,) whole numbers."""
    log_probs: Array
    """log pi(a_t | s_t) of the policy that acted, shape (n,)."""
    rewards: Array
    """r_t, the reward that followed a_t, shape (n,)."""
    terminated: Array
    """Whether the episode ended in a terminal state, such as a fall, shape (n,)."""
    truncated: Array
    """Whether the episode was cut off, such as by a time limit, shape (n,)."""
    ends: Array
    """Whether a step is the last of its piece, shape (n,): terminated, truncated, or the recording paused there."""
    times: Array
    """t, the number of earlier steps in the episode, shape (n,)."""
    final_observations: Array
    """Observation after the last step of each piece, shape (pieces, d)."""
    samplers: Array
    """Index of the sampler that recorded each piece, shape (pieces,)."""
    episode_returns: Array
    """Undiscounted return of every episode that ended in this batch, shape (episodes,)."""
    episode_lengths: Array
    """Length of every such episode in steps, including those of earlier batches, shape (episodes,)."""

    def __len__(self) -> int:
        return len(self.rewards)

    def check_finite(self) -> None:
        """Check that observations, actions and rewards are finite.

        Raises:
            InputError: names the first value that is not.
        """
        for name in ("observations", "final_observations", "rewards"):
            check_finite(name, getattr(self, name), "fix the environment that returned it")
        for name in ("actions", "log_probs"):
            check_finite(name, getattr(self, name), "learning diverged: lower the step sizes")

    def pieces(self) -> list[slice]:
        """Return the range of each piece."""
        stops = np.flatnonzero(self.ends) + 1
        return [slice(int(a), int(b)) for a, b in zip([0, *stops[:-1]], stops, strict=True)]

    def next_observations(self) -> Array:
        """Return s_(t+1), shape (n, d)."""
        return successors(self.observations, self.final_observations, self.ends)

    def next_actions(self, policy: Policy, rng: np.random.Generator) -> Array:
        """Return a_(t+1), sampled from the policy where a piece ends."""
        return successors(self.actions, policy.draw(self.final_observations, rng), self.ends)


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Return one batch of all pieces, in order."""
    if len(batches) == 1:
        return batches[0]
    return Batch(*(np.concatenate([getattr(b, field.name) for b in batches]) for field in fields(Batch)))
