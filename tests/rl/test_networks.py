"""Perceptron, normalizer, Adam and critics against finite differences and hand-written references."""

import numpy as np
import pytest
from rl_problems import finite_differences

from gaitopt.errors import InputError
from gaitopt.rl.ascent import Adam, make_ascent
from gaitopt.rl.critics import CompatibleA, LinearQ, LinearV, PerceptronV, action_critic, value_critic
from gaitopt.rl.features import ContinuousFeatures, DiscreteFeatures
from gaitopt.rl.mlp import Perceptron, orthogonal, tanh_in_place
from gaitopt.rl.normalizer import Normalizer
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy

X = np.random.default_rng(0).standard_normal((7, 3))


@pytest.mark.parametrize("hidden", [(), (4,), (5, 4), (3, 4, 5)])
def test_perceptron_gradients_against_finite_differences(hidden):
    network = Perceptron((3, *hidden, 2), np.random.default_rng(1), dtype=np.float64)
    weights = np.random.default_rng(2).standard_normal((7, 2))
    network.parameters += 0.1 * np.random.default_rng(3).standard_normal(len(network.parameters))
    theta = network.parameters.copy()

    def outputs(parameters):
        network.parameters[:] = parameters
        return network(X)

    each = finite_differences(lambda p: (weights * outputs(p)).sum(axis=1), theta).T  # (n, p)
    network.parameters[:] = theta
    layers = network.forward(X)
    np.testing.assert_array_equal(layers[-1], network(X))
    np.testing.assert_allclose(network.jacobian(layers, weights), each, atol=1e-8)
    np.testing.assert_allclose(network.backward(layers, weights), each.sum(axis=0), atol=1e-8)


def test_perceptron_by_hand():
    network = Perceptron((1, 1, 1), np.random.default_rng(1), dtype=np.float64)
    network.parameters[:] = [2.0, -1.0, 3.0, 0.5]  # W1, b1, W2, b2
    np.testing.assert_allclose(network(np.array([[0.7]])), [[3.0 * np.tanh(0.4) + 0.5]])


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8)])
def test_orthogonal(shape):
    q = orthogonal(shape, np.random.default_rng(1))
    product = q.T @ q if shape[0] >= shape[1] else q @ q.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_fast_tanh():
    x = np.concatenate([np.linspace(-12, 12, 5000), [-1e3, 1e3, -1e30, 1e30]]).astype(np.float32)
    y = x.copy()
    tanh_in_place(y)
    np.testing.assert_allclose(y, np.tanh(x.astype(np.float64)), atol=3e-7)


def test_normalizer_is_that_of_all_data_at_once():
    rng = np.random.default_rng(1)
    pieces = [rng.standard_normal((n, 3)) * [1, 10, 0] + [5, -3, 2] for n in (1, 20, 300)]
    normalizer = Normalizer(3)
    np.testing.assert_array_equal(normalizer(pieces[1]), np.clip(pieces[1], -10, 10))  # nothing seen yet
    for piece in pieces:
        normalizer.update(piece)
    everything = np.concatenate(pieces)
    np.testing.assert_allclose(normalizer.mean, everything.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(normalizer.deviation[:2], everything.std(axis=0)[:2], rtol=1e-12)
    normalized = normalizer(everything)
    np.testing.assert_allclose(normalized.std(axis=0), [1, 1, 0], atol=1e-9)
    assert normalizer(np.full((1, 3), 1e9)).max() == 10.0
    copy = Normalizer(3)
    copy.restore(normalizer.state())
    np.testing.assert_array_equal(copy(everything), normalized)


def test_adam_is_the_papers():
    adam, m, v, total = Adam(3, 0.1), np.zeros(3), np.zeros(3), np.zeros(3)
    for t in range(1, 20):
        g = np.random.default_rng(t).standard_normal(3)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        expected = 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        step = adam.step(g)
        total += step
        np.testing.assert_allclose(step, expected, rtol=1e-9)
    copy = Adam(3, 0.1)
    copy.restore(adam.state())
    np.testing.assert_array_equal(copy.step(total), adam.step(total))
    with pytest.raises(InputError, match="state 'mean': got shape"):
        Adam(4, 0.1).restore(adam.state())
    np.testing.assert_array_equal(make_ascent("plain", 3, 0.5).step(total), 0.5 * total)


@pytest.mark.parametrize("kind", ["linear", "perceptron"])
def test_value_critics_against_finite_differences(kind):
    rng = np.random.default_rng(1)
    critic = LinearV(3) if kind == "linear" else PerceptronV(3, rng, (5, 4), None, "float64")
    critic.parameters = rng.standard_normal(critic.size)
    theta = critic.parameters.copy()

    def values(parameters):
        critic.parameters = parameters
        return critic.values(X)

    each = finite_differences(values, theta).T
    critic.parameters = theta
    weights = rng.standard_normal(7)
    got, pull_back = critic.linearize(X)
    np.testing.assert_array_equal(got, critic.values(X))
    np.testing.assert_allclose(pull_back(weights), weights @ each, atol=1e-8)
    np.testing.assert_allclose(critic.gradients(X), each, atol=1e-8)


def test_action_critics_are_linear_in_their_features():
    policy = SoftmaxPolicy(DiscreteFeatures.products(3, 2))
    actions = np.array([0, 1, 0, 1, 1, 0, 0])
    q = action_critic(policy)
    q.parameters = np.arange(6.0)  # feature d * 2 + a is s_d 1(action = a)
    expected = [sum(X[i, d] * (2 * d + a) for d in range(3)) for i, a in enumerate(actions)]
    np.testing.assert_allclose(q.values(X, actions), expected)
    compatible = CompatibleA(policy)
    compatible.parameters = np.arange(6.0)
    np.testing.assert_allclose(compatible.values(X, actions), policy.score_function(X, actions) @ np.arange(6.0))


def test_continuous_features_hold_any_parabola_in_the_action():
    features = ContinuousFeatures(3, 2)
    rng = np.random.default_rng(1)
    s, a = rng.standard_normal((200, 3)), rng.standard_normal((200, 2))
    q = -((a[:, 0] - s[:, 1]) ** 2) + s[:, 1] ** 2 + 2 * s[:, 2] * a[:, 1] ** 2 + 1  # -a^2 + 2 s_1 a + 2 s_2 b^2 + 1
    phi = features.of(s, a)
    assert phi.shape == (200, features.size)
    w = np.linalg.lstsq(phi, q, rcond=None)[0]
    np.testing.assert_allclose(phi @ w, q, atol=1e-9)


def test_critics_that_go_with_a_policy():
    rng = np.random.default_rng(1)
    assert isinstance(value_critic(GaussianMLPPolicy(3, 2, rng), rng), PerceptronV)
    assert isinstance(value_critic(LinearGaussianPolicy(3, 2), rng), LinearV)
    assert isinstance(action_critic(LinearGaussianPolicy(3, 2)), LinearQ)
    with pytest.raises(InputError, match="parameters of the critic: got shape"):
        LinearV(3).parameters = np.zeros(3)
