"""Every estimator's mean over many episodes against the exact gradient of small random MDPs."""

import numpy as np
import pytest
from rl_problems import cosine, random_mdp, random_softmax, sample, sample_fast, tables

from gaitopt.rl import exact
from gaitopt.rl.algorithms.advantage_actor_critic import AdvantageActorCritic
from gaitopt.rl.algorithms.catalog import parse_options
from gaitopt.rl.algorithms.natural_actor_critic import NaturalActorCritic
from gaitopt.rl.algorithms.ppo import PPO, clipped_surrogate
from gaitopt.rl.algorithms.qac import QActorCritic
from gaitopt.rl.algorithms.reinforce import Reinforce
from gaitopt.rl.algorithms.td_actor_critic import TDActorCritic
from gaitopt.rl.algorithms.td_lambda import TDLambdaActorCritic
from gaitopt.rl.critics import CompatibleA, LinearQ, LinearV
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.returns import successor_values, td_errors

GAMMA = 0.9
EPISODES = 30_000
RNG = np.random.default_rng(0)
SEEDS = range(3)


class Case:
    """A random MDP, a policy, its exact answers, and many episodes."""

    def __init__(self, seed):
        self.mdp = random_mdp(seed)
        self.policy = random_softmax(self.mdp, seed + 100)
        self.pi, self.scores = tables(self.policy, np.eye(4))
        self.visits = exact.visits(self.mdp, self.pi, GAMMA)
        self.v = exact.state_values(self.mdp, self.pi, GAMMA)
        self.q = exact.action_values(self.mdp, self.pi, GAMMA)
        self.gradient = exact.start_value_gradient(self.mdp, self.pi, self.scores, GAMMA)
        self.batch = sample_fast(self.mdp, self.policy, EPISODES, seed)

    def exact_v(self, v=None):
        critic = LinearV(4)
        critic.parameters = np.append(self.v if v is None else v, 0.0)
        return critic

    def exact_q(self):
        critic = LinearQ(DiscreteFeatures.products(4, 3))
        critic.parameters = self.q.ravel()
        return critic

    def compatible_q(self):
        critic = CompatibleA(self.policy)
        critic.parameters = exact.compatible_weights(self.visits, self.pi, self.scores, self.q)
        return critic

    def make(self, kind, name, *critics, **options):
        options = {"discount": GAMMA, "start_weighting": True, **options}
        return kind(self.policy, np.random.default_rng(1), parse_options(name, options), *critics)


CASES = {seed: Case(seed) for seed in SEEDS}
every_seed = pytest.mark.parametrize("seed", SEEDS)
WRONG_V = np.array([1.0, -2.0, 0.5, 3.0])  # any baseline will do, even a wrong one

UNBIASED = {
    "REINFORCE": lambda c: c.make(Reinforce, "reinforce", baseline=False),
    "REINFORCE, V as baseline": lambda c: c.make(Reinforce, "reinforce", c.exact_v()),
    "REINFORCE, any baseline": lambda c: c.make(Reinforce, "reinforce", c.exact_v(WRONG_V)),
    "QAC": lambda c: c.make(QActorCritic, "qac", None, c.exact_q()),
    "QAC, compatible": lambda c: c.make(QActorCritic, "qac", None, c.compatible_q()),
    "advantage": lambda c: c.make(AdvantageActorCritic, "advantage-actor-critic", c.exact_v(), c.exact_q()),
    "TD": lambda c: c.make(TDActorCritic, "td-actor-critic", c.exact_v()),
    "TD(lambda), forward": lambda c: c.make(TDLambdaActorCritic, "td-lambda", c.exact_v(), view="forward"),
    "TD(1), forward, wrong V": lambda c: c.make(
        TDLambdaActorCritic, "td-lambda", c.exact_v(WRONG_V), view="forward", lam=1.0
    ),
}


def gradient_of_start_value(algorithm, batch):
    """Return the estimate of grad J_1: the sum over an episode instead of the mean over the steps."""
    return algorithm.direction(batch) * len(batch) / len(batch.episode_returns)


def per_episode(case, algorithm):
    """Return each episode's estimate, shape (episodes, p)."""
    batch = case.batch
    psi = case.policy.score_function(batch.observations, batch.actions)
    terms = psi * (algorithm.in_place_of_q(batch) * GAMMA**batch.times)[:, None]
    return np.add.reduceat(terms, np.flatnonzero(batch.times == 0))


