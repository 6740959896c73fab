"""TD actor-critic: the TD error of one critic stands in place of Q, because E[delta | s, a] = A(s, a).

    delta = r + gamma V_v(s') - V_v(s)
    theta <- theta + alpha psi(s, a) delta
    v     <- v + beta delta phi(s)

A. Barto, R. Sutton and C. Anderson, Neuronlike Adaptive Elements That Can Solve Difficult Learning Control
Problems (1983).
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, ActorCriticOptions, Metrics, values_along
from gaitopt.rl.batch import Batch
from gaitopt.rl.critics import ValueCritic, value_critic
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.returns import td_errors


class TDActorCritic(ActorCritic):
    """Critic: V_v."""

    def __init__(
        self,
        policy: Policy,
        rng: np.random.Generator,
        options: ActorCriticOptions,
        value: ValueCritic | None = None,
    ) -> None:
        super().__init__(policy, rng, options)
        self.value = value or value_critic(policy, rng)
        self._add_critic("value", self.value)

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return delta, shape (n,)."""
        values, next_values = values_along(self.value, batch)
        return td_errors(batch.rewards, values, next_values, self._discount)

    def _improve_critics(self, batch: Batch) -> Metrics:
        _, next_values = values_along(self.value, batch)
        targets = batch.rewards + self._discount * next_values
        return self._fit_values("value", self.value, batch, targets)
