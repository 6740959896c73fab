"""The contract of every algorithm, run over the whole registry: a new one is tested by being registered."""

import numpy as np
import pytest
from rl_problems import random_mdp

from gaitopt.errors import InputError, ProtocolError
from gaitopt.rl.algorithms.catalog import (
    ALGORITHMS,
    IN_PLACE_OF_Q,
    make_algorithm,
    options_spec,
    parse_options,
    resolve_options,
)
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.mdps.puck_world import PuckWorld
from gaitopt.rl.mdps.tabular import TabularEnvironment
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.rl.rollout import Collector
from gaitopt.rl.training import Stopping, Training


class ShortPuckWorld(PuckWorld):
    """Truncated after 17 steps."""

    def step(self, action):
        observation, reward, terminated, _ = super().step(action)
        return observation, reward, terminated, self._time == 17


SETTINGS = {
    "softmax": (
        lambda: SoftmaxPolicy(DiscreteFeatures.products(4, 3)),
        lambda: TabularEnvironment(random_mdp(1), limit=12),
    ),
    "linear": (lambda: LinearGaussianPolicy(6, 2, learn_sigma=True, normalize=True), ShortPuckWorld),
    "perceptron": (lambda: GaussianMLPPolicy(6, 2, np.random.default_rng(3), hidden=(8, 8)), ShortPuckWorld),
}
every_algorithm = pytest.mark.parametrize("name", list(ALGORITHMS))
every_setting = pytest.mark.parametrize("setting", list(SETTINGS))
STEPS = {"steps": 25}  # in the midst of an episode


def make(name, setting="softmax", seed=1, count=2, options=None, environments=None):
    make_policy, make_environment = SETTINGS[setting]
    steps = STEPS if "steps" in options_spec(name).model_fields else {}
    algorithm = make_algorithm(name, make_policy(), np.random.default_rng(seed), {**steps, **(options or {})})
    environments = environments or [make_environment() for _ in range(count)]
    return Training(algorithm, Collector(environments, make_policy(), seed), Stopping(iterations=6))


def same(one, other):
    assert one.keys() == other.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], other[key], err_msg=key)


