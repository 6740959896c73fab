"""What was lived through: the steps of one or more environments, one array for each thing recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import demand_finite
from gaitopt.rl.policies.base import Policy


@dataclass(frozen=True)
class Batch:
    """Steps in the order of time, piece after piece.

    A piece is an episode, or the part of one that one environment lived through without a break.
    """

    observations: Array
    """s_t, shape (n, d)."""
    actions: Array
    """a_t, shape (n, k), or (n,) whole numbers."""
    log_probs: Array
    """log pi(a_t | s_t) of the policy that acted, shape (n,)."""
    rewards: Array
    """r_t, what followed a_t, shape (n,)."""
    terminated: Array
    """Where the episode ended by itself, such as by a fall, shape (n,)."""
    truncated: Array
    """Where the episode was cut off, such as by the time limit, shape (n,)."""
    ends: Array
    """The last step of every piece, shape (n,): terminated, truncated, or the recording paused there."""
    times: Array
    """t, the number of steps before this one in its episode, shape (n,)."""
    final_observations: Array
    """What was observed after the last step of each piece, shape (pieces, d)."""
    lanes: Array
    """Which environment lived through each piece, shape (pieces,)."""
    episode_returns: Array
    """Undiscounted sum of rewards of every episode that ended in here, shape (episodes,)."""
    episode_lengths: Array
    """Number of steps of every such episode, those of earlier batches counted in, shape (episodes,)."""

    def __len__(self) -> int:
        return len(self.rewards)

    def demand_finite(self) -> None:
        """Refuse observations, actions or rewards that are not numbers.

        Raises:
            InputError: names what and where.
        """
        for name in ("observations", "final_observations", "rewards"):
            demand_finite(name, getattr(self, name), "mend the environment that gave it")
        for name in ("actions", "log_probs"):
            demand_finite(name, getattr(self, name), "learning went astray: lower the step sizes")

    def pieces(self) -> list[slice]:
        """Return where each piece lies."""
        stops = np.flatnonzero(self.ends) + 1
        return [slice(int(a), int(b)) for a, b in zip([0, *stops[:-1]], stops, strict=True)]

    def next_observations(self) -> Array:
        """Return s_(t+1), shape (n, d)."""
        following = np.empty_like(self.observations)
        following[:-1] = self.observations[1:]
        following[self.ends] = self.final_observations
        return following

    def next_actions(self, policy: Policy, rng: np.random.Generator) -> Array:
        """Return a_(t+1), drawn from the policy where a piece ends."""
        following = np.empty_like(self.actions)
        following[:-1] = self.actions[1:]
        following[self.ends] = policy.draw(self.final_observations, rng)
        return following


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Return all pieces of several batches as one, in order."""
    if len(batches) == 1:
        return batches[0]
    return Batch(*(np.concatenate([getattr(b, field.name) for b in batches]) for field in fields(Batch)))
