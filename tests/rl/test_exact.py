"""The exact solutions against iteration, and finite differences of the objectives."""

import numpy as np
import pytest
from rl_problems import finite_differences, random_mdp, random_softmax, tables

from gaitopt.errors import InputError
from gaitopt.rl import exact

GAMMA = 0.9
every_seed = pytest.mark.parametrize("seed", range(5))


def make(seed):
    mdp = random_mdp(seed)
    policy = random_softmax(mdp, seed + 100)
    return mdp, policy, *tables(policy, np.eye(4))


@every_seed
def test_values_by_iterating_the_bellman_equation(seed):
    mdp, _, pi, _ = make(seed)
    v = np.zeros(4)
    for _ in range(2000):
        v = np.sum(pi * (mdp.rewards + GAMMA * mdp.transitions @ v), axis=1)
    np.testing.assert_allclose(exact.state_values(mdp, pi, GAMMA), v, atol=1e-12)
    q = mdp.rewards + GAMMA * mdp.transitions @ v
    np.testing.assert_allclose(exact.action_values(mdp, pi, GAMMA), q, atol=1e-12)
    np.testing.assert_allclose(np.sum(pi * exact.advantages(mdp, pi, GAMMA), axis=1), 0, atol=1e-12)
    assert exact.start_value(mdp, pi, GAMMA) == pytest.approx(mdp.start @ v)


@every_seed
def test_stationary_distribution_by_walking_long(seed):
    mdp, _, pi, _ = make(seed)
    chain = np.einsum("sa,sat->st", pi, mdp.restarted().transitions)
    d = np.linalg.matrix_power(chain, 500)[0]
    np.testing.assert_allclose(exact.stationary_distribution(mdp, pi), d, atol=1e-12)
    assert exact.average_reward(mdp, pi) == pytest.approx(d @ np.sum(pi * mdp.rewards, axis=1))
    # J_avV = J_avR / (1 - gamma) in the continuing process
    assert exact.average_value(mdp, pi, GAMMA) == pytest.approx(exact.average_reward(mdp, pi) / (1 - GAMMA))


@every_seed
@pytest.mark.parametrize("objective", ["start value", "average value", "average reward"])
def test_gradients_against_finite_differences(seed, objective):
    mdp, policy, pi, scores = make(seed)
    value, gradient = {
        "start value": (
            lambda pi: exact.start_value(mdp, pi, GAMMA),
            exact.start_value_gradient(mdp, pi, scores, GAMMA),
        ),
        "average value": (
            lambda pi: exact.average_value(mdp, pi, GAMMA),
            exact.average_value_gradient(mdp, pi, scores, GAMMA),
        ),
        "average reward": (
            lambda pi: exact.average_reward(mdp, pi),
            exact.average_reward_gradient(mdp, pi, scores),
        ),
    }[objective]

    def of_theta(theta):
        policy.parameters = theta
        return value(policy.probabilities(np.eye(4)))

    np.testing.assert_allclose(gradient, finite_differences(of_theta, policy.parameters.copy()), atol=1e-7)


@every_seed
def test_compatible_critic_leaves_the_gradient_unchanged(seed):
    mdp, _, pi, scores = make(seed)
    w_states = exact.visits(mdp, pi, GAMMA)
    q = exact.action_values(mdp, pi, GAMMA)
    w = exact.compatible_weights(w_states, pi, scores, q)
    gradient = exact.start_value_gradient(mdp, pi, scores, GAMMA)
    np.testing.assert_allclose(exact.policy_gradient(w_states, pi, scores, scores @ w), gradient, atol=1e-10)
    np.testing.assert_allclose(exact.fisher_matrix(w_states, pi, scores) @ w, gradient, atol=1e-10)
    # Negative control: a critic fitted as well as it can be on other features is biased.
    rng = np.random.default_rng(seed)
    phi = rng.standard_normal(scores.shape)
    weights = (w_states[:, None] * pi).ravel()[:, None] ** 0.5
    other = np.linalg.lstsq(weights * phi.reshape(12, -1), weights[:, 0] * q.ravel(), rcond=None)[0]
    biased = exact.policy_gradient(w_states, pi, scores, phi @ other)
    assert np.linalg.norm(biased - gradient) > 0.05 * np.linalg.norm(gradient)


@every_seed
def test_natural_gradient_does_not_depend_on_the_parameters(seed):
    """With theta = B eta a step d_eta means d_theta = B d_eta, the score function becomes psi B."""
    mdp, _, pi, scores = make(seed)
    b = np.random.default_rng(seed).standard_normal((5, 5))
    in_theta = exact.natural_gradient(mdp, pi, scores, GAMMA)
    in_eta = exact.natural_gradient(mdp, pi, scores @ b, GAMMA)
    # Only the change of pi counts: five parameters, all of which change it.
    np.testing.assert_allclose(b @ in_eta, in_theta, atol=1e-6 * np.abs(in_theta).max())
    plain = exact.start_value_gradient(mdp, pi, scores, GAMMA)
    plain_in_eta = b @ exact.start_value_gradient(mdp, pi, scores @ b, GAMMA)
    assert np.abs(plain_in_eta - plain).max() > 0.1 * np.abs(plain).max()  # negative control


def test_continuing_processes_need_a_discount():
    mdp = random_mdp(1, ending=0.0)
    pi = np.full((4, 3), 1 / 3)
    with pytest.raises(InputError, match="discount: got 1, expected less"):
        exact.average_value_gradient(mdp, pi, np.zeros((3, 2, 1)), 1.0)
    with pytest.raises(InputError, match="discount: got 1 for a process that need not end"):
        exact.state_values(mdp, pi, 1.0)
    assert np.isfinite(exact.state_values(random_mdp(1), pi, 1.0)).all()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"transitions": np.full((2, 2, 2), 0.6)}, "transitions: got rows that sum to 1.2"),
        ({"transitions": np.zeros((2, 2))}, r"transitions: got shape \(2, 2\), expected \(2, 2, 2\)"),
        ({"start": np.array([0.5, 0.4])}, "start: got a sum of 0.9"),
    ],
)
def test_what_is_no_mdp_is_refused(change, text):
    good = {"transitions": np.zeros((2, 2, 2)), "rewards": np.zeros((2, 2)), "start": np.array([0.5, 0.5])}
    exact.MDP(**good)
    with pytest.raises(InputError, match=text):
        exact.MDP(**(good | change))
