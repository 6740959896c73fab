"""Returns and advantages, the estimates of Q(s, a), as pure functions of arrays.

The first axis is time and may hold one episode after another; further axes are independent. `ends` (n, ...)
marks the last step of each recorded episode or piece of one. `next_values` is V(s'), shape (n, ...): 0 where the
episode terminated, and V of the final observation where it was truncated, because a time-out is not a terminal state.

    v_t       = r_t + gamma v_(t+1)                                          Monte-Carlo return
    delta_t   = r_t + gamma V(s_(t+1)) - V(s_t)                              TD error
    v_t^lam   = r_t + gamma ((1 - lam) V(s_(t+1)) + lam v_(t+1)^lam)         lambda-return, forward view
    e_t       = gamma lam e_(t-1) + x_t                                      eligibility trace, backward view
    A_t       = sum_l (gamma lam)^l delta_(t+l)                              GAE(lambda)

Sutton & Barto, Reinforcement Learning (2018), chapters 5, 6, 12; Schulman et al., High-Dimensional Continuous
Control Using Generalized Advantage Estimation (2016), equation 16.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.arrays import check_share


def successors(items: Array, final_items: Array, ends: Array) -> Array:
    """Return the item of the next step for every step, shape (n, ...): those after each end are given in order."""
    following = np.empty_like(items)
    following[:-1] = items[1:]
    following[ends] = final_items
    return following


def successor_values(values: Array, final_values: Array, terminated: Array, ends: Array) -> Array:
    """Return V(s') of every step, shape (n,): 0 where terminated, V of the final observation at other ends.

    Args:
        values: V(s) of every step, shape (n,).
        final_values: V of the observation after each end, shape (number of ends,), in order.
        terminated: whether an episode ended in a terminal state, shape (n,).
        ends: the last step of every recorded piece, shape (n,); the very last step is one.
    """
    following = successors(values, final_values, ends)
    following[terminated] = 0.0
    return following


def monte_carlo_returns(rewards: Array, next_values: Array, ends: Array, discount: float) -> Array:
    """Return v_t, shape (n, ...); only the `next_values` at ends matter."""
    return lambda_returns(rewards, next_values, ends, discount, 1.0)


def td_errors(rewards: Array, values: Array, next_values: Array, discount: float) -> Array:
    """Return delta_t, shape (n, ...)."""
    check_share("discount", discount)
    return rewards + discount * next_values - values


def lambda_returns(rewards: Array, next_values: Array, ends: Array, discount: float, lam: float) -> Array:
    """Return v_t^lambda, shape (n, ...); lam = 0 is the one-step target, lam = 1 the Monte-Carlo return."""
    check_share("discount", discount)
    check_share("lambda", lam)
    seen = np.where(ends, 1.0, 1.0 - lam)  # after an end, V(s') is all that is known
    return backward_sums(rewards + discount * seen * next_values, np.where(ends, 0.0, discount * lam))


def generalized_advantages(deltas: Array, ends: Array, discount: float, lam: float) -> Array:
    """Return GAE(lambda), shape (n, ...), from the TD errors."""
    check_share("discount", discount)
    check_share("lambda", lam)
    return backward_sums(deltas, np.where(ends, 0.0, discount * lam))


def eligibility_traces(
    gradients: Array, ends: Array, discount: float, lam: float, before: Array | None = None
) -> Array:
    """Return e_t for every step, shape (n, p).

    Args:
        gradients: x_t: the score function (actor) or the gradient of V (critic), shape (n, p).
        ends: the last step of every recorded piece, shape (n,); the trace is reset after it.
        discount: gamma.
        lam: lambda.
        before: the trace of the step before the first, shape (p,); None at the start of an episode.
    """
    check_share("discount", discount)
    check_share("lambda", lam)
    traces = np.empty_like(gradients)  # (n, p)
    trace = np.zeros(gradients.shape[1:], gradients.dtype) if before is None else before
    for t, gradient in enumerate(gradients):
        trace = discount * lam * trace + gradient
        traces[t] = trace
        if ends[t]:
            trace = np.zeros_like(trace)
    return traces


def backward_sums(terms: Array, decays: Array) -> Array:
    """Return y_t = terms_t + decays_t y_(t+1), shape (n, ...), with y = 0 after the last."""
    if terms.ndim == 1:  # plain numbers are faster here than arrays of one element
        total, sums = 0.0, []
        for term, decay in zip(terms[::-1].tolist(), decays[::-1].tolist(), strict=True):
            total = term + decay * total
            sums.append(total)
        return np.array(sums[::-1], dtype=terms.dtype)
    out = np.empty_like(terms)
    row = np.zeros(terms.shape[1:], terms.dtype)
    for t in range(len(terms) - 1, -1, -1):
        row = terms[t] + decays[t] * row
        out[t] = row
    return out
