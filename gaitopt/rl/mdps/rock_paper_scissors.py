"""Rock-paper-scissors: every deterministic policy is exploited; the uniform one is the best against the best.

One step is one game. The opponent is a fixed mixture, or a policy that may be the learner itself: self-play.
Between two plain gradient ascents the policies circle about the uniform one, to which only their average tends;
with an entropy bonus they go there themselves.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.exact import MDP
from gaitopt.rl.mdps.one_step import one_step_mdp

ACTIONS = ("rock", "paper", "scissors")
PAYOFFS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
"""What I win with action a against action b, shape (3, 3)."""
UNIFORM = np.full(3, 1.0 / 3.0)
SEEN = np.ones((1, 1))
"""There is only one state; observation (1, 1)."""


class Mixture(Protocol):
    """Anything that gives the chances of actions: a softmax policy."""

    def probabilities(self, observations: Array) -> Array:
        """Return pi(. | s), shape (n, 3)."""
        ...


class RockPaperScissors:
    """The game against an opponent."""

    observation_size = 1
    actions = 3

    def __init__(self, opponent: Mixture | Array) -> None:
        """Make one; the opponent is a mixture (3,) or a policy, asked anew in every game."""
        self._opponent = opponent
        self._rng = np.random.default_rng(0)

    def reset(self, rng: np.random.Generator) -> Array:
        """Begin a game."""
        self._rng = rng
        return SEEN[0]

    def step(self, action: int) -> tuple[Array, float, bool, bool]:
        """Play; the game is over."""
        opponent = self._opponent
        mixture = opponent if isinstance(opponent, np.ndarray) else opponent.probabilities(SEEN)[0]
        answer = min(int((mixture.cumsum() < self._rng.random()).sum()), 2)
        return SEEN[0], float(PAYOFFS[int(action), answer]), True, False


def against(opponent: Array) -> MDP:
    """Return the one-step MDP against a mixture (3,)."""
    return one_step_mdp(np.ones(1), (PAYOFFS @ opponent)[None])


def exploitability(mixture: Array) -> float:
    """Return what the best answer wins against a mixture (3,): 0 for the uniform one, 1 for a deterministic one."""
    return float((PAYOFFS @ mixture).max())
