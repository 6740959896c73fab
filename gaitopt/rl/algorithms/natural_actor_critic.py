"""Natural actor-critic: with compatible features, grad A_w = psi, the natural gradient is w.

    w     = argmin E[(A - psi^T w)^2]
    grad J = E[psi psi^T] w = G w   ->   G^-1 grad J = w
    theta <- theta + alpha w

The advantage A is estimated by v^lambda - V_v, and w by least squares over the batch. The direction w does not
depend on how the policy is parameterized.

J. Peters, S. Vijayakumar and S. Schaal, Natural Actor-Critic (2005); S. Kakade, A Natural Policy Gradient (2001).
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.algorithms.base import ActorCritic, ActorCriticOptions, Metrics, values_along
from gaitopt.rl.batch import Batch
from gaitopt.rl.critics import CompatibleA, ValueCritic
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.returns import lambda_returns
from gaitopt.spec import NonNegative, Share


class NaturalActorCriticOptions(ActorCriticOptions):
    """Options of the estimates of the advantage and w."""

    lam: Share = 0.9
    """lambda of the returns."""
    damping: NonNegative = 1e-3
    """Value added to the diagonal of G, so that directions never tried do not change."""


class NaturalActorCritic(ActorCritic):
    """Critics: V_v, and the compatible A_w."""

    Options = NaturalActorCriticOptions

    def __init__(
        self,
        policy: Policy,
        rng: np.random.Generator,
        options: NaturalActorCriticOptions,
        value: ValueCritic | None = None,
    ) -> None:
        super().__init__(policy, rng, options, value)
        self._lam, self._damping = options.lam, options.damping
        self.advantage = CompatibleA(policy)
        self._parts["advantage"] = self.advantage

    def in_place_of_q(self, batch: Batch) -> Array:
        """Return the estimate of A to which A_w is fitted, shape (n,)."""
        return self._lambda_returns(batch) - values_along(self.value, batch)[0]

    def direction(self, batch: Batch) -> Array:
        """Fit A_w and return w, shape (p,): the estimate of the natural gradient."""
        psi = self.advantage.gradients(batch.observations, batch.actions)  # (n, p)
        weights = np.broadcast_to(np.sqrt(self._step_weights(batch)), len(batch))
        psi, a = psi * weights[:, None], self.in_place_of_q(batch) * weights
        self.advantage.parameters = damped_least_squares(psi, a, self._damping)
        if self._options.entropy_bonus:
            linear = self.policy.linearize(batch.observations, batch.actions)
            bonus = linear.pull_back(np.zeros(len(batch)), self._options.entropy_bonus)
            return self.advantage.parameters + natural(psi, bonus, self._damping)
        return self.advantage.parameters.copy()

    def _improve_critics(self, batch: Batch) -> Metrics:
        return self._fit_values(batch, self._lambda_returns(batch))

    def _lambda_returns(self, batch: Batch) -> Array:
        _, next_values = values_along(self.value, batch)
        return lambda_returns(batch.rewards, next_values, batch.ends, self._discount, self._lam)


def damped_least_squares(psi: Array, targets: Array, damping: float) -> Array:
    """Return the w (p,) that minimizes the mean of (targets - psi w)^2 plus damping |w|^2; psi (n, p)."""
    n, p = psi.shape
    rows = np.vstack([psi, np.sqrt(damping * n) * np.eye(p)]) if damping and p <= n else psi
    if damping and p > n:  # fewer steps than parameters: solve the dual problem
        w: Array = psi.T @ np.linalg.solve(psi @ psi.T + damping * n * np.eye(n), targets)
        return w
    return np.linalg.lstsq(rows, np.append(targets, np.zeros(len(rows) - n)), rcond=1e-10)[0]


def natural(psi: Array, gradient: Array, damping: float) -> Array:
    """Return (G + damping)^-1 gradient, shape (p,)."""
    fisher = psi.T @ psi / len(psi) + damping * np.eye(psi.shape[1])
    return np.linalg.pinv(fisher, rcond=1e-10, hermitian=True) @ gradient
