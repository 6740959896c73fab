"""Q actor-critic (QAC): Q_w(s, a), learned by Sarsa, stands in place of Q.

    delta = r + gamma Q_w(s', a') - Q_w(s, a)
    theta <- theta + alpha psi(s, a) Q_w(s, a)
    w     <- w + beta delta phi(s, a)

R. Sutton et al., Policy Gradient Methods for Reinforcement Learning with Function Approximation (2000).
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, ActorCriticOptions, Metrics
from gaitopt.rl.batch import Batch
from gaitopt.rl.critics import ActionCritic, action_critic
from gaitopt.rl.policies.base import Policy


class QActorCritic(ActorCritic):
    """Critic: Q_w, linear in phi(s, a)."""

    def __init__(
        self,
        policy: Policy,
        rng: np.random.Generator,
        options: ActorCriticOptions,
        action_value: ActionCritic | None = None,
    ) -> None:
        super().__init__(policy, rng, options)
        self.action_value = action_value or action_critic(policy)
        self._add_critic("action_value", self.action_value)

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return Q_w(s, a), shape (n,)."""
        return self.action_value.values(batch.observations, batch.actions)

    def _improve_critics(self, batch: Batch) -> Metrics:
        return self._fit_actions("action_value", self.action_value, batch)
