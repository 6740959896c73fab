"""The aliased gridworld: two gray cells look the same, and only a stochastic policy finds the treasure from both.

    +---+---+---+---+---+
    | 0 | 1 | 2 | 3 | 4 |      1 and 3 are the gray cells: walls to the north and the south
    +   +---+   +---+   +
    | x |   | $ |   | x |      x trap: reward -1, terminal;   $ treasure: reward +1, terminal
    +---+   +---+   +---+

Only the walls around a cell are observed. A policy that always moves east in gray cells oscillates between 3 and 4,
one that always moves west between 0 and 1. The best policy moves east or west with probability 1/2.

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
"""Observation in each cell: walls to the north, east, south, west, shape (5, 4)."""
GRAY = (1, 3)
"""Cells that look the same."""
BELOW = {0: -1.0, 2: 1.0, 4: -1.0}
"""Reward for moving south, which ends the episode."""
DISCOUNT = 0.95
"""gamma; without it, slow policies would lose nothing."""
LIMIT = 100
"""Steps after which an episode is truncated."""


def aliased_gridworld() -> MDP:
    """Return the MDP; an episode starts in any cell but the one above the treasure."""
    transitions, rewards = np.zeros((5, 4, 5)), np.zeros((5, 4))
    for cell in range(5):
        for action, move in ((NORTH, 0), (EAST, 1), (SOUTH, 0), (WEST, -1)):
            if action == SOUTH and cell in BELOW:
                rewards[cell, action] = BELOW[cell]
            else:
                transitions[cell, action, min(max(cell + move, 0), 4)] = 1.0  # a wall blocks the move
    return MDP(transitions, rewards, np.array([0.25, 0.25, 0.0, 0.25, 0.25]))


def make_environment() -> TabularEnvironment:
    """Return an environment whose observations are the walls."""
    return TabularEnvironment(aliased_gridworld(), WALLS, LIMIT)


def policy_table(gray_east: float) -> Array:
    """Return the best policy (5, 4), but with this probability of moving east in gray cells."""
    pi = np.zeros((5, 4))
    pi[0, EAST] = pi[2, SOUTH] = pi[4, WEST] = 1.0
    for cell in GRAY:
        pi[cell, EAST], pi[cell, WEST] = gray_east, 1.0 - gray_east
    return pi


def best_value() -> float:
    """Return J_1 of the best stochastic policy."""
    return start_value(aliased_gridworld(), policy_table(0.5), DISCOUNT)


def best_deterministic_value() -> float:
    """Return J_1 of the best deterministic policy."""
    return start_value(aliased_gridworld(), policy_table(1.0), DISCOUNT)
