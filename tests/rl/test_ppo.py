"""PPO: the clipped objective by hand and by finite differences, and its metrics."""

from dataclasses import replace

import numpy as np
import pytest
from rl_problems import finite_differences

from gaitopt.rl.algorithms.catalog import parse_options
from gaitopt.rl.algorithms.ppo import PPO, approximate_kl, clipped_surrogate
from gaitopt.rl.mdps.puck_world import PuckWorld
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.rollout import Collector


def make(**options):
    policy = GaussianMLPPolicy(6, 2, np.random.default_rng(1), hidden=(8, 8), precision="float64")
    options = parse_options("ppo", {"steps": 256, "minibatch": 64, **options})
    return PPO(policy, np.random.default_rng(2), options)


def collect(algorithm, seed=1):
    return Collector([PuckWorld()], algorithm.policy, seed).collect(algorithm.requests())


def test_clipped_surrogate_by_hand():
    ratio = np.array([1.0, 1.5, 0.5, 1.5, 0.5])
    advantages = np.array([2.0, 2.0, 2.0, -2.0, -2.0])
    # min(r A, clip(r, 0.8, 1.2) A): 2, 2.4 (clipped), 1, -3, -1.6 (clipped); the mean is 0.16
    value, weights = clipped_surrogate(np.log(ratio), advantages, 0.2)
    assert value == pytest.approx(0.16)
    np.testing.assert_allclose(weights * 5, [2.0, 0.0, 1.0, -3.0, 0.0])  # r A where it is not clipped


@pytest.mark.parametrize("entropy_weight", [0.0, 0.3])
def test_gradient_of_the_objective_against_finite_differences(entropy_weight):
    rng = np.random.default_rng(3)
    policy = make().policy
    policy.parameters = policy.parameters + 0.2 * rng.standard_normal(policy.size)
    observations = rng.standard_normal((40, 6))
    actions, log_probs = policy.sample(observations, rng)
    old = log_probs + 0.4 * rng.standard_normal(40)  # as if another policy had acted: many ratios are clipped
    advantages = rng.standard_normal(40)

    def objective(theta, clip=0.2):
        policy.parameters = theta
        linear = policy.linearize(observations, actions)
        ratio = np.exp(linear.log_prob - old)
        clipped = np.clip(ratio, 1 - clip, 1 + clip)
        return np.mean(np.minimum(ratio * advantages, clipped * advantages)) + entropy_weight * linear.entropy

    theta = policy.parameters.copy()
    expected = finite_differences(objective, theta)
    unclipped = finite_differences(lambda t: objective(t, clip=1e9), theta)
    policy.parameters = theta
    linear = policy.linearize(observations, actions)
    _, weights = clipped_surrogate(linear.log_prob - old, advantages, 0.2)
    got = linear.pull_back(weights, entropy_weight)
    np.testing.assert_allclose(got, expected, atol=1e-7)
    assert np.abs(got - unclipped).max() > 0.01  # negative control: without clipping it is another


def test_approximate_kl_of_two_gaussians():
    rng = np.random.default_rng(1)
    a = rng.standard_normal(200_000)  # from N(0, 1); the other is N(0.3, 1), KL = 0.3^2 / 2
    log_ratio = -0.5 * (a - 0.3) ** 2 + 0.5 * a**2
    assert approximate_kl(log_ratio) == pytest.approx(0.045, rel=0.02)


def test_tells_of_its_updates():
    algorithm = make()
    metrics = algorithm.learn(collect(algorithm))
    assert set(metrics) == {
        "surrogate", "approximate_kl", "clip_fraction", "entropy", "explained_variance", "epochs"
    }  # fmt: skip
    assert metrics["approximate_kl"] > 0
    assert 0 <= metrics["clip_fraction"] <= 1
    assert metrics["surrogate"] > 0  # better than the policy that acted, by its own estimate
    assert metrics["epochs"] == 10
    assert metrics["entropy"] == pytest.approx(2 * 0.5 * np.log(2 * np.pi * np.e), abs=0.1)


def test_explained_variance_of_a_critic_that_knows():
    algorithm = make(lam=0.0, discount=0.0)
    batch = collect(algorithm)[0]

    class Oracle:
        def values(self, observations):
            return batch.rewards[: len(observations)].copy()

    targets = batch.rewards
    metrics = algorithm._measure(batch, np.zeros(256), Oracle().values(batch.observations), targets)
    assert metrics["explained_variance"] == pytest.approx(1.0)
    assert metrics["approximate_kl"] == pytest.approx(0.0, abs=1e-12)
    assert algorithm._measure(batch, np.zeros(256), np.zeros(256), targets)["explained_variance"] == 0.0


def test_clipping_keeps_the_policy_near_the_one_that_acted():
    distances = {}
    for clip in (0.05, 0.9):
        algorithm = make(clip=clip, rate=3e-3, epochs=20, max_gradient_norm=None)
        distances[clip] = algorithm.learn(collect(algorithm))["approximate_kl"]
    assert distances[0.05] < 0.5 * distances[0.9]


def test_kl_stop_ends_the_epochs():
    algorithm = make(kl_stop=0.003, rate=3e-3)
    stopped = algorithm.learn(collect(algorithm))
    free = make(rate=3e-3)
    assert stopped["epochs"] < 10
    assert stopped["approximate_kl"] < free.learn(collect(free))["approximate_kl"]


def test_entropy_bonus_keeps_the_policy_wide():
    entropies = []
    for weight in (0.0, 0.5):
        algorithm = make(entropy_weight=weight, rate=3e-3)
        entropies.append(algorithm.learn(collect(algorithm))["entropy"])
    assert entropies[1] > entropies[0] + 0.1


def test_gradients_too_long_are_shortened_each_by_itself():
    """With plain numbers: one minibatch, one epoch; Adam's first moment is a tenth of the gradient.

    A critic that is far off must not take the policy's step away.
    """
    algorithm = make(epochs=1, minibatch=256, max_gradient_norm=1e-3)
    algorithm.learn(collect(algorithm))
    for name in ("ascent", "value_ascent"):
        assert np.linalg.norm(algorithm.state()[f"{name}.mean"]) == pytest.approx(1e-4, rel=1e-6)


def learned_from(times, **options):
    """Return what PPO makes of the rewards of two batches, so many times as large."""
    algorithm = make(**options)
    for seed in (1, 2):
        batch = collect(algorithm, seed)[0]
        algorithm.learn([replace(batch, rewards=times * batch.rewards)])
    return algorithm.policy.parameters.copy()


def test_the_unit_of_rewards_does_not_matter():
    np.testing.assert_allclose(learned_from(1000.0), learned_from(1.0), rtol=0, atol=1e-9)
    # Negative control: rewards as they are make another critic, and so other advantages.
    plain = [learned_from(times, scale_rewards=False) for times in (1000.0, 1.0)]
    assert np.abs(plain[0] - plain[1]).max() > 1e-4
