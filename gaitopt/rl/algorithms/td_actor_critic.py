"""TD actor-critic: the TD error of one critic stands in place of Q, because E[delta | s, a] = A(s, a).

    delta = r + gamma V_v(s') - V_v(s)
    theta <- theta + alpha psi(s, a) delta
    v     <- v + beta delta phi(s)

A. Barto, R. Sutton and C. Anderson, Neuronlike Adaptive Elements That Can Solve Difficult Learning Control
Problems (1983).
"""

from __future__ import annotations

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, Metrics, values_along
from gaitopt.rl.batch import Batch
from gaitopt.rl.returns import td_errors


class TDActorCritic(ActorCritic):
    """Critic: V_v."""

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return delta, shape (n,)."""
        values, next_values = values_along(self.value, batch)
        return td_errors(batch.rewards, values, next_values, self._discount)

    def _improve_critics(self, batch: Batch) -> Metrics:
        _, next_values = values_along(self.value, batch)
        targets = batch.rewards + self._discount * next_values
        return self._fit_values(batch, targets)
