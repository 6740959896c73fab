"""Views of the policies that learn the small problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.mdps import aliased_gridworld, one_step, puck_world, rock_paper_scissors
from gaitopt.rl.mdps.catalog import mixture_of
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.softmax import SoftmaxPolicy


@dataclass(frozen=True)
class Finding:
    """View of the policy of one problem."""

    look: Callable[[Policy], Array]
    """Function that returns the behavior of the policy as one array; its shape is in the function's docstring."""
    name: Callable[[Array], dict[str, Any]]
    """Function that turns the array into named values, fit for JSON."""
    snapshots: int = 100
    """Number of snapshots while it learns; the policy is also evaluated at each."""


def grid_probabilities(policy: Policy) -> Array:
    """Return the probability of each action in each cell of the gridworld, shape (5, 4).

    Raises:
        InputError: the policy is not for discrete actions.
    """
    if not isinstance(policy, SoftmaxPolicy):
        raise InputError(f"policy: got {policy.kind}, expected softmax: the actions are discrete")
    return policy.probabilities(aliased_gridworld.WALLS)


def means_of_states(policy: Policy) -> Array:
    """Return the mean action in each state of the one-step problem, shape (3, 2)."""
    return policy.mode(np.eye(len(one_step.TARGETS)))


def puck_track(policy: Policy) -> Array:
    """Return the positions of puck and target in one fixed episode, acted without noise.

    Returns:
        Rows (puck x, puck y, target x, target y) [m], shape (LIMIT, 4), before each step.
    """
    world, rows, over = puck_world.PuckWorld(), [], False
    observation = world.reset(np.random.default_rng(0))
    while not over:
        x, y, _, _, target_x, target_y = observation.tolist()
        rows.append((x, y, x + target_x, y + target_y))
        observation, _, _, over = world.step(policy.mode(observation[None])[0])
    return np.array(rows)


def distances(track: Array) -> Array:
    """Return the distance between puck and target along a track (n, 4), shape (n,) [m]."""
    return np.hypot(track[:, 2] - track[:, 0], track[:, 3] - track[:, 1])


def _name_grid(probabilities: Array) -> dict[str, Any]:
    actions = aliased_gridworld.ACTIONS
    return {f"cell_{number}": dict(zip(actions, row, strict=True)) for number, row in enumerate(probabilities.tolist())}


def _name_mixture(mixture: Array) -> dict[str, Any]:
    return {
        **dict(zip(rock_paper_scissors.ACTIONS, mixture.tolist(), strict=True)),
        "exploitability": rock_paper_scissors.exploitability(mixture),
        "farthest_from_uniform": float(np.abs(mixture - rock_paper_scissors.UNIFORM).max()),
    }


def _name_means(means: Array) -> dict[str, Any]:
    return {"means": means.tolist(), "targets": one_step.TARGETS.tolist()}


def _name_track(track: Array) -> dict[str, Any]:
    return {"distance_m_of_one_episode": float(distances(track).mean())}


FINDINGS: dict[str, Finding] = {
    "one-step": Finding(means_of_states, _name_means),
    "aliased-gridworld": Finding(grid_probabilities, _name_grid),
    "rock-paper-scissors": Finding(mixture_of, _name_mixture),
    "puck-world": Finding(puck_track, _name_track, snapshots=25),  # one snapshot takes 6,300 steps
}
"""Views by the name of the problem."""
