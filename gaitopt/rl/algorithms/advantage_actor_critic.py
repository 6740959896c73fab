"""Advantage actor-critic: A_w(s, a) = Q_w(s, a) - V_v(s) of two critics, both learned by TD, stands in place of Q.

    theta <- theta + alpha psi(s, a) (Q_w(s, a) - V_v(s))
    w     <- w + beta (r + gamma Q_w(s', a') - Q_w(s, a)) phi(s, a)
    v     <- v + beta (r + gamma V_v(s') - V_v(s)) phi(s)

D. Silver, Lectures on Reinforcement Learning (2015), lecture 7: estimating the advantage function (1).
"""

from __future__ import annotations

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, Metrics, values_along
from gaitopt.rl.batch import Batch


class AdvantageActorCritic(ActorCritic):
    """Critics: Q_w and V_v."""

    critics = ("value", "action_value")

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return Q_w(s, a) - V_v(s), shape (n,)."""
        q = self.action_value.values(batch.observations, batch.actions)
        return q - self.value.values(batch.observations)

    def _improve_critics(self, batch: Batch) -> Metrics:
        _, next_values = values_along(self.value, batch)
        targets = batch.rewards + self._discount * next_values
        metrics = self._fit_values(batch, targets)
        return metrics | self._fit_actions(batch)
