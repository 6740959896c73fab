"""Q actor-critic (QAC): Q_w(s, a), learned by Sarsa, stands in place of Q.

    delta = r + gamma Q_w(s', a') - Q_w(s, a)
    theta <- theta + alpha psi(s, a) Q_w(s, a)
    w     <- w + beta delta phi(s, a)

R. Sutton et al., Policy Gradient Methods for Reinforcement Learning with Function Approximation (2000).
"""

from __future__ import annotations

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, Metrics
from gaitopt.rl.batch import Batch


class QActorCritic(ActorCritic):
    """Critic: Q_w, linear in phi(s, a)."""

    critics = ("action_value",)

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return Q_w(s, a), shape (n,)."""
        return self.action_value.values(batch.observations, batch.actions)

    def _improve_critics(self, batch: Batch) -> Metrics:
        return self._fit_actions(batch)