@every_seed
@pytest.mark.parametrize("name", list(UNBIASED))
def test_unbiased_estimators(name, seed):
    case = CASES[seed]
    algorithm = UNBIASED[name](case)
    estimate = gradient_of_start_value(algorithm, case.batch)
    each = per_episode(case, algorithm)
    np.testing.assert_allclose(each.mean(axis=0), estimate, atol=1e-10)
    error = each.std(axis=0) / np.sqrt(EPISODES)
    assert np.all(np.abs(estimate - case.gradient) < 4 * error)
    assert cosine(estimate, case.gradient) > 0.99


@every_seed
def test_a_baseline_that_is_v_makes_the_estimate_quieter(seed):
    case = CASES[seed]
    names = ("REINFORCE, V as baseline", "REINFORCE, any baseline")
    with_v, wrong = (per_episode(case, UNBIASED[name](case)).var(axis=0).sum() for name in names)
    assert with_v < 0.6 * wrong


@every_seed
def test_a_wrong_critic_is_seen(seed):
    """Negative control: TD with a wrong V is biased by far more than its standard error."""
    case = CASES[seed]
    algorithm = case.make(TDActorCritic, "td-actor-critic", case.exact_v(WRONG_V))
    error = per_episode(case, algorithm).std(axis=0) / np.sqrt(EPISODES)
    assert np.abs((gradient_of_start_value(algorithm, case.batch) - case.gradient) / error).max() > 8


@every_seed
def test_without_start_weighting_it_is_another_gradient(seed):
    """Negative control; most implementations do this."""
    case = CASES[seed]
    algorithm = case.make(QActorCritic, "qac", None, case.exact_q(), start_weighting=False)
    estimate = gradient_of_start_value(algorithm, case.batch)
    undiscounted = exact.policy_gradient(exact.visits(case.mdp, case.pi, 1.0), case.pi, case.scores, case.q)
    assert cosine(estimate, undiscounted) > 0.99
    assert np.linalg.norm(estimate - undiscounted) < 0.3 * np.linalg.norm(estimate - case.gradient)


