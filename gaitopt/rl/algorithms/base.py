"""The skeleton that all policy-gradient algorithms share; they differ in what stands in place of Q.

    theta <- theta + alpha E[psi(s, a) Q(s, a)],   psi(s, a) = grad log pi(a | s)

An algorithm requests experience (`requests`), the caller collects it, and the algorithm learns from the batches
(`learn`). With `steps = 1` and one environment this is the online form of the textbooks; with more, each update is
the mean over the steps of a batch, which has less variance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.arrays import State, generator_state, part, prefixed, restore_generator
from gaitopt.rl.ascent import Ascent, Rule, clipped, make_ascent
from gaitopt.rl.batch import Batch, concatenate
from gaitopt.rl.critics import ActionCritic, Critic, ValueCritic, action_critic, value_critic
from gaitopt.rl.normalizer import Normalizer
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.request import Request
from gaitopt.rl.returns import successor_values
from gaitopt.spec import Count, NonNegative, Positive, Share, Spec

Metrics = dict[str, float]
"""Figures of an update, by name."""


class AlgorithmOptions(Spec):
    """Options of every algorithm."""

    discount: Share = 0.99
    """Discount factor gamma."""


class Algorithm(ABC):
    """Learns the parameters of a policy from batches."""

    Options: ClassVar[type[AlgorithmOptions]] = AlgorithmOptions
    """Spec of its options."""
    _options: AlgorithmOptions

    def __init__(self, policy: Policy, rng: np.random.Generator, options: AlgorithmOptions) -> None:
        """Initialize.

        Args:
            policy: trained in place.
            rng: the only source of randomness.
            options: the subclass's options.
        """
        self.policy = policy
        self._rng = rng
        self._options = options
        self._discount = options.discount
        self._parts: dict[str, Critic | Ascent | Normalizer] = {}  # all other parts that have a state, by name

    @abstractmethod
    def requests(self) -> list[Request]:
        """Return the experience that the next `learn` needs."""

    def learn(self, batches: Sequence[Batch]) -> Metrics:
        """Learn from one batch for each request; after an error, all is as it was before.

        Raises:
            InputError: a value in the batches, or a parameter after the update, is not finite.
        """
        for batch in batches:
            batch.check_finite()
        before = self.state()
        try:
            metrics = self._learn(batches)
            self.policy.check_finite()
            for piece in self._parts.values():
                if isinstance(piece, Critic):
                    piece.check_finite()
        except BaseException:  # an interrupt, too
            self.restore(before)
            raise
        return metrics

    @abstractmethod
    def _learn(self, batches: Sequence[Batch]) -> Metrics:
        """Update the policy and the critics."""

    def state(self) -> State:
        """Return the state from which it continues bit for bit, between `learn` and the next `requests`."""
        merged = {**prefixed("policy", self.policy.state()), "rng": generator_state(self._rng)}
        for name, piece in self._parts.items():
            merged.update(prefixed(name, piece.state()))
        return merged

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of an algorithm with other settings.
        """
        self.policy.restore(part("policy", state))
        for name, piece in self._parts.items():
            piece.restore(part(name, state))
        if "rng" not in state:
            raise InputError("state: 'rng' is missing; it was not saved by an algorithm")
        restore_generator(self._rng, state["rng"])


class ActorCriticOptions(AlgorithmOptions):
    """Options of every stochastic gradient ascent."""

    steps: Count = 256
    """Steps per update, of all environments together."""
    actor_rate: Positive = 0.01
    """Step size of the policy, alpha."""
    critic_rate: Positive = 0.1
    """Step size of the critics, beta."""
    rule: Rule = "plain"
    """Step rule: plain stochastic gradient ascent, or adam (for perceptrons)."""
    max_gradient_norm: Positive | None = None
    """Norm to which longer gradients, of policy and critics, are clipped, so that a rare fall cannot undo what was
    learned; none for no clipping."""
    entropy_bonus: NonNegative = 0.0
    """Weight of the policy's mean entropy in the objective, c2."""
    start_weighting: bool = False
    """Whether a step at time t has the weight gamma^t, as in the gradient of the start value; usually omitted."""


