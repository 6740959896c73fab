"""Policies for walking robots that learned nothing: random weights, and a normalization that matters."""

from functools import cache

import numpy as np

from gaitopt.gait.gait_file import load_gait
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.robot.spec import load_robot
from gaitopt.run.walkers.trained_policy import AboutPolicy, TrainedPolicy
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.policy_controller import PolicyWalk

GAUSSIAN = ("gaussian-mlp", "linear-gaussian")


def observations(size, count, rng):
    """Return what could be seen, (count, size), each number with a mean and a spread of its own."""
    places = np.random.default_rng(1)
    return places.normal(0, 3, size) + places.uniform(0.05, 2, size) * rng.standard_normal((count, size))


def random_policy(kind, size, actions, weights=0.1, seed=0):
    """Return a policy of a kind with random weights, which has seen `observations`."""
    rng = np.random.default_rng(seed)
    if kind == "softmax":
        policy = SoftmaxPolicy(DiscreteFeatures(rng.standard_normal((size, actions, 7))), normalize=True)
    else:
        policy = make_policy(kind, {"observation_size": size, "actions": actions, "normalize": True})
    policy.parameters = weights * rng.standard_normal(policy.size)
    policy.observe(observations(size, 500, rng))
    return policy


@cache
def layout(robot, interface):
    """Return the names of what a policy sees and of what it changes."""
    spec = load_robot(robot)
    walk = PolicyWalk(load_gait("hand-tuned", spec).parameters, spec, load_scenario("field"), interface)
    return walk.perception.names, walk.gait.action_names


def random_trained(robot, interface, kind="linear-gaussian", weights=0.1):
    """Return a random policy on the hand-tuned gait of a robot."""
    sees, acts = layout(robot, interface)
    about = AboutPolicy(
        robot=robot,
        scenario="field",
        gait=dict(vars(load_gait("hand-tuned", load_robot(robot)).parameters)),
        interface=interface,
        observation=sees,
        action=acts,
        origin={"algorithm": "none", "seed": 0},
    )
    return TrainedPolicy(random_policy(kind, len(sees), len(acts), weights), about)
