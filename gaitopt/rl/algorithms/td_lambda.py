"""TD(lambda) actor-critic, by its forward and its backward view.

Forward: v_t^lambda - V_v(s_t) stands in place of Q, and v_t^lambda is the critic's target.
Backward: online and from incomplete episodes, by eligibility traces:

    delta = r + gamma V_v(s') - V_v(s)
    e_theta <- gamma lambda e_theta + psi(s, a)       theta <- theta + alpha delta e_theta
    e_v     <- gamma lambda e_v + grad V_v(s)         v     <- v + beta delta e_v

Over a whole episode, with parameters that change only at its end, both add up to the same.

R. Sutton and A. Barto, Reinforcement Learning (2018), section 13.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, ActorCriticOptions, Metrics, values_along
from gaitopt.rl.arrays import State, part, prefixed
from gaitopt.rl.batch import Batch
from gaitopt.rl.critics import ValueCritic
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.returns import eligibility_traces, lambda_returns, td_errors
from gaitopt.spec import Share


class TDLambdaOptions(ActorCriticOptions):
    """View and lambda."""

    lam: Share = 0.9
    """lambda; 0 is the TD actor-critic, 1 REINFORCE with a baseline."""
    view: Literal["forward", "backward"] = "backward"
    """Lambda-returns (forward), or eligibility traces that continue from batch to batch (backward)."""


class TDLambdaActorCritic(ActorCritic):
    """Critic: V_v; actor and critic have the same lambda."""

    Options = TDLambdaOptions

    def __init__(
        self, policy: Policy, rng: np.random.Generator, options: TDLambdaOptions, value: ValueCritic | None = None
    ) -> None:
        super().__init__(policy, rng, options, value)
        self._lam, self._forward = options.lam, options.view == "forward"
        self._traces: State = {}  # traces of running episodes, by "actor.<sampler>" and "critic.<sampler>"

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return v_t^lambda - V_v(s_t), shape (n,): the forward view."""
        return self._lambda_returns(batch) - values_along(self.value, batch)[0]

    def direction(self, batch: Batch) -> Array:
        """Return the estimate of grad J, shape (p,); by traces in the backward view."""
        if self._forward:
            return super().direction(batch)
        linear = self.policy.linearize(batch.observations, batch.actions)
        bonus = linear.pull_back(np.zeros(len(batch)), self._options.entropy_bonus)
        weights = np.broadcast_to(self._step_weights(batch), len(batch))[:, None]
        psi = self.policy.score_function(batch.observations, batch.actions) * weights
        return bonus + self._along_traces("actor", batch, psi)

    def _improve_critics(self, batch: Batch) -> Metrics:
        if self._forward:
            return self._fit_values(batch, self._lambda_returns(batch))
        gradients = self.value.gradients(batch.observations)
        self._move("value", self._along_traces("critic", batch, gradients))
        return {}

    def _along_traces(self, whose: str, batch: Batch, gradients: Array) -> Array:
        """Return E[delta e], shape (p,); the traces of unfinished episodes are kept for the next batch."""
        values, next_values = values_along(self.value, batch)
        deltas = td_errors(batch.rewards, values, next_values, self._discount)
        total = np.zeros(gradients.shape[1])
        for piece, sampler in zip(batch.pieces(), batch.samplers.tolist(), strict=True):
            name = f"{whose}.{sampler}"
            before = self._traces.pop(name, None) if batch.times[piece.start] else None
            e = eligibility_traces(gradients[piece], batch.ends[piece], self._discount, self._lam, before)
            total += deltas[piece] @ e
            last = piece.stop - 1
            if batch.terminated[last] or batch.truncated[last]:
                self._traces.pop(name, None)
            else:
                self._traces[name] = e[-1]
        return total / len(batch)

    def _lambda_returns(self, batch: Batch) -> Array:
        _, next_values = values_along(self.value, batch)
        return lambda_returns(batch.rewards, next_values, batch.ends, self._discount, self._lam)

    def state(self) -> State:
        """Return the state; it includes the traces."""
        return {**super().state(), **prefixed("traces", self._traces)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`."""
        super().restore(state)
        self._traces = {name: np.array(trace) for name, trace in part("traces", state).items()}
