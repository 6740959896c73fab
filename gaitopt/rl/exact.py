"""Exact answers for small MDPs, by linear algebra: the truth that the estimators are held against.

A policy is its table pi (S, A); its scores psi(s, a) = grad log pi(a | s) are a table (S, A, p).

    V = R_pi + gamma P_pi V        Q = R + gamma P V        A = Q - V
    J_1    = sum_s d_0(s) V(s)                              start value
    J_avV  = sum_s d(s) V(s)                                average value
    J_avR  = sum_s d(s) sum_a pi(s, a) R(s, a)              average reward per step
    grad J = sum_s w(s) sum_a pi(s, a) psi(s, a) Q(s, a)    policy-gradient theorem

where w is, for J_1, how often a state is visited (discounted), and for the averages the stationary distribution d.

Sutton, McAllester, Singh & Mansour, Policy Gradient Methods for Reinforcement Learning with Function
Approximation (2000); Kakade, A Natural Policy Gradient (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.arrays import demand_shape, demand_share


@dataclass(frozen=True)
class MDP:
    """A Markov decision process of S states and A actions, everything known."""

    transitions: Array
    """P(s' | s, a), shape (S, A, S); where a row sums to less than 1, the rest is the chance that the episode ends."""
    rewards: Array
    """R(s, a), the expected reward, shape (S, A)."""
    start: Array
    """d_0(s), the chance to begin in a state, shape (S,); sums to 1."""

    def __post_init__(self) -> None:
        """Refuse what is no MDP.

        Raises:
            InputError: shapes that do not match, or numbers that are no probabilities.
        """
        states, actions = self.rewards.shape
        demand_shape("transitions", self.transitions, (states, actions, states))
        demand_shape("start", self.start, (states,))
        sums = self.transitions.sum(axis=2)
        if self.transitions.min() < 0 or sums.max() > 1 + 1e-9:
            raise InputError(f"transitions: got rows that sum to {sums.max():g}, expected probabilities, at most 1")
        if self.start.min() < 0 or abs(self.start.sum() - 1) > 1e-9:
            raise InputError(f"start: got a sum of {self.start.sum():g}, expected probabilities that sum to 1")

    def restarted(self) -> MDP:
        """Return the endless process in which an episode that ends is followed by a new one."""
        ending = 1.0 - self.transitions.sum(axis=2)  # (S, A)
        return MDP(self.transitions + ending[:, :, None] * self.start, self.rewards, self.start)


def _under(mdp: MDP, pi: Array) -> tuple[Array, Array]:
    """Return P_pi (S, S) and R_pi (S,)."""
    return np.einsum("sa,sat->st", pi, mdp.transitions), np.sum(pi * mdp.rewards, axis=1)


def state_values(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return V (S,).

    Raises:
        InputError: discount out of range, or 1 though episodes need not end.
    """
    demand_share("discount", discount)
    p_pi, r_pi = _under(mdp, pi)
    return _solve(np.eye(len(r_pi)) - discount * p_pi, r_pi)


def action_values(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return Q (S, A)."""
    return mdp.rewards + discount * mdp.transitions @ state_values(mdp, pi, discount)


def advantages(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return A = Q - V, shape (S, A)."""
    return action_values(mdp, pi, discount) - state_values(mdp, pi, discount)[:, None]


def visits(mdp: MDP, pi: Array, discount: float) -> Array:
    """Return sum_t gamma^t P(s_t = s), shape (S,): how often a state is visited in an episode."""
    demand_share("discount", discount)
    p_pi, _ = _under(mdp, pi)
    return _solve((np.eye(len(p_pi)) - discount * p_pi).T, mdp.start)


def stationary_distribution(mdp: MDP, pi: Array) -> Array:
    """Return d (S,), the share of time spent in each state; an episode that ends starts anew."""
    p_pi, _ = _under(mdp.restarted(), pi)
    n = len(p_pi)
    equations = np.vstack([p_pi.T - np.eye(n), np.ones(n)])  # d P = d, sum d = 1
    return np.linalg.lstsq(equations, np.append(np.zeros(n), 1.0), rcond=None)[0]


def start_value(mdp: MDP, pi: Array, discount: float) -> float:
    """Return J_1."""
    return float(mdp.start @ state_values(mdp, pi, discount))


def average_value(mdp: MDP, pi: Array, discount: float) -> float:
    """Return J_avV of the endless process; discount below 1."""
    endless = mdp.restarted()
    return float(stationary_distribution(mdp, pi) @ state_values(endless, pi, discount))


def average_reward(mdp: MDP, pi: Array) -> float:
    """Return J_avR of the endless process."""
    return float(stationary_distribution(mdp, pi) @ np.sum(pi * mdp.rewards, axis=1))


def differential_action_values(mdp: MDP, pi: Array) -> Array:
    """Return Q (S, A) of the average reward: the sum of all later rewards in excess of the average."""
    endless = mdp.restarted()
    p_pi, r_pi = _under(endless, pi)
    excess = average_reward(mdp, pi)
    d = stationary_distribution(mdp, pi)
    v = _solve(np.eye(len(r_pi)) - p_pi + np.outer(np.ones_like(d), d), r_pi - excess)  # sum d V = 0
    return mdp.rewards - excess + endless.transitions @ v


def policy_gradient(weights: Array, pi: Array, scores: Array, q: Array) -> Array:
    """Return sum_s w(s) sum_a pi(s, a) psi(s, a) Q(s, a), shape (p,)."""
    return np.einsum("s,sa,sap,sa->p", weights, pi, scores, q)


def start_value_gradient(mdp: MDP, pi: Array, scores: Array, discount: float) -> Array:
    """Return grad J_1, shape (p,)."""
    return policy_gradient(visits(mdp, pi, discount), pi, scores, action_values(mdp, pi, discount))


def average_value_gradient(mdp: MDP, pi: Array, scores: Array, discount: float) -> Array:
    """Return grad J_avV, shape (p,): for the endless process J_avV = J_avR / (1 - gamma)."""
    demand_share("discount", discount)
    if discount == 1.0:
        raise InputError("discount: got 1, expected less: the average value of an endless process has no end")
    return average_reward_gradient(mdp, pi, scores) / (1.0 - discount)


def average_reward_gradient(mdp: MDP, pi: Array, scores: Array) -> Array:
    """Return grad J_avR, shape (p,)."""
    return policy_gradient(stationary_distribution(mdp, pi), pi, scores, differential_action_values(mdp, pi))


def fisher_matrix(weights: Array, pi: Array, scores: Array) -> Array:
    """Return G = E[psi psi^T], shape (p, p), states weighted by w(s)."""
    return np.einsum("s,sa,sap,saq->pq", weights, pi, scores, scores)


def compatible_weights(weights: Array, pi: Array, scores: Array, q: Array) -> Array:
    """Return the w (p,) that minimizes E[(Q - psi^T w)^2], the shortest one; grad J = G w."""
    gradient = policy_gradient(weights, pi, scores, q)
    return np.linalg.pinv(fisher_matrix(weights, pi, scores), rcond=1e-10, hermitian=True) @ gradient


def natural_gradient(mdp: MDP, pi: Array, scores: Array, discount: float) -> Array:
    """Return G^-1 grad J_1 = w, shape (p,)."""
    return compatible_weights(visits(mdp, pi, discount), pi, scores, action_values(mdp, pi, discount))


def _solve(matrix: Array, right: Array) -> Array:
    try:
        solution: Array = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        solution = np.full(len(right), np.inf)
    if not np.isfinite(solution).all() or np.abs(solution).max() > 1e12 * max(1.0, np.abs(right).max()):
        raise InputError("discount: got 1 for a process that need not end, expected less than 1")
    return solution