@every_algorithm
@every_setting
def test_learns_something_and_reports_it(name, setting):
    training = make(name, setting)
    before = training.algorithm.policy.parameters.copy()
    seen = []
    training.run(seen.append)
    after = training.algorithm.policy.parameters
    assert np.isfinite(after).all()
    assert np.any(after != before)
    assert [progress.iteration for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert all(np.isfinite(value) for progress in seen for value in progress.metrics.values())
    assert seen[-1].metrics
    assert training.stop_reasons() == {"iterations": "6 of 6 iterations done"}


@every_algorithm
@every_setting
def test_same_seed_same_bits(name, setting):
    first, second, other = make(name, setting), make(name, setting), make(name, setting, seed=2)
    for training in (first, second, other):
        training.run()
    same(first.state(), second.state())
    assert np.any(first.algorithm.policy.parameters != other.algorithm.policy.parameters)


@every_algorithm
@every_setting
def test_a_resumed_training_ends_bit_for_bit_as_one_never_stopped(name, setting, tmp_path):
    whole, stopped, resumed = (make(name, setting) for _ in range(3))
    whole.run()
    for _ in range(3):
        stopped.iterate()
    stopped.save(tmp_path / "state")
    resumed.load(tmp_path / "state")
    same(resumed.state(), stopped.state())
    resumed.run()
    same(resumed.state(), whole.state())


@every_algorithm
def test_a_state_is_not_changed_by_what_comes_after(name):
    training = make(name)
    training.iterate()
    state = training.state()
    kept = {key: array.copy() for key, array in state.items()}
    training.iterate()
    same(state, kept)


@every_algorithm
def test_resume_with_other_settings_is_refused(name):
    training = make(name)
    training.iterate()
    with pytest.raises(InputError, match="state"):
        make(name, "linear").restore(training.state())
    with pytest.raises(InputError, match="state"):
        make(name, count=3).restore(training.state())
    with pytest.raises(InputError, match="state: is of 2 environments, expected 1"):
        make(name, count=1).restore(training.state())


@every_algorithm
@pytest.mark.parametrize("where", ["rewards", "observations", "actions"])
def test_nan_in_a_batch_stops_it_with_the_last_state_kept(name, where):
    training = make(name, "linear" if where == "actions" else "softmax")
    algorithm = training.algorithm
    training.iterate()
    requests = algorithm.requests()
    before = algorithm.state()
    batches = training._rollouts.collect(requests)
    getattr(batches[-1], where).ravel()[1] = np.nan
    with pytest.raises(InputError, match=rf"{where}\[.*\]: got nan, expected a finite number"):
        algorithm.learn(batches)
    same(algorithm.state(), before)


@every_algorithm
def test_parameters_gone_astray_stop_it_with_the_last_state_kept(name, monkeypatch):
    training = make(name, "linear")
    algorithm = training.algorithm
    training.iterate()
    batches = training._rollouts.collect(algorithm.requests())
    before = algorithm.state()
    move = algorithm.policy.move
    monkeypatch.setattr(algorithm.policy, "move", lambda step: move(step * np.inf))
    with np.errstate(all="ignore"), pytest.raises(InputError, match=r"parameters\[\d+\]: got (nan|-?inf).*step sizes"):
        algorithm.learn(batches)
    same(algorithm.state(), before)


@pytest.mark.parametrize("name", ["reinforce", "qac", "td-actor-critic", "td-lambda"])
def test_step_sizes_far_too_large_are_noticed(name):
    training = make(name, options={"actor_rate": 1e200, "critic_rate": 1e200})
    with np.errstate(all="ignore"), pytest.raises(InputError, match="expected a finite number"):
        training.run()
    assert np.isfinite(training.algorithm.policy.parameters).all()


class Broken(ShortPuckWorld):
    """Returns NaN in the fifth step."""

    what = "reward"

    def step(self, action):
        observation, reward, terminated, truncated = super().step(action)
        if self._time == 5 and self.what == "reward":
            reward = float("nan")
        elif self._time == 5:
            observation = observation * np.inf
        return observation, reward, terminated, truncated


@every_algorithm
@pytest.mark.parametrize("what", ["reward", "observation"])
def test_a_broken_environment_stops_it_with_the_last_state_kept(name, what):
    environment = Broken()
    environment.what = what
    training = make(name, "linear", environments=[environment])
    before = training.algorithm.policy.state()
    with pytest.raises(InputError, match=f"environment 0, episode 0, step 4: got {what}"):
        training.iterate()
    same(training.algorithm.policy.state(), before)


@every_algorithm
def test_options_are_documented_and_resolved(name):
    entry = ALGORITHMS[name]
    assert all(field.description for field in options_spec(name).model_fields.values())
    assert entry.summary
    assert IN_PLACE_OF_Q[name]
    assert resolve_options(name, {"discount": 0.5}) == {**resolve_options(name), "discount": 0.5}
    assert parse_options(name, resolve_options(name)) == parse_options(name)


@every_algorithm
@pytest.mark.parametrize("discount", [-0.1, 1.5, float("nan"), "1"])
def test_a_discount_out_of_range_is_refused(name, discount):
    with pytest.raises(InputError, match=f"options of {name}: discount: got"):
        make(name, options={"discount": discount})


@pytest.mark.parametrize("name", ["td-lambda", "natural-actor-critic", "ppo"])
def test_a_lambda_out_of_range_is_refused(name):
    with pytest.raises(InputError, match=f"options of {name}: lam: got 1.5"):
        make(name, options={"lam": 1.5})


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="unknown algorithm 'reinforced'; did you mean reinforce"):
        parse_options("reinforced")
    with pytest.raises(InputError, match="unknown key 'epoch'; did you mean epochs"):
        parse_options("ppo", {"epoch": 3})


def test_random_search_must_be_asked_first():
    training = make("augmented-random-search")
    batches = training._rollouts.collect(training.algorithm.requests())
    training.algorithm.learn(batches)
    with pytest.raises(ProtocolError, match=r"call requests\(\) first"):
        training.algorithm.learn(batches)
    with pytest.raises(InputError, match="top: got 9, expected at most directions = 8"):
        make("augmented-random-search", options={"top": 9})
