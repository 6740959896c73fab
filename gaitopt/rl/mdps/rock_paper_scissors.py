"""Rock-paper-scissors: every deterministic policy can be exploited; the uniform one is the equilibrium.

One step is one game. The opponent is a fixed mixture, or a policy that may be the learner itself: self-play.
With plain gradient ascent both policies cycle around the uniform one, to which only their average converges;
with an entropy bonus the policies converge themselves.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.policies.softmax import SoftmaxPolicy

ACTIONS = ("rock", "paper", "scissors")
PAYOFFS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
"""Payoff of action a against action b, shape (3, 3)."""
UNIFORM = np.full(3, 1.0 / 3.0)
SEEN = np.ones((1, 1))
"""Observation (1, 1) of the only state."""


class RockPaperScissors:
    """The game against an opponent."""

    observation_size = 1
    actions = 3

    def __init__(self, opponent: SoftmaxPolicy | Array) -> None:
        """Take the opponent: a mixture (3,), or a policy that is evaluated in every game."""
        self._opponent = opponent
        self._rng = np.random.default_rng(0)

    def reset(self, rng: np.random.Generator) -> Array:
        """Start a game."""
        self._rng = rng
        return SEEN[0]

    def step(self, action: int) -> tuple[Array, float, bool, bool]:
        """Play one game and terminate."""
        opponent = self._opponent
        mixture = opponent if isinstance(opponent, np.ndarray) else opponent.probabilities(SEEN)[0]
        answer = min(int((mixture.cumsum() < self._rng.random()).sum()), 2)
        return SEEN[0], float(PAYOFFS[int(action), answer]), True, False


def exploitability(mixture: Array) -> float:
    """Return the payoff of the best response to a mixture (3,): 0 for the uniform, 1 for a deterministic one."""
    return float((PAYOFFS @ mixture).max())