class ActorCritic(Algorithm):
    """Stochastic gradient ascent; a subclass defines what stands in place of Q, and how its critics learn."""

    Options = ActorCriticOptions
    _options: ActorCriticOptions
    critics: ClassVar[tuple[str, ...]] = ("value",)
    """Its critics that learn: `value` for V_v, `action_value` for Q_w."""

    def __init__(
        self,
        policy: Policy,
        rng: np.random.Generator,
        options: ActorCriticOptions,
        value: ValueCritic | None = None,
        action_value: ActionCritic | None = None,
    ) -> None:
        """Initialize; the critics are made to suit the policy, unless they are given."""
        super().__init__(policy, rng, options)
        self._parts["ascent"] = self._ascent = make_ascent(options.rule, policy.size, options.actor_rate)
        self._critics: dict[str, tuple[Critic, Ascent]] = {}
        if "value" in self.critics:
            self.value = value or value_critic(policy, rng)
            self._add_critic("value", self.value)
        if "action_value" in self.critics:
            self.action_value = action_value or action_critic(policy)
            self._add_critic("action_value", self.action_value)

    def requests(self) -> list[Request]:
        """Return one batch of steps with the current policy."""
        return [Request(self.policy.state(), steps=self._options.steps)]

    def _learn(self, batches: Sequence[Batch]) -> Metrics:
        batch = concatenate(batches)
        direction = self.direction(batch)
        metrics = self._improve_critics(batch)
        self.policy.move(self._ascent.step(clipped(direction, self._options.max_gradient_norm)))
        self.policy.observe(batch.observations)
        return {"gradient_norm": float(np.linalg.norm(direction)), **metrics}

    def direction(self, batch: Batch) -> Array:
        """Return the estimate of grad J, shape (p,): the mean over the steps of psi times the estimate of Q."""
        weights = self.in_place_of_q(batch) * self._step_weights(batch)
        linear = self.policy.linearize(batch.observations, batch.actions)
        return linear.pull_back(weights / len(batch), self._options.entropy_bonus)

    @abstractmethod
    def in_place_of_q(self, batch: Batch) -> Array:
        """Return what stands in place of Q(s, a) at every step, shape (n,)."""

    @abstractmethod
    def _improve_critics(self, batch: Batch) -> Metrics:
        """Update the critics."""

    def _add_critic(self, name: str, critic: Critic) -> None:
        ascent = make_ascent(self._options.rule, critic.size, self._options.critic_rate)
        self._critics[name] = critic, ascent
        self._parts |= {name: critic, f"{name}_ascent": ascent}

    def _move(self, name: str, gradient: Array) -> None:
        """Step a critic along a gradient (p,)."""
        critic, ascent = self._critics[name]
        critic.move(ascent.step(clipped(gradient, self._options.max_gradient_norm)))

    def _fit_values(self, batch: Batch, targets: Array) -> Metrics:
        """V <- v + beta E[(target - V_v(s)) grad V_v(s)]."""
        values, pull_back = self.value.linearize(batch.observations)
        errors = targets - values
        self._move("value", pull_back(errors / len(batch)))
        return {"value_error": float(np.sqrt(np.mean(errors**2)))}

    def _fit_actions(self, batch: Batch) -> Metrics:
        """Sarsa: delta = r + gamma Q_w(s', a') - Q_w(s, a), w <- w + beta E[delta phi(s, a)]."""
        critic = self.action_value
        following = critic.values(batch.next_observations(), batch.next_actions(self.policy, self._rng))
        targets = batch.rewards + self._discount * np.where(batch.terminated, 0.0, following)
        phi = critic.gradients(batch.observations, batch.actions)
        deltas = targets - phi @ critic.parameters
        self._move("action_value", deltas @ phi / len(batch))
        return {"action_value_error": float(np.sqrt(np.mean(deltas**2)))}

    def _step_weights(self, batch: Batch) -> Array | float:
        return self._discount**batch.times if self._options.start_weighting else 1.0


def values_along(critic: ValueCritic, batch: Batch) -> tuple[Array, Array]:
    """Return V(s) and V(s') of every step, each (n,): V(s') is 0 where the episode terminated."""
    values = critic.values(batch.observations).astype(np.float64, copy=False)
    final_values = critic.values(batch.final_observations)
    return values, successor_values(values, final_values, batch.terminated, batch.ends)
