"""Interface of all policies: sample, log-probability, score function, gradient of weighted log-probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import State, check_finite, entry, part, prefixed
from gaitopt.rl.normalizer import Normalizer
from gaitopt.rl.parametric import Parametric


@dataclass(frozen=True)
class Linearization:
    """Log-probabilities of a policy at some steps, and the vector-Jacobian product of their gradients."""

    log_prob: Array
    """log pi(a | s), shape (n,)."""
    entropy: float
    """Mean entropy of the policy over the steps."""
    pull_back: Callable[[Array, float], Array]
    """From weights (n,) and c to sum_i weights_i grad log pi(a_i | s_i) + c grad (mean entropy), shape (p,)."""


class Policy(Parametric, ABC):
    """A policy pi(a | s) with parameters theta, one flat vector.

    Observations are (n, d), always with a batch axis. Actions are (n, k) real numbers, or (n,) whole numbers of
    a discrete policy.
    """

    kind: ClassVar[str]
    """Name in the catalog and in files."""

    def __init__(self, parameters: Array, observation_size: int, normalize: bool) -> None:
        """Take the initial parameters (p,), of which the subclass may hold views."""
        super().__init__(parameters, Normalizer(observation_size) if normalize else None)
        self.observation_size = observation_size

    @abstractmethod
    def draw(self, observations: Array, rng: np.random.Generator) -> Array:
        """Sample an action for each observation."""

    @abstractmethod
    def mode(self, observations: Array) -> Array:
        """Return the most probable action for each observation."""

    @abstractmethod
    def linearize(self, observations: Array, actions: Array) -> Linearization:
        """Return log pi(a | s), the entropy, and the vector-Jacobian product of the gradients."""

    @abstractmethod
    def score_function(self, observations: Array, actions: Array) -> Array:
        """Return the score function psi(s, a) = grad log pi(a | s) of each step, shape (n, p)."""

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """Return the arguments that make a policy like it, for JSON."""

    def sample(self, observations: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Sample an action for each observation; return the actions and their log pi(a | s), shape (n,)."""
        actions = self.draw(observations, rng)
        return actions, self.log_prob(observations, actions)

    def log_prob(self, observations: Array, actions: Array) -> Array:
        """Return log pi(a | s), shape (n,)."""
        return self.linearize(observations, actions).log_prob

    def gradient(self, observations: Array, actions: Array, weights: Array) -> Array:
        """Return sum_i weights_i psi(s_i, a_i), shape (p,), without the array of all psi (n, p)."""
        return self.linearize(observations, actions).pull_back(weights, 0.0)

    def observe(self, observations: Array) -> None:
        """Update the normalization, if there is one, with observations (n, d)."""
        if self.normalizer is not None:
            self.normalizer.update(observations)

    def check_finite(self) -> None:
        """Check that parameters and normalization are finite.

        Raises:
            InputError: names the first value that is not.
        """
        for name, array in self.state().items():
            check_finite(name, array, "learning diverged: lower the step sizes")

    def state(self) -> State:
        """Return its state: parameters and normalization."""
        normalizer = {} if self.normalizer is None else prefixed("normalizer", self.normalizer.state())
        return {"parameters": self._theta.copy(), **normalizer}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of another policy.
        """
        parameters = entry(state, "parameters", self._theta.shape)
        if self.normalizer is not None:
            self.normalizer.restore(part("normalizer", state))
        self._theta[:] = parameters
