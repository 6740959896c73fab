"""REINFORCE: the Monte-Carlo return v_t stands in place of Q. The work is done in `Reinforce.in_place_of_q`.

    theta <- theta + alpha psi(s_t, a_t) (v_t - B(s_t))

Any baseline B(s) leaves the expectation unchanged; here it is 0 or V_v(s), learned from the returns.

R. Williams, Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning (1992).
"""

from __future__ import annotations

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, ActorCriticOptions, Metrics, values_along
from gaitopt.rl.batch import Batch
from gaitopt.rl.request import Request
from gaitopt.rl.returns import monte_carlo_returns
from gaitopt.spec import Count


class ReinforceOptions(ActorCriticOptions):
    """REINFORCE uses whole episodes; `steps` has no effect."""

    episodes: Count = 10
    """Episodes per update, of all environments together."""
    baseline: bool = True
    """Whether V_v(s) is subtracted from the return."""


class Reinforce(ActorCritic):
    """Critic: none; the baseline only reduces the variance of the estimate."""

    Options = ReinforceOptions
    _options: ReinforceOptions

    def requests(self) -> list[Request]:
        """Return whole episodes."""
        return [Request(self.policy.state(), episodes=self._options.episodes)]

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return v_t - B(s_t), shape (n,)."""
        returns = self._returns(batch)
        return returns - self.value.values(batch.observations) if self._options.baseline else returns

    def _improve_critics(self, batch: Batch) -> Metrics:
        return self._fit_values(batch, self._returns(batch))

    def _returns(self, batch: Batch) -> Array:
        # A time-out is no terminal state: V estimates the rewards that would have followed.
        _, next_values = values_along(self.value, batch)
        return monte_carlo_returns(batch.rewards, next_values, batch.ends, self._discount)
