"""Critics: V_v(s), Q_w(s, a) and the compatible A_w(s, a), each linear or, for V, a perceptron."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import State, check_finite, entry
from gaitopt.rl.features import ContinuousFeatures, DiscreteFeatures, with_one
from gaitopt.rl.mlp import Perceptron
from gaitopt.rl.normalizer import Normalizer
from gaitopt.rl.parametric import Parametric
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy

PullBack = Callable[[Array], Array]
"""Vector-Jacobian product: from weights (n,) to sum_i weights_i grad V(s_i), shape (p,)."""


class Critic(Parametric):
    """A critic: its state is its parameters; the normalization is the policy's."""

    parameters_name = "parameters of the critic"

    def check_finite(self) -> None:
        """Check that all parameters are finite.

        Raises:
            InputError: names the first that is not.
        """
        check_finite(self.parameters_name, self._theta, "learning diverged: lower the step sizes")

    def state(self) -> State:
        """Return its state."""
        return {"parameters": self._theta.copy()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of another critic.
        """
        self._theta[:] = entry(state, "parameters", self._theta.shape)


class ValueCritic(Critic, ABC):
    """V_v(s)."""

    @abstractmethod
    def linearize(self, observations: Array) -> tuple[Array, PullBack]:
        """Return V_v(s) (n,) and the vector-Jacobian product of its gradients."""

    @abstractmethod
    def gradients(self, observations: Array) -> Array:
        """Return grad V_v(s) of each step, shape (n, p)."""

    def values(self, observations: Array) -> Array:
        """Return V_v(s), shape (n,)."""
        return self.linearize(observations)[0]


class LinearV(ValueCritic):
    """V_v(s) = phi(s)^T v, phi(s) = (s, 1)."""

    def __init__(self, observation_size: int, normalizer: Normalizer | None = None) -> None:
        super().__init__(np.zeros(observation_size + 1), normalizer)

    def linearize(self, observations: Array) -> tuple[Array, PullBack]:
        """See `ValueCritic`."""
        phi = self.gradients(observations)
        return phi @ self._theta, lambda weights: weights @ phi

    def gradients(self, observations: Array) -> Array:
        """Return phi(s), shape (n, p)."""
        return with_one(self._seen(observations))


class PerceptronV(ValueCritic):
    """V_v(s) by a perceptron."""

    def __init__(
        self,
        observation_size: int,
        rng: np.random.Generator,
        hidden: Sequence[int] = (64, 64),
        normalizer: Normalizer | None = None,
        precision: str = "float32",
    ) -> None:
        self._network = Perceptron((observation_size, *hidden, 1), rng, 1.0, precision)
        super().__init__(self._network.parameters, normalizer)

    def linearize(self, observations: Array) -> tuple[Array, PullBack]:
        """See `ValueCritic`."""
        layers = self._network.forward(self._seen(observations))
        dtype = self._theta.dtype
        return layers[-1][:, 0], lambda weights: self._network.backward(
            layers, weights.astype(dtype, copy=False)[:, None]
        )

    def gradients(self, observations: Array) -> Array:
        """Return grad V_v(s) of each step, shape (n, p)."""
        layers = self._network.forward(self._seen(observations))
        return self._network.jacobian(layers, np.ones_like(layers[-1]))


class ActionCritic(Critic, ABC):
    """Q_w(s, a) = phi(s, a)^T w, linear in features."""

    @abstractmethod
    def gradients(self, observations: Array, actions: Array) -> Array:
        """Return grad_w Q_w(s, a) = phi(s, a) of each step, shape (n, p)."""

    def values(self, observations: Array, actions: Array) -> Array:
        """Return Q_w(s, a), shape (n,)."""
        return self.gradients(observations, actions) @ self._theta


class LinearQ(ActionCritic):
    """Q_w(s, a) = phi(s, a)^T w."""

    def __init__(self, features: DiscreteFeatures | ContinuousFeatures, normalizer: Normalizer | None = None) -> None:
        super().__init__(np.zeros(features.size), normalizer)
        self._features = features

    def gradients(self, observations: Array, actions: Array) -> Array:
        """Return phi(s, a), shape (n, p)."""
        return self._features.of(self._seen(observations), actions)


class CompatibleA(ActionCritic):
    """A_w(s, a) = psi(s, a)^T w: its features are the policy's score function."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(np.zeros(policy.size))
        self._policy = policy

    def gradients(self, observations: Array, actions: Array) -> Array:
        """Return psi(s, a), shape (n, p)."""
        return self._policy.score_function(observations, actions)


def value_critic(policy: Policy, rng: np.random.Generator) -> ValueCritic:
    """Return a V that suits a policy: a perceptron like the policy's own, else a linear one."""
    if isinstance(policy, GaussianMLPPolicy):
        options = policy.options()
        return PerceptronV(policy.observation_size, rng, options["hidden"], policy.normalizer, options["precision"])
    return LinearV(policy.observation_size, policy.normalizer)


def action_critic(policy: Policy) -> LinearQ:
    """Return a linear Q that suits a policy: with the features of the softmax, or products of s and a."""
    if isinstance(policy, SoftmaxPolicy):
        return LinearQ(policy.features, policy.normalizer)
    features = ContinuousFeatures(policy.observation_size, policy.options()["actions"])
    return LinearQ(features, policy.normalizer)
