"""One-step MDPs: grad J = E[psi r], for discrete and for continuous actions."""

import numpy as np
from rl_problems import cosine, one_step_mdp, random_softmax, tables

from gaitopt.rl import exact
from gaitopt.rl.algorithms.augmented_random_search import AugmentedRandomSearch
from gaitopt.rl.algorithms.catalog import parse_options
from gaitopt.rl.algorithms.reinforce import Reinforce
from gaitopt.rl.critics import LinearV
from gaitopt.rl.mdps.one_step import TARGETS, OneStepReach
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.rollout import Collector


def test_one_step_mdp_gradient_is_that_of_psi_r():
    """grad J = E[psi r]."""
    mdp = one_step_mdp(np.array([0.3, 0.7]), np.array([[1.0, 2.0], [0.0, -1.0]]))
    policy = random_softmax(mdp, 1)
    pi, scores = tables(policy, np.eye(2))
    expected = sum(mdp.start[s] * pi[s, a] * scores[s, a] * mdp.rewards[s, a] for s in range(2) for a in range(2))
    np.testing.assert_allclose(exact.start_value_gradient(mdp, pi, scores, 0.9), expected, atol=1e-12)


def reach_gradient(policy):
    """Return the exact gradient of `OneStepReach` for a linear Gaussian policy with learned sigma."""
    mu = policy.mode(np.eye(3))  # (3, 2)
    by_mu = -2.0 / 3.0 * (mu - TARGETS)
    return np.concatenate([by_mu.ravel(), by_mu.sum(axis=0), -2.0 * policy.sigma**2])


def test_gaussian_policies_against_the_closed_form():
    policy = LinearGaussianPolicy(3, 2, sigma=0.5, learn_sigma=True)
    theta = policy.parameters.copy()
    theta[:8] = 0.3 * np.random.default_rng(1).standard_normal(8)
    policy.parameters = theta
    collector = Collector([OneStepReach()], policy, 1)
    options = parse_options("reinforce", {"episodes": 6000})
    value = LinearV(3)
    algorithm = Reinforce(policy, np.random.default_rng(1), options, value)
    batch = collector.collect(algorithm.requests())[0]
    value.parameters = np.append(-2 * 0.25 - ((policy.mode(np.eye(3)) - TARGETS) ** 2).sum(axis=1), 0.0)
    terms = policy.score_function(batch.observations, batch.actions) * algorithm.in_place_of_q(batch)[:, None]
    estimate, error = algorithm.direction(batch), terms.std(axis=0) / np.sqrt(len(batch))
    assert np.all(np.abs(estimate - reach_gradient(policy)) < 4 * error)
    assert cosine(estimate, reach_gradient(policy)) > 0.99


def test_augmented_random_search_steps_uphill():
    policy = LinearGaussianPolicy(3, 2)
    options = {"directions": 300, "top": 300, "episodes": 20, "noise": 0.3, "rate": 1.0}
    algorithm = AugmentedRandomSearch(
        policy, np.random.default_rng(1), parse_options("augmented-random-search", options)
    )
    algorithm.learn(Collector([OneStepReach()], policy, 1).collect(algorithm.requests()))
    expected = reach_gradient(LinearGaussianPolicy(3, 2, learn_sigma=True))[:8]
    assert cosine(policy.parameters, expected) > 0.95
