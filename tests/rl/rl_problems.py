"""Small random MDPs, policies on them and batches from them, for the tests of rl."""

import numpy as np

from gaitopt.rl.batch import Batch
from gaitopt.rl.exact import MDP
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.mdps.tabular import TabularEnvironment
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.rl.request import Request
from gaitopt.rl.rollout import Collector


def random_mdp(seed, states=4, actions=3, ending=0.25):
    """Return an MDP in which every action may lead to any state, and ends the episode with this probability."""
    rng = np.random.default_rng(seed)
    transitions = rng.dirichlet(np.ones(states), (states, actions)) * (1.0 - ending)
    return MDP(transitions, rng.standard_normal((states, actions)), rng.dirichlet(np.ones(states)))


def one_step_mdp(start, rewards):
    """Return the MDP with these state probabilities (S,) and rewards (S, A)."""
    states, actions = np.shape(rewards)
    return MDP(np.zeros((states, actions, states)), np.asarray(rewards, float), np.asarray(start, float))


def random_softmax(mdp, seed, features=5):
    """A softmax policy on random features of an MDP's states, its parameters random too."""
    rng = np.random.default_rng(seed)
    policy = SoftmaxPolicy(DiscreteFeatures(rng.standard_normal((*mdp.rewards.shape, features))))
    policy.parameters = rng.standard_normal(features) * 0.5
    return policy


def tables(policy, observations):
    """Return pi (S, A) and psi (S, A, p) of a softmax policy."""
    actions = policy.features.actions
    scores = [policy.score_function(observations, np.full(len(observations), a)) for a in range(actions)]
    return policy.probabilities(observations), np.stack(scores, axis=1)


def sample(mdp, policy, episodes, seed=0, limit=None, **request):
    """Return a batch of whole episodes."""
    collector = Collector([TabularEnvironment(mdp, limit=limit)], policy, seed)
    return collector.collect([Request(policy.state(), episodes=episodes, **request)])[0]


def finite_differences(function, theta, epsilon=1e-6):
    """Return the gradient of a function of theta (p,), by central differences."""
    steps = epsilon * np.eye(len(theta))
    return np.array([(function(theta + s) - function(theta - s)) / (2 * epsilon) for s in steps])


def cosine(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def sample_fast(mdp, policy, episodes, seed):
    """Return a batch of whole episodes like `sample`, all simulated in parallel."""
    rng = np.random.default_rng(seed)
    seen = np.eye(len(mdp.start))
    ending = 1.0 - mdp.transitions.sum(axis=2, keepdims=True)
    cumulative = np.concatenate([mdp.transitions, ending], axis=2).cumsum(axis=2)
    running, states = np.arange(episodes), rng.choice(len(mdp.start), episodes, p=mdp.start)
    columns = []
    time = 0
    while len(running):
        actions, log_probs = policy.sample(seen[states], rng)
        following = (cumulative[states, actions] < rng.random((len(states), 1))).sum(axis=1)
        following = np.minimum(following, len(mdp.start))
        over = following == len(mdp.start)
        columns.append((running, np.full(len(states), time), states, actions, log_probs, over))
        running, states = running[~over], following[~over]
        time += 1
    which, times, states, actions, log_probs, over = (np.concatenate(c) for c in zip(*columns, strict=True))
    order = np.lexsort((times, which))
    times, states, actions, log_probs, over = (c[order] for c in (times, states, actions, log_probs, over))
    rewards = mdp.rewards[states, actions]
    returns = np.add.reduceat(rewards, np.flatnonzero(times == 0))
    blank, none = np.zeros((episodes, len(seen))), np.zeros(len(times), bool)
    lengths = times[over] + 1
    samplers = np.zeros(episodes, int)
    return Batch(seen[states], actions, log_probs, rewards, over, none, over, times, blank, samplers, returns, lengths)
