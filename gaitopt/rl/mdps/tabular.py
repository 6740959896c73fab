"""A known MDP as an environment."""

from __future__ import annotations

from bisect import bisect

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import check_shape
from gaitopt.rl.exact import MDP


class TabularEnvironment:
    """Draws states from P and d_0, and returns their observations."""

    def __init__(self, mdp: MDP, observations: Array | None = None, limit: int | None = None) -> None:
        """Initialize.

        Args:
            mdp: the process.
            observations: observation of each state, shape (S, d); None for one-hot encoded states.
            limit: steps after which an episode is truncated; None for no limit.
        """
        states, self.actions = mdp.rewards.shape
        seen = np.eye(states) if observations is None else np.array(observations, dtype=np.float64)
        check_shape("observations", seen, (states, None))
        self.mdp = mdp
        self.observations = seen
        self.observation_size = seen.shape[1]
        self._limit = limit
        self._blank = np.zeros(self.observation_size)  # observation after the end
        # Plain lists and bisect are much faster than numpy for single numbers.
        self._cumulative = mdp.transitions.cumsum(axis=2).tolist()
        self._rewards = mdp.rewards.tolist()
        self._start = mdp.start.cumsum().tolist()
        self._last = states - 1
        self._ending = (1.0 - mdp.transitions.sum(axis=2) > 1e-12).tolist()
        self._state = self._time = 0
        self._rng = np.random.default_rng(0)

    def reset(self, rng: np.random.Generator) -> Array:
        """Start an episode in a state drawn from d_0."""
        self._rng, self._time = rng, 0
        self._state = min(bisect(self._start, rng.random()), self._last)
        return self.observations[self._state]

    def step(self, action: int) -> tuple[Array, float, bool, bool]:
        """Take one step; the episode ends with the probability that the row of P lacks to 1."""
        state, action = self._state, int(action)
        reward = self._rewards[state][action]
        self._time += 1
        following = bisect(self._cumulative[state][action], self._rng.random())
        if following > self._last:
            if self._ending[state][action]:
                return self._blank, reward, True, False
            following = self._last  # the sum is below 1 by rounding only
        self._state = following
        return self.observations[following], reward, False, self._time == self._limit
