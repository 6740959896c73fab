"""Returns and advantages against hand arithmetic and against one another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.rl.returns import (
    eligibility_traces,
    generalized_advantages,
    lambda_returns,
    monte_carlo_returns,
    successor_values,
    td_errors,
)

# Two pieces: three steps that end in a terminal state, two that are cut off where V = 10.
REWARDS = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
ENDS = np.array([False, False, True, False, True])
TERMINATED = np.array([False, False, True, False, False])
VALUES = np.array([0.5, 1.0, 1.5, 2.0, 2.5])
FINALS = np.array([99.0, 10.0])  # what a critic says of the terminal observation must not count
NEXT = successor_values(VALUES, FINALS, TERMINATED, ENDS)


def random_steps(seed, n=40):
    rng = np.random.default_rng(seed)
    ends = rng.random(n) < 0.2
    ends[-1] = True
    terminated = ends & (rng.random(n) < 0.5)
    values = rng.standard_normal(n)
    next_values = successor_values(values, rng.standard_normal(ends.sum()), terminated, ends)
    return rng.standard_normal(n), values, next_values, ends


def test_values_of_what_follows():
    np.testing.assert_array_equal(NEXT, [1.0, 1.5, 0.0, 2.5, 10.0])


def test_monte_carlo_returns_by_hand():
    # 3; 2 + 0.5 * 3; 1 + 0.5 * 3.5 | 5 + 0.5 * 10; 4 + 0.5 * 10
    np.testing.assert_allclose(monte_carlo_returns(REWARDS, NEXT, ENDS, 0.5), [2.75, 3.5, 3.0, 9.0, 10.0])


def test_td_errors_by_hand():
    np.testing.assert_allclose(td_errors(REWARDS, VALUES, NEXT, 0.5), [1.0, 1.75, 1.5, 3.25, 7.5])


def test_lambda_returns_by_hand():
    # 3; 2 + 0.5 (0.5 * 1.5 + 0.5 * 3) = 3.125; 1 + 0.5 (0.5 * 1 + 0.5 * 3.125) = 2.03125
    # 5 + 0.5 * 10 = 10; 4 + 0.5 (0.5 * 2.5 + 0.5 * 10) = 7.125
    expected = [2.03125, 3.125, 3.0, 7.125, 10.0]
    np.testing.assert_allclose(lambda_returns(REWARDS, NEXT, ENDS, 0.5, 0.5), expected)


def test_traces_by_hand():
    gradients = np.array([[1.0], [2.0], [4.0], [8.0], [16.0]])
    traces = eligibility_traces(gradients, ENDS, 0.5, 0.5)  # decay 0.25, anew after the third step
    np.testing.assert_allclose(traces[:, 0], [1.0, 2.25, 4.5625, 8.0, 18.0])
    carried = eligibility_traces(gradients, ENDS, 0.5, 0.5, before=np.array([4.0]))
    np.testing.assert_allclose(carried[:, 0], [2.0, 2.5, 4.625, 8.0, 18.0])


def test_a_time_out_is_not_death():
    cut = monte_carlo_returns(REWARDS, NEXT, ENDS, 0.5)
    died = successor_values(VALUES, FINALS, ENDS, ENDS)  # negative control: every end taken for death
    np.testing.assert_allclose(cut - monte_carlo_returns(REWARDS, died, ENDS, 0.5), [0, 0, 0, 2.5, 5.0])
    deltas = td_errors(REWARDS, VALUES, NEXT, 0.5) - td_errors(REWARDS, VALUES, died, 0.5)
    np.testing.assert_allclose(deltas, [0, 0, 0, 0, 5.0])


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), discount=st.floats(0, 1), lam=st.floats(0, 1))
def test_gae_is_the_lambda_return_minus_the_value(seed, discount, lam):
    rewards, values, following, ends = random_steps(seed)
    gae = generalized_advantages(td_errors(rewards, values, following, discount), ends, discount, lam)
    expected = lambda_returns(rewards, following, ends, discount, lam) - values
    np.testing.assert_allclose(gae, expected, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_gae_at_its_two_extremes(seed):
    rewards, values, following, ends = random_steps(seed)
    deltas = td_errors(rewards, values, following, 0.9)
    returns = monte_carlo_returns(rewards, following, ends, 0.9)
    np.testing.assert_allclose(generalized_advantages(deltas, ends, 0.9, 1.0), returns - values, atol=1e-12)
    np.testing.assert_array_equal(generalized_advantages(deltas, ends, 0.9, 0.0), deltas)


@pytest.mark.parametrize("seed", range(5))
def test_forward_and_backward_view_add_up_to_the_same(seed):
    rewards, values, following, ends = random_steps(seed)
    x = np.random.default_rng(seed).standard_normal((len(rewards), 3))
    deltas = td_errors(rewards, values, following, 0.9)
    forward = (lambda_returns(rewards, following, ends, 0.9, 0.7) - values) @ x
    np.testing.assert_allclose(deltas @ eligibility_traces(x, ends, 0.9, 0.7), forward, atol=1e-12)
    # Negative control: traces that run on over the ends of episodes.
    leaking = deltas @ eligibility_traces(x, np.zeros_like(ends), 0.9, 0.7)
    assert np.abs(leaking - forward).max() > 1e-3


def test_more_axes_are_independent():
    steps = [random_steps(seed) for seed in range(4)]
    rewards, values, following, ends = (np.stack(columns, axis=1) for columns in zip(*steps, strict=True))
    both = lambda_returns(rewards, following, ends, 0.9, 0.7)
    for column, (r, _, v, e) in enumerate(steps):
        np.testing.assert_allclose(both[:, column], lambda_returns(r, v, e, 0.9, 0.7), atol=1e-14)
    assert values.shape == both.shape


@pytest.mark.parametrize("discount", [-0.1, 1.1, np.nan])
def test_a_discount_out_of_range_is_refused(discount):
    with pytest.raises(InputError, match="discount: got"):
        monte_carlo_returns(REWARDS, NEXT, ENDS, discount)
    with pytest.raises(InputError, match="lambda: got"):
        generalized_advantages(REWARDS, ENDS, 0.9, discount)
