"""The contract of every policy: score functions and gradients against finite differences, densities, files, states."""

import json

import numpy as np
import pytest
from rl_problems import finite_differences

from gaitopt.errors import InputError
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.normalizer import Normalizer
from gaitopt.rl.policies.files import POLICIES, load_policy, make_policy, read_arrays, save_policy, write_arrays
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy

D = 4
RNG = np.random.default_rng(0)
TABLE = RNG.standard_normal((D, 3, 6))
OBSERVATIONS = RNG.standard_normal((20, D))


def mlp(**options):
    return GaussianMLPPolicy(D, 2, np.random.default_rng(1), hidden=(5, 3), precision="float64", **options)


MAKERS = {
    "softmax": lambda: SoftmaxPolicy(DiscreteFeatures(TABLE)),
    "softmax, normalized": lambda: SoftmaxPolicy(DiscreteFeatures(TABLE), normalize=True),
    "linear, fixed sigma": lambda: LinearGaussianPolicy(D, 2, sigma=0.7),
    "linear, learned sigma": lambda: LinearGaussianPolicy(D, 2, learn_sigma=True, normalize=True),
    "perceptron": mlp,
    "perceptron, fixed sigma": lambda: mlp(learn_sigma=False, sigma=0.3),
}
every_policy = pytest.mark.parametrize("name", list(MAKERS))


def make(name):
    policy = MAKERS[name]()
    policy.observe(RNG.standard_normal((50, D)) * 2 + 1)
    policy.parameters = policy.parameters + 0.3 * np.random.default_rng(2).standard_normal(policy.size)
    return policy


def log_prob_of(policy, theta, observations, actions):
    kept = policy.parameters.copy()
    policy.parameters = theta
    values = policy.log_prob(observations, actions)
    policy.parameters = kept
    return values


@every_policy
def test_scores_against_finite_differences(name):
    policy = make(name)
    actions, log_prob = policy.sample(OBSERVATIONS, np.random.default_rng(3))
    assert log_prob.shape == (20,)
    theta = policy.parameters.copy()
    expected = finite_differences(lambda t: log_prob_of(policy, t, OBSERVATIONS, actions), theta).T  # (n, p)
    np.testing.assert_allclose(policy.score_function(OBSERVATIONS, actions), expected, atol=1e-7)


@every_policy
def test_the_fast_gradient_is_the_weighted_sum_of_scores(name):
    policy = make(name)
    actions, _ = policy.sample(OBSERVATIONS, np.random.default_rng(3))
    weights = np.random.default_rng(4).standard_normal(20)
    expected = weights @ policy.score_function(OBSERVATIONS, actions)
    np.testing.assert_allclose(policy.gradient(OBSERVATIONS, actions, weights), expected, atol=1e-10)


@every_policy
def test_entropy_gradient_against_finite_differences(name):
    policy = make(name)
    actions, _ = policy.sample(OBSERVATIONS, np.random.default_rng(3))

    def entropy(theta):
        policy.parameters = theta
        return policy.linearize(OBSERVATIONS, actions).entropy

    theta = policy.parameters.copy()
    expected = finite_differences(entropy, theta)
    policy.parameters = theta
    got = policy.linearize(OBSERVATIONS, actions).pull_back(np.zeros(20), 1.0)
    np.testing.assert_allclose(got, expected, atol=1e-8)


@every_policy
def test_scores_and_entropy_are_those_of_the_drawn_actions(name):
    """E[psi] = 0 and E[-log pi] = H."""
    policy = make(name)
    many = np.repeat(OBSERVATIONS[:1], 20_000, axis=0)
    actions, log_prob = policy.sample(many, np.random.default_rng(5))
    scores = policy.score_function(many, actions)
    error = scores.std(axis=0) / np.sqrt(len(many))
    assert np.all(np.abs(scores.mean(axis=0)) <= 4.5 * error + 1e-12)
    entropy = policy.linearize(many, actions).entropy
    assert abs(-log_prob.mean() - entropy) < 4.5 * log_prob.std() / np.sqrt(len(many)) + 1e-12