@every_seed
@pytest.mark.parametrize("lam", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_forward_and_backward_td_lambda_agree_offline(seed, lam, weighted):
    case = CASES[seed]
    batch = sample(case.mdp, case.policy, 50, seed)
    own = {"lam": lam, "start_weighting": weighted}
    forward, backward = (
        case.make(TDLambdaActorCritic, "td-lambda", case.exact_v(WRONG_V), view=view, **own)
        for view in ("forward", "backward")
    )
    np.testing.assert_allclose(forward.direction(batch), backward.direction(batch), atol=1e-12)
    forward._improve_critics(batch)
    backward._improve_critics(batch)
    np.testing.assert_allclose(forward.value.parameters, backward.value.parameters, atol=1e-12)


@every_seed
def test_backward_td_lambda_is_the_same_in_pieces(seed):
    """Traces continue from batch to batch: with one step at a time and fixed parameters the sum is the same."""
    case = CASES[seed]
    batch = sample(case.mdp, case.policy, 1, seed + 20)
    whole, pieces = (case.make(TDLambdaActorCritic, "td-lambda", case.exact_v(), view="backward") for _ in range(2))
    total = np.zeros(5)
    for t in range(len(batch)):
        total += pieces.direction(single_step(batch, t))
    np.testing.assert_allclose(total, whole.direction(batch) * len(batch), atol=1e-12)


def single_step(batch, t):
    row = slice(t, t + 1)
    last = t + 1 == len(batch)
    return type(batch)(
        *(getattr(batch, name)[row] for name in ("observations", "actions", "log_probs", "rewards")),
        terminated=batch.terminated[row],
        truncated=batch.truncated[row],
        ends=np.array([True]),
        times=batch.times[row],
        final_observations=batch.final_observations if last else batch.observations[t + 1 : t + 2],
        samplers=batch.samplers,
        episode_returns=batch.episode_returns if last else np.zeros(0),
        episode_lengths=batch.episode_lengths if last else np.zeros(0, int),
    )


@every_seed
def test_natural_actor_critic_moves_along_w(seed):
    case = CASES[seed]
    algorithm = case.make(NaturalActorCritic, "natural-actor-critic", case.exact_v(), damping=0.0, lam=0.5)
    w = algorithm.direction(case.batch)
    expected = exact.natural_gradient(case.mdp, case.pi, case.scores, GAMMA)
    assert cosine(w, expected) > 0.99
    assert np.linalg.norm(w - expected) < 0.15 * np.linalg.norm(expected)
    np.testing.assert_array_equal(algorithm.advantage.parameters, w)


@every_seed
def test_natural_actor_critic_does_not_depend_on_the_parameters(seed):
    """The same policy with features phi B: the steps change pi in the same way; those of REINFORCE do not."""
    case = CASES[seed]
    b = np.random.default_rng(seed).standard_normal((5, 5))
    other = type(case.policy)(DiscreteFeatures(case.policy.features.table @ b))
    other.parameters = np.linalg.solve(b, case.policy.parameters)
    batch = sample(case.mdp, case.policy, 200, seed)

    def change(kind, name, policy, **options):
        options = parse_options(name, {"discount": GAMMA, **options})
        step = kind(policy, np.random.default_rng(1), options, case.exact_v()).direction(batch)
        return policy.score_function(batch.observations, batch.actions) @ step  # of log pi, to first order

    natural = [change(NaturalActorCritic, "natural-actor-critic", p, damping=0.0) for p in (case.policy, other)]
    np.testing.assert_allclose(*natural, atol=1e-7 * np.abs(natural[0]).max())
    plain = [change(Reinforce, "reinforce", p) for p in (case.policy, other)]
    assert np.abs(plain[0] - plain[1]).max() > 0.1 * np.abs(plain[0]).max()  # negative control


@every_seed
def test_ppo_begins_along_the_gradient(seed):
    """Where ratio = 1 nothing is clipped, and the surrogate's gradient is that of GAE."""
    case = CASES[seed]
    options = parse_options("ppo", {"discount": 1.0, "lam": 0.8})
    undiscounted = exact.state_values(case.mdp, case.pi, 1.0)
    algorithm = PPO(case.policy, np.random.default_rng(1), options, case.exact_v(undiscounted))
    _, advantages = algorithm._advantages(case.batch)
    weights = clipped_surrogate(np.zeros(len(advantages)), advantages, 0.2)[1]
    estimate = case.policy.gradient(case.batch.observations, case.batch.actions, weights)
    assert cosine(estimate, exact.start_value_gradient(case.mdp, case.pi, case.scores, 1.0)) > 0.99


LEARNED = {
    "QAC": (QActorCritic, "qac", lambda c: [None, LinearQ(DiscreteFeatures.products(4, 3))]),
    "advantage": (
        AdvantageActorCritic,
        "advantage-actor-critic",
        lambda c: [LinearV(4), LinearQ(DiscreteFeatures.products(4, 3))],
    ),
    "TD": (TDActorCritic, "td-actor-critic", lambda c: [LinearV(4)]),
    "TD(lambda), forward": (TDLambdaActorCritic, "td-lambda", lambda c: [LinearV(4)]),
}


@pytest.mark.parametrize("name", list(LEARNED))
def test_critics_learn_what_the_estimators_need(name):
    case = CASES[0]
    kind, catalog_name, critics = LEARNED[name]
    view = {"view": "forward"} if catalog_name == "td-lambda" else {}
    algorithm = case.make(kind, catalog_name, *critics(case), critic_rate=1.0, **view)
    batch = sample_fast(case.mdp, case.policy, 1000, 7)
    for _ in range(100):
        algorithm._improve_critics(batch)
    assert cosine(gradient_of_start_value(algorithm, case.batch), case.gradient) > 0.99


def test_td_error_at_a_time_out_is_the_advantage():
    """E[delta | s, a] = A(s, a), though every episode is truncated after two steps."""
    case = CASES[1]
    batch = sample(case.mdp, case.policy, 3000, 3, limit=2)
    assert batch.truncated.sum() > 1000
    states, finals = batch.observations.argmax(axis=1), batch.final_observations @ case.v
    a = exact.advantages(case.mdp, case.pi, GAMMA)[states, batch.actions]

    def excess(terminated):
        following = successor_values(case.v[states], finals, terminated, batch.ends)
        return (td_errors(batch.rewards, case.v[states], following, GAMMA) - a)[batch.times == 1]

    honest, death = excess(batch.terminated), excess(batch.ends)
    assert abs(honest.mean()) < 4 * honest.std() / np.sqrt(len(honest))
    assert abs(death.mean()) > 10 * death.std() / np.sqrt(len(death))  # negative control: a time-out taken for death


def test_the_two_samplers_agree():
    case = CASES[0]
    slow = sample(case.mdp, case.policy, 2000, 5)
    for batch in (slow, case.batch):
        returns = np.add.reduceat(batch.rewards * GAMMA**batch.times, np.flatnonzero(batch.times == 0))
        error = returns.std() / np.sqrt(len(returns))
        assert abs(returns.mean() - exact.start_value(case.mdp, case.pi, GAMMA)) < 4 * error
    np.testing.assert_array_equal(slow.episode_lengths, slow.times[slow.ends] + 1)
    np.testing.assert_allclose(slow.log_probs, case.policy.log_prob(slow.observations, slow.actions), atol=1e-12)
