"""Exact solutions of small MDPs by linear algebra, against which the estimators are tested.

A policy is a table pi (S, A); its score function psi(s, a) = grad log pi(a | s) is a table (S, A, p).

    V = R_pi + gamma P_pi V        Q = R + gamma P V        A = Q - V
    J_1    = sum_s d_0(s) V(s)                              start value
    J_avV  = sum_s d(s) V(s)                                average value
    J_avR  = sum_s d(s) sum_a pi(s, a) R(s, a)              average reward per step
    grad J = sum_s w(s) sum_a pi(s, a) psi(s, a) Q(s, a)    policy-gradient theorem

where w is the discounted number of visits to a state for J_1, and the stationary distribution d for the averages.

Sutton, McAllester, Singh & Mansour, Policy Gradient Methods for Reinforcement Learning with Function
Approximation (2000); Kakade, A Natural Policy Gradient (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.arrays import check_shape, check_share


@dataclass(frozen=True)
class MDP:
    """A known Markov decision process of S states and A actions."""

    transitions: Array
    """P(s' | s, a), shape (S, A, S); the episode ends with the probability that a row lacks to 1."""
    rewards: Array
    """R(s, a), expected reward, shape (S, A)."""
    start: Array
    """d_0(s), probability that an episode starts in a state, shape (S,); sums to 1."""

    def __post_init__(self) -> None:
        """Check shapes and probabilities.

        Raises:
            InputError: shapes do not match, or values are not probabilities.
        """
        states, actions = self.rewards.shape
        check_shape("transitions", self.transitions, (states, actions, states))
        check_shape("start", self.start, (states,))
        sums = self.transitions.sum(axis=2)
        if self.transitions.min() < 0 or sums.max() > 1 + 1e-9:
            raise InputError(f"transitions: got rows that sum to {sums.max():g}, expected probabilities, at most 1")
        if self.start.min() < 0 or abs(self.start.sum() - 1) > 1e-9:
            raise InputError(f"start: got a sum of {self.start.sum():g}, expected probabilities that sum to 1")

    def restarted(self) -> MDP:
        """Return the continuing process in which every episode is followed by another."""
        ending = 1.0 - self.transitions.sum(axis=2)  # (S, A)
        return MDP(self.transitions + ending[:, :, None] * self.start, self.rewards, self.start)


def _under(mdp: MDP, pi: Array) -> tuple[Array, Array]:
    """Return P_pi (S, S) and R_pi (S,)."""
    return np.einsum("sa,sat->st", pi, mdp.transitions), np.sum(pi * mdp.rewards, axis=1)


def state_values(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return V (S,).

    Raises:
        InputError: the discount is out of range, or 1 for episodes that need not end.
    """
    check_share("discount", discount)
    p_pi, r_pi = _under(mdp, pi)
    return _solve(np.eye(len(r_pi)) - discount * p_pi, r_pi)


def action_values(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return Q (S, A)."""
    return mdp.rewards + discount * mdp.transitions @ state_values(mdp, pi, discount)


def advantages(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return A = Q - V, shape (S, A)."""
    return action_values(mdp, pi, discount) - state_values(mdp, pi, discount)[:, None]


def visits(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return sum_t gamma^t P(s_t = s), shape (S,): discounted visits to each state in an episode."""
    check_share("discount", discount)
    p_pi, _ = _under(mdp, pi)
    return _solve((np.eye(len(p_pi)) - discount * p_pi).T, mdp.start)


def stationary_distribution(mdp: MDP, pi: Array) -> Array:
    """Return d (S,), the fraction of time spent in each state of the continuing process."""
    p_pi, _ = _under(mdp.restarted(), pi)
    n = len(p_pi)
    equations = np.vstack([p_pi.T - np.eye(n), np.ones(n)])  # d P = d, sum d = 1
    return np.linalg.lstsq(equations, np.append(np.zeros(n), 1.0), rcond=None)[0]


def start_value(mdp: MDP, pi: Array, discount: float) -> float:
    """Return J_1."""
    return float(mdp.start @ state_values(mdp, pi, discount))


def average_value(mdp: MDP, pi: Array, discount: float) -> float:
    """Return J_avV of the continuing process; discount below 1."""
    continuing = mdp.restarted()
    return float(stationary_distribution(mdp, pi) @ state_values(continuing, pi, discount))


def average_reward(mdp: MDP, pi: Array) -> float:
    """Return J_avR of the continuing process."""
    return float(stationary_distribution(mdp, pi) @ np.sum(pi * mdp.rewards, axis=1))


def differential_action_values(mdp: MDP, pi: Array) -> Array:
    """Return Q (S, A) of the average reward: the sum of all later rewards minus their average."""
    continuing = mdp.restarted()
    p_pi, r_pi = _under(continuing, pi)
    excess = average_reward(mdp, pi)
    d = stationary_distribution(mdp, pi)
    v = _solve(np.eye(len(r_pi)) - p_pi + np.outer(np.ones_like(d), d), r_pi - excess)  # sum d V = 0
    return mdp.rewards - excess + continuing.transitions @ v


def policy_gradient(weights: Array, pi: Array, psi: Array, q: Array) -> Array:
    """Return sum_s w(s) sum_a pi(s, a) psi(s, a) Q(s, a), shape (p,)."""
    return np.einsum("s,sa,sap,sa->p", weights, pi, psi, q)


def start_value_gradient(mdp: MDP, pi: Array, psi: Array, discount: float) -> Array:
    """Return grad J_1, shape (p,)."""
    return policy_gradient(visits(mdp, pi, discount), pi, psi, action_values(mdp, pi, discount))


def average_value_gradient(mdp: MDP, pi: Array, psi: Array, discount: float) -> Array:
    """Return grad J_avV, shape (p,): for the continuing process J_avV = J_avR / (1 - gamma)."""
    check_share("discount", discount)
    if discount == 1.0:
        raise InputError("discount: got 1, expected less: the average value of a continuing process would be infinite")
    return average_reward_gradient(mdp, pi, psi) / (1.0 - discount)


def average_reward_gradient(mdp: MDP, pi: Array, psi: Array) -> Array:
    """Return grad J_avR, shape (p,)."""
    return policy_gradient(stationary_distribution(mdp, pi), pi, psi, differential_action_values(mdp, pi))


def fisher_matrix(weights: Array, pi: Array, psi: Array) -> Array:
    """Return G = E[psi psi^T], shape (p, p), states weighted by w(s)."""
    return np.einsum("s,sa,sap,saq->pq", weights, pi, psi, psi)


def compatible_weights(weights: Array, pi: Array, psi: Array, q: Array) -> Array:
    """Return the shortest w (p,) that minimizes E[(Q - psi^T w)^2]; grad J = G w."""
    gradient = policy_gradient(weights, pi, psi, q)
    return np.linalg.pinv(fisher_matrix(weights, pi, psi), rcond=1e-10, hermitian=True) @ gradient


def natural_gradient(mdp: MDP, pi: Array, psi: Array, discount: float) -> Array:
    """Return G^-1 grad J_1 = w, shape (p,)."""
    return compatible_weights(visits(mdp, pi, discount), pi, psi, action_values(mdp, pi, discount))


def _solve(matrix: Array, right: Array) -> Array:
    try:
        solution: Array = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        solution = np.full(len(right), np.inf)
    if not np.isfinite(solution).all() or np.abs(solution).max() > 1e12 * max(1.0, np.abs(right).max()):
        raise InputError("discount: got 1 for a process that need not end, expected less than 1")
    return solution