@every_policy
def test_mode_is_the_most_probable_action(name):
    policy = make(name)
    best = policy.log_prob(OBSERVATIONS, policy.mode(OBSERVATIONS))
    for seed in range(5):
        assert np.all(policy.sample(OBSERVATIONS, np.random.default_rng(seed))[1] <= best + 1e-12)


@every_policy
def test_a_file_gives_back_the_same_policy_bit_for_bit(name, tmp_path):
    policy = make(name)
    save_policy(tmp_path / "a.policy", policy, {"robot": "none"})
    loaded, about = load_policy(tmp_path / "a.policy")
    assert about == {"robot": "none"}
    assert type(loaded) is type(policy)
    for one, other in zip(
        policy.sample(OBSERVATIONS, np.random.default_rng(6)),
        loaded.sample(OBSERVATIONS, np.random.default_rng(6)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    save_policy(tmp_path / "b.policy", loaded, {"robot": "none"})
    assert (tmp_path / "a.policy").read_bytes() == (tmp_path / "b.policy").read_bytes()


@every_policy
def test_a_state_of_something_else_is_refused_and_changes_nothing(name):
    policy = make(name)
    before = policy.state()
    with pytest.raises(InputError, match="state 'parameters': got shape"):
        policy.restore({**before, "parameters": np.zeros(1)})
    with pytest.raises(InputError, match="'parameters' is missing"):
        policy.restore({})
    for key, array in policy.state().items():
        np.testing.assert_array_equal(array, before[key])


@every_policy
def test_parameters_are_handed_out_read_only(name):
    policy = make(name)
    with pytest.raises(ValueError, match="read-only"):
        policy.parameters[0] = 1.0
    with pytest.raises(InputError, match="parameters: got shape"):
        policy.parameters = np.zeros(policy.size + 1)


def test_softmax_score_is_the_textbooks():
    policy = make("softmax")
    actions = policy.sample(OBSERVATIONS, np.random.default_rng(3))[0]
    phi = np.einsum("nd,dap->nap", OBSERVATIONS, TABLE)
    logits = np.exp(phi @ policy.parameters)
    pi = logits / logits.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(policy.probabilities(OBSERVATIONS), pi, atol=1e-12)
    expected = [phi[i, a] - pi[i] @ phi[i] for i, a in enumerate(actions)]
    np.testing.assert_allclose(policy.score_function(OBSERVATIONS, actions), expected, atol=1e-12)


def test_linear_gaussian_score_is_the_textbooks():
    policy = LinearGaussianPolicy(D, 1, sigma=0.5)
    policy.parameters = np.arange(5.0)
    s, a = OBSERVATIONS[:1], np.array([[0.3]])
    mu = s[0] @ np.arange(4.0) + 4.0
    expected = (0.3 - mu) * np.append(s[0], 1.0) / 0.25
    np.testing.assert_allclose(policy.score_function(s, a)[0], expected, atol=1e-12)
    log_density = -((0.3 - mu) ** 2) / 0.5 - np.log(0.5 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(policy.log_prob(s, a), [log_density], atol=1e-12)


def test_single_and_double_precision_agree():
    single = GaussianMLPPolicy(D, 2, np.random.default_rng(1))
    double = GaussianMLPPolicy(D, 2, np.random.default_rng(1), precision="float64")
    assert single.parameters.dtype == np.float32
    assert single.size == (D + 1) * 64 + 65 * 64 + 65 * 2 + 2
    many = np.random.default_rng(7).standard_normal((300, D))
    actions = double.sample(many, np.random.default_rng(8))[0]
    np.testing.assert_allclose(single.log_prob(many, actions), double.log_prob(many, actions), atol=1e-4)
    g, h = (p.gradient(many, actions, np.ones(300)) for p in (single, double))
    np.testing.assert_allclose(g, h, atol=1e-3 * np.abs(h).max())


BAD_FILES = {
    "missing": (lambda path: None, "cannot be read"),
    "text": (lambda path: path.write_text("theta = 3"), "is not a file of arrays with a header"),
    "empty": (lambda path: path.write_bytes(b""), "is not a file of arrays with a header"),
    "other arrays": (lambda path: np.savez(path.open("wb"), a=np.zeros(3)), "is not a file of arrays"),
    "pickle": (
        lambda path: np.savez(path.open("wb"), header=np.array([object()], dtype=object)),
        "is not a file of arrays.*pickle",
    ),
    "unknown kind": (
        lambda path: np.savez(path.open("wb"), header='{"kind": "softmin", "options": {}}'),
        "unknown policy 'softmin'; did you mean softmax",
    ),
    "no kind": (lambda path: np.savez(path.open("wb"), header='{"options": {}}'), "key 'kind' is missing"),
    "wrong options": (
        lambda path: np.savez(path.open("wb"), header='{"kind": "linear-gaussian", "options": {"d": 3}}'),
        "options of policy linear-gaussian: cannot be used",
    ),
}


@pytest.mark.parametrize("case", list(BAD_FILES))
def test_a_bad_file_is_refused_in_one_line(case, tmp_path):
    write, text = BAD_FILES[case]
    path = tmp_path / "bad.policy"
    write(path)
    with pytest.raises(InputError, match=text) as caught:
        load_policy(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["mean", "squares", "count"])
def test_a_normalization_with_nan_is_refused(tmp_path, name):
    """Otherwise every action would be NaN, which a robot would clip to a joint limit."""
    policy = LinearGaussianPolicy(3, 2, normalize=True)
    policy.observe(np.random.default_rng(1).standard_normal((9, 3)))
    path = tmp_path / "nan.policy"
    save_policy(path, policy)
    assert load_policy(path)[0].normalizer.count == 9
    header, arrays = read_arrays(path)
    arrays[f"normalizer.{name}"] = np.full_like(arrays[f"normalizer.{name}"], np.nan, dtype=float)
    write_arrays(path, json.dumps(header), arrays)
    with pytest.raises(InputError, match=r"nan.policy: normalizer\.(mean|squares|count).*got nan"):
        load_policy(path)


@pytest.mark.parametrize("name", ["parameters", "normalizer.mean", "normalizer.count"])
def test_arrays_of_text_are_refused(tmp_path, name):
    path = tmp_path / "text.policy"
    save_policy(path, LinearGaussianPolicy(3, 2, normalize=True))
    header, arrays = read_arrays(path)
    arrays[name] = np.full(arrays[name].shape, "three")
    write_arrays(path, json.dumps(header), arrays)
    with pytest.raises(InputError, match=r"text.policy: "):
        load_policy(path)


def test_a_file_with_any_bit_flipped_is_read_or_refused(tmp_path):
    path = tmp_path / "flipped.policy"
    save_policy(path, LinearGaussianPolicy(1, 1))
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            load_policy(path)
        except InputError:
            refused += 1
    assert refused > len(whole) / 4


def test_a_file_with_nan_is_refused(tmp_path):
    policy = make("softmax")
    theta = policy.parameters.copy()
    theta[2] = np.nan
    policy.parameters = theta
    save_policy(tmp_path / "nan.policy", policy)
    with pytest.raises(InputError, match=r"nan.policy: parameters\[2\]: got nan"):
        load_policy(tmp_path / "nan.policy")


def test_every_kind_is_tested():
    assert {make(name).kind for name in MAKERS} == set(POLICIES)
    with pytest.raises(InputError, match="sigma: got 0"):
        make_policy("linear-gaussian", {"observation_size": 2, "actions": 1, "sigma": 0})


def test_a_normalizer_that_saw_less_than_nothing_is_refused():
    normalizer = Normalizer(2)
    normalizer.update(np.array([[1.0, 2.0], [3.0, 5.0]]))
    for name in ("count", "squares"):
        state = normalizer.state()
        with pytest.raises(InputError, match="negative count or sum of squares"):
            Normalizer(2).restore({**state, name: -state[name]})
