"""An MDP of which everything is known, as an environment to act in."""

from __future__ import annotations

from bisect import bisect

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import demand_shape
from gaitopt.rl.exact import MDP


class TabularEnvironment:
    """Draws states by P and d_0; shows not the state but what is observed in it."""

    def __init__(self, mdp: MDP, observations: Array | None = None, limit: int | None = None) -> None:
        """Make one.

        Args:
            mdp: what happens.
            observations: what is seen in each state, shape (S, d); None: which state it is, as one 1 among zeros.
            limit: an episode is truncated after so many steps; None: never.
        """
        states, self.actions = mdp.rewards.shape
        seen = np.eye(states) if observations is None else np.array(observations, dtype=np.float64)
        demand_shape("observations", seen, (states, None))
        self.mdp = mdp
        self.observations = seen
        self.observation_size = seen.shape[1]
        self._limit = limit
        self._blank = np.zeros(self.observation_size)  # what is seen after the end
        # Plain lists and bisect are much faster than numpy for single numbers.
        self._cumulative = mdp.transitions.cumsum(axis=2).tolist()
        self._rewards = mdp.rewards.tolist()
        self._start = mdp.start.cumsum().tolist()
        self._last = states - 1
        self._ending = (1.0 - mdp.transitions.sum(axis=2) > 1e-12).tolist()
        self._state = self._time = 0
        self._rng = np.random.default_rng(0)

    def reset(self, rng: np.random.Generator) -> Array:
        """Begin an episode in a state drawn from d_0."""
        self._rng, self._time = rng, 0
        self._state = min(bisect(self._start, rng.random()), self._last)
        return self.observations[self._state]

    def step(self, action: int) -> tuple[Array, float, bool, bool]:
        """Act; where the row of P falls short of 1, the episode may end."""
        state, action = self._state, int(action)
        reward = self._rewards[state][action]
        self._time += 1
        following = bisect(self._cumulative[state][action], self._rng.random())
        if following > self._last:
            if self._ending[state][action]:
                return self._blank, reward, True, False
            following = self._last  # the sum fell short of 1 by rounding
        self._state = following
        return self.observations[following], reward, False, self._time == self._limit
