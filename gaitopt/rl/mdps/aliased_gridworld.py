"""The aliased gridworld: two grey cells look the same, and only a stochastic policy finds the treasure from both.

    +---+---+---+---+---+
    | 0 | 1 | 2 | 3 | 4 |      1 and 3 are the grey cells: walls to the north and the south
    +   +---+   +---+   +
    | x |   | $ |   | x |      x trap: reward -1, the end;   $ treasure: reward +1, the end
    +---+   +---+   +---+

Only the walls around a cell are seen. Whoever always moves east in grey cells runs to and fro between 3 and 4,
whoever always moves west between 0 and 1. The best policy moves east or west with probability 1/2.

D. Silver, Lectures on Reinforcement Learning (2015), lecture 7.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.exact import MDP, start_value
from gaitopt.rl.mdps.tabular import TabularEnvironment

NORTH, EAST, SOUTH, WEST = range(4)
ACTIONS = ("north", "east", "south", "west")
WALLS = np.array([[1, 0, 0, 1], [1, 0, 1, 0], [1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0]], dtype=np.float64)
"""What is observed in each cell: is there a wall to the north, east, south, west? Shape (5, 4)."""
GREY = (1, 3)
"""The cells that look the same."""
BELOW = {0: -1.0, 2: 1.0, 4: -1.0}
"""Reward for moving south, which ends the episode."""
DISCOUNT = 0.95
"""gamma; without it, being slow would cost nothing."""
LIMIT = 100
"""An episode is truncated after so many steps."""


def aliased_gridworld() -> MDP:
    """Return the MDP; an episode begins in any cell but that above the treasure."""
    transitions, rewards = np.zeros((5, 4, 5)), np.zeros((5, 4))
    for cell in range(5):
        for action, move in ((NORTH, 0), (EAST, 1), (SOUTH, 0), (WEST, -1)):
            if action == SOUTH and cell in BELOW:
                rewards[cell, action] = BELOW[cell]
            else:
                transitions[cell, action, min(max(cell + move, 0), 4)] = 1.0  # who runs into a wall stays
    return MDP(transitions, rewards, np.array([0.25, 0.25, 0.0, 0.25, 0.25]))


def make_environment() -> TabularEnvironment:
    """Return it as an environment that shows the walls."""
    return TabularEnvironment(aliased_gridworld(), WALLS, LIMIT)


def policy_table(grey_east: float) -> Array:
    """Return the policy (5, 4) that is the best but for how often it moves east in grey cells."""
    pi = np.zeros((5, 4))
    pi[0, EAST] = pi[2, SOUTH] = pi[4, WEST] = 1.0
    for cell in GREY:
        pi[cell, EAST], pi[cell, WEST] = grey_east, 1.0 - grey_east
    return pi


def best_value() -> float:
    """Return J_1 of the best stochastic policy."""
    return start_value(aliased_gridworld(), policy_table(0.5), DISCOUNT)


def best_deterministic_value() -> float:
    """Return J_1 of the best deterministic policy."""
    return start_value(aliased_gridworld(), policy_table(1.0), DISCOUNT)
