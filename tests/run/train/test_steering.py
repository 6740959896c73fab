"""Softmax policies that steer: trained, kept in a file, read again, and let walk."""

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.hal.sim.pybullet_body import PyBulletBody
from gaitopt.run.train.defaults import SEEING_SPEED, WALKING, usual_interface, walking_options
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import continue_training, new_training
from gaitopt.run.walkers.trained_policy import read_trained
from gaitopt.run.walkers.walk_setup import find_walk
from gaitopt.walk.environment import TraversalEnvironment
from gaitopt.walk.policy_controller import STEERING, Interface
from gaitopt.walk.steering import ACTIONS
from gaitopt.walk.traversal import traverse


@pytest.fixture(scope="module")
def settings(ers7, tiny_field):
    return {
        "robot": ers7,
        "scenario": tiny_field,
        "gait": "hand-tuned",
        "algorithm": "reinforce",
        "policy": "softmax",
        "options": {"episodes": 2},
        "iterations": 2,
        "environments": 2,
        "fresh": 2,
        "seed": 4,
        "name": "steered",
    }


@pytest.fixture(scope="module")
def trained(settings, tmp_path_factory):
    folder = new_training(TrainSettings(**settings), tmp_path_factory.mktemp("runs"))
    continue_training(folder, workers=1)
    return folder


def test_training_steers_and_keeps_what_each_action_does(trained):
    policy = read_trained(trained.policy_path)
    assert trained.config.interface == STEERING
    assert trained.config.options["actor_rate"] == walking_options("reinforce", "softmax")["actor_rate"]
    assert policy.about.action == ACTIONS
    assert policy.policy.size == 9 * len(policy.about.observation) == 72
    assert (policy.policy.parameters != 0).any()


def test_a_file_walks_as_the_environment_does(trained, settings, ers7, tiny_field):
    """The same seed, and the policy's most probable actions: the same place at the end, to the bit."""
    setup = find_walk(str(trained.path))
    policy = setup.walker
    with PyBulletBody(ers7) as body:
        ends = []
        result = traverse(
            body, policy.controller(ers7, tiny_field), tiny_field, 11, lambda _, state: ends.append(state.position)
        )
    environment = TraversalEnvironment(policy.gait.parameters, ers7, tiny_field, STEERING)
    observation, over = environment.reset(np.random.default_rng(11)), [False]
    while not any(over):
        observation, _, *over = environment.step(policy.act(observation))
    assert environment.state.position == ends[-1]
    assert environment.time == result.time_s
    environment.close()


@pytest.mark.parametrize(
    ("policy", "interface", "message"),
    [
        ("linear", STEERING, "expected 'continuous' for a linear policy"),
        ("softmax", Interface(), "expected 'discrete' for a softmax policy"),
        ("softmx", None, "did you mean softmax"),
    ],
)
def test_a_policy_that_cannot_act_so_is_refused(settings, tmp_path, policy, interface, message):
    with pytest.raises(InputError, match=message):
        new_training(TrainSettings(**settings | {"policy": policy, "interface": interface}), tmp_path)
    assert not list(tmp_path.iterdir())


def test_only_softmax_policies_steer():
    assert usual_interface("softmax") == STEERING
    assert usual_interface("perceptron") == WALKING
    assert usual_interface("linear") == SEEING_SPEED
    assert WALKING.actions == SEEING_SPEED.actions == "continuous"


def test_a_file_whose_actions_are_others_is_damaged(trained, tmp_path):
    policy = read_trained(trained.policy_path)
    fewer = policy.about.model_copy(update={"action": ACTIONS[:8]})
    path = tmp_path / "damaged.npz"
    type(policy)(policy.policy, fewer).save(path)
    with pytest.raises(InputError, match="gives 9 numbers, its action has 8"):
        read_trained(path)
