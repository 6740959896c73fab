"""Proximal policy optimization (PPO): several epochs per batch, with the new policy kept close to the old one.

    r_t(theta) = pi_theta(a_t | s_t) / pi_old(a_t | s_t)
    L_CLIP = E[min(r_t A_t, clip(r_t, 1 - eps, 1 + eps) A_t)]
    L = E[L_CLIP - c1 (V(s_t) - V_target)^2 + c2 H(pi)],   A_t by GAE(lambda),   V_target = A_t + V(s_t)

J. Schulman et al., Proximal Policy Optimization Algorithms (2017), equations 7, 9, 11 and algorithm 1. Rewards are
scaled by the standard deviation of returns, after L. Engstrom et al., Implementation Matters in Deep Policy Gradients
(2020), appendix A.2; theirs are sums of past rewards, ours of later rewards in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import Algorithm, AlgorithmOptions, Metrics, values_along
from gaitopt.rl.ascent import Adam, clipped
from gaitopt.rl.batch import Batch, concatenate
from gaitopt.rl.critics import ValueCritic, value_critic
from gaitopt.rl.normalizer import Normalizer
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.request import Request
from gaitopt.rl.returns import generalized_advantages, monte_carlo_returns, td_errors
from gaitopt.spec import Count, NonNegative, Positive, Share


class PPOOptions(AlgorithmOptions):
    """The defaults are common for continuous control."""

    steps: Count = 2048
    """Steps per batch, of all environments together."""
    epochs: Count = 10
    """Number of passes over a batch, K."""
    minibatch: Count = 64
    """Steps per minibatch."""
    rate: Positive = 3e-4
    """Step size of Adam."""
    lam: Share = 0.95
    """lambda of GAE."""
    clip: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.2
    """Clipping range of the ratio, eps; usually 0.1 to 0.2."""
    value_weight: NonNegative = 0.5
    """Weight of the critic's loss, c1. Actor and critic have separate Adams, which are invariant to a constant factor:
    it only matters whether this is 0, and at which loss `max_gradient_norm` begins to clip."""
    entropy_weight: NonNegative = 0.0
    """Weight of the entropy, c2."""
    max_gradient_norm: Positive | None = 0.5
    """Norm to which the gradients of policy and critic are clipped, each by itself; none for no clipping."""
    kl_stop: Positive | None = None
    """Approximate KL divergence from the old policy at which the policy stays unchanged for the rest of the epochs;
    none for no limit."""
    normalize_advantages: bool = True
    """Whether the advantages of a batch are normalized to mean 0 and standard deviation 1."""
    scale_rewards: bool = True
    """Whether rewards are divided by the running standard deviation of returns, so that critic errors are about 1."""


class PPO(Algorithm):
    """Critic: V_v, learned along with the policy."""

    Options = PPOOptions
    _options: PPOOptions

    def __init__(
        self, policy: Policy, rng: np.random.Generator, options: PPOOptions, value: ValueCritic | None = None
    ) -> None:
        super().__init__(policy, rng, options)
        self.value = value or value_critic(policy, rng)
        self._actor_ascent = Adam(policy.size, options.rate, epsilon=1e-5)
        self._critic_ascent = Adam(self.value.size, options.rate, epsilon=1e-5)
        self._returns = Normalizer(1)
        self._parts |= {
            "returns": self._returns,
            "value": self.value,
            "ascent": self._actor_ascent,
            "value_ascent": self._critic_ascent,
        }

    def requests(self) -> list[Request]:
        """Return one batch of steps with the current policy."""
        return [Request(self.policy.state(), steps=self._options.steps)]

    def _learn(self, batches: Sequence[Batch]) -> Metrics:
        batch = concatenate(batches)
        values, advantages = self._advantages(batch)
        targets = advantages + values
        if self._options.normalize_advantages and len(batch) > 1:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        epochs = self._fit(batch, advantages, targets)
        metrics = self._measure(batch, advantages, values, targets)
        self.policy.observe(batch.observations)
        return {**metrics, "epochs": float(epochs)}

    def _advantages(self, batch: Batch) -> tuple[Array, Array]:
        """Return V (n,) and A by GAE (n,)."""
        values, next_values = values_along(self.value, batch)
        deltas = td_errors(self._rewards(batch), values, next_values, self._discount)
        return values, generalized_advantages(deltas, batch.ends, self._discount, self._options.lam)

    def _rewards(self, batch: Batch) -> Array:
        """Return the rewards (n,), divided by the standard deviation of all returns so far if `scale_rewards`."""
        if not self._options.scale_rewards:
            return batch.rewards
        returns = monte_carlo_returns(batch.rewards, np.zeros(len(batch)), batch.ends, self._discount)
        self._returns.update(returns[:, None])
        return batch.rewards / self._returns.deviation

    def _fit(self, batch: Batch, advantages: Array, targets: Array) -> int:
        """Make K passes over the batch in minibatches; return the number of epochs that the policy completed."""
        dtype = self.policy.parameters.dtype
        columns = [batch.observations, batch.actions]
        columns += [a.astype(dtype) for a in (batch.log_probs, advantages, targets)]
        moving, policy_epochs = True, 0
        for _ in range(self._options.epochs):
            order = self._rng.permutation(len(batch))
            shuffled = [column[order] for column in columns]
            for start in range(0, len(batch), self._options.minibatch):
                part = [column[start : start + self._options.minibatch] for column in shuffled]
                moving = moving and self._step_policy(*part[:4])
                self._step_critic(part[0], part[4])  # continues: the critic has no limit
            policy_epochs += moving
        return policy_epochs

    def _step_policy(self, observations: Array, actions: Array, old_log_probs: Array, advantages: Array) -> bool:
        """Take one step along the gradient of L_CLIP + c2 H; or return False where the policy is too far."""
        linear = self.policy.linearize(observations, actions)
        log_ratio = linear.log_prob - old_log_probs
        if self._options.kl_stop is not None and approximate_kl(log_ratio) > self._options.kl_stop:
            return False
        by_log_prob = clipped_surrogate(log_ratio, advantages, self._options.clip)[1]
        gradient = linear.pull_back(by_log_prob, self._options.entropy_weight)
        self.policy.move(self._actor_ascent.step(clipped(gradient, self._options.max_gradient_norm)))
        return True

    def _step_critic(self, observations: Array, targets: Array) -> None:
        """Take one step along the gradient of -c1 (V - V_target)^2."""
        values, pull_back = self.value.linearize(observations)
        gradient = pull_back((targets - values) * (2.0 * self._options.value_weight / len(targets)))
        self.value.move(self._critic_ascent.step(clipped(gradient, self._options.max_gradient_norm)))

    def _measure(self, batch: Batch, advantages: Array, values: Array, targets: Array) -> Metrics:
        """Return how far the policy moved, and how well the critic predicted before."""
        linear = self.policy.linearize(batch.observations, batch.actions)
        log_ratio = linear.log_prob - batch.log_probs
        spread = float(targets.var())
        return {
            "surrogate": clipped_surrogate(log_ratio, advantages, self._options.clip)[0],
            "approximate_kl": approximate_kl(log_ratio),
            "clip_fraction": float(np.mean(np.abs(np.expm1(log_ratio)) > self._options.clip)),
            "entropy": linear.entropy,
            "explained_variance": 1.0 - float((targets - values).var()) / spread if spread > 0 else 0.0,
        }


def clipped_surrogate(log_ratio: Array, advantages: Array, clip: float) -> tuple[float, Array]:
    """Return L_CLIP, and its derivative by each step's log pi(a | s), shape (n,).

    Args:
        log_ratio: log r_t, shape (n,).
        advantages: A_t, shape (n,).
        clip: eps.
    """
    ratio = np.exp(log_ratio)
    gain = ratio * advantages
    bound = np.where(advantages > 0, 1.0 + clip, 1.0 - clip).astype(ratio.dtype) * advantages
    free = gain < bound  # else the clipped term is the smaller one, and it does not depend on theta
    return float(np.minimum(gain, bound).mean()), np.where(free, gain, 0.0) / len(ratio)


def approximate_kl(log_ratio: Array) -> float:
    """Return the mean of (r - 1) - log r, an estimate of KL(pi_old, pi) that is never negative."""
    return float(np.mean(np.expm1(log_ratio) - log_ratio))
