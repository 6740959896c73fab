"""The small problems by name, with a policy to learn, the known optimum, and options that work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError, unknown_name
from gaitopt.rl.algorithms.catalog import make_algorithm
from gaitopt.rl.environment import Environment
from gaitopt.rl.exact import start_value
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.mdps import aliased_gridworld, one_step, puck_world, rock_paper_scissors
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.rl.rollout import Collector
from gaitopt.rl.training import Stopping, Training, evaluate
from gaitopt.seeding import Stream, generator


@dataclass(frozen=True)
class Problem:
    """One problem of the catalog."""

    summary: str
    """One line for a list."""
    make_policy: Callable[[np.random.Generator], Policy]
    """Makes an untrained policy."""
    make_environment: Callable[[Policy], Environment]
    """Makes the environment in which the given policy acts; in self-play it is also the opponent."""
    evaluate: Callable[[Policy], float]
    """Returns the value of a policy, exact where possible; higher is better."""
    unit: str
    """Quantity and unit that `evaluate` returns."""
    best: float | None
    """Value of the best policy, if it is known."""
    best_deterministic: float | None
    """Value of the best deterministic policy, if it is known."""
    steps: int
    """Steps in which every algorithm of `options` learns it."""
    options: Mapping[str, Mapping[str, Any]]
    """Options that work, by algorithm."""


def _gridworld_value(policy: Policy) -> float:
    mdp = aliased_gridworld.aliased_gridworld()
    pi = _softmax(policy).probabilities(aliased_gridworld.WALLS)
    return start_value(mdp, pi, aliased_gridworld.DISCOUNT)


def _worst_loss(policy: Policy) -> float:
    return -rock_paper_scissors.exploitability(mixture_of(policy))


def _minus_distance(policy: Policy) -> float:
    rng = np.random.default_rng(0)  # the same targets for every policy
    return float(evaluate(policy, puck_world.PuckWorld(), rng, 20, explore=False).mean())


def _reach_value(policy: Policy) -> float:
    miss = policy.mode(np.eye(3)) - one_step.TARGETS
    return -float((miss**2).sum(axis=1).mean())


def _softmax(policy: Policy) -> SoftmaxPolicy:
    if not isinstance(policy, SoftmaxPolicy):
        raise InputError(f"policy: got {policy.kind}, expected softmax: the actions are discrete")
    return policy


def _player(rng: np.random.Generator) -> Policy:
    """Return a policy that plays rock four times out of five."""
    policy = SoftmaxPolicy(DiscreteFeatures.products(1, 3))
    policy.parameters = np.array([2.0, 0.0, 0.0])
    return policy


def _opponent(policy: Policy) -> Environment:
    return rock_paper_scissors.RockPaperScissors(_softmax(policy))


_GRID = {"discount": aliased_gridworld.DISCOUNT}
_PUCK = {"discount": 0.9, "rule": "adam", "actor_rate": 0.003, "critic_rate": 0.003}
_GAME = {"actor_rate": 0.1, "critic_rate": 0.2, "entropy_bonus": 0.3}

PROBLEMS: dict[str, Problem] = {
    "one-step": Problem(
        "one of three states, one continuous action of two numbers, one reward",
        lambda rng: LinearGaussianPolicy(3, 2, sigma=0.5),
        lambda policy: one_step.OneStepReach(),
        _reach_value,
        "mean reward without noise",
        0.0,
        0.0,
        20_000,
        {
            "reinforce": {"episodes": 32, "actor_rate": 0.05},
            "qac": {"steps": 32, "actor_rate": 0.02},
            "advantage-actor-critic": {"steps": 32, "actor_rate": 0.05},
            "td-actor-critic": {"steps": 32, "actor_rate": 0.05},
            "td-lambda": {"steps": 32, "actor_rate": 0.05},
            "natural-actor-critic": {"steps": 64, "actor_rate": 0.05},
            "ppo": {"steps": 256, "rate": 0.01},
            "augmented-random-search": {"episodes": 16, "rate": 0.05, "noise": 0.2},
        },
    ),
    "aliased-gridworld": Problem(
        "two cells look the same: deterministic policies get stuck, the stochastic optimum does not",
        lambda rng: SoftmaxPolicy(DiscreteFeatures.products(4, 4)),
        lambda policy: aliased_gridworld.make_environment(),
        _gridworld_value,
        "start value, exact",
        aliased_gridworld.best_value(),
        aliased_gridworld.best_deterministic_value(),
        40_000,
        {
            "reinforce": {**_GRID, "episodes": 5, "actor_rate": 3.0, "critic_rate": 0.5},
            "qac": {**_GRID, "steps": 64, "actor_rate": 0.05, "critic_rate": 0.2, "rule": "adam"},
            "advantage-actor-critic": {**_GRID, "steps": 16, "actor_rate": 1.0, "critic_rate": 0.5},
            "td-actor-critic": {**_GRID, "steps": 32, "actor_rate": 4.0, "critic_rate": 0.3},
            "td-lambda": {**_GRID, "steps": 32, "actor_rate": 4.0, "critic_rate": 0.3},
            "natural-actor-critic": {**_GRID, "steps": 64, "actor_rate": 0.2, "critic_rate": 0.5},
            "ppo": {**_GRID, "steps": 256, "rate": 0.02, "epochs": 8},
        },
    ),
    "rock-paper-scissors": Problem(
        "self-play: deterministic policies are exploited, the uniform one is optimal",
        _player,
        _opponent,
        _worst_loss,
        "payoff against the best answer, exact",
        0.0,
        -1.0,
        20_000,
        {
            "reinforce": {**_GAME, "episodes": 50},
            "qac": {**_GAME, "steps": 50, "critic_rate": 2.0},
            "advantage-actor-critic": {**_GAME, "steps": 50, "critic_rate": 0.8},
            "td-actor-critic": {**_GAME, "steps": 50},
            "td-lambda": {**_GAME, "steps": 50},
            "natural-actor-critic": {**_GAME, "steps": 50, "actor_rate": 0.03},
            "ppo": {
                "steps": 200,
                "rate": 0.003,
                "epochs": 4,
                "entropy_weight": 0.3,
                "normalize_advantages": False,  # payoffs and entropy keep their scale
                "scale_rewards": False,
            },
        },
    ),
    "puck-world": Problem(
        "a small force pushes a puck towards a target that moves every 30 s",
        lambda rng: GaussianMLPPolicy(6, 2, rng),
        lambda policy: puck_world.PuckWorld(),
        _minus_distance,
        "minus the mean distance to the target, m",
        None,
        None,
        60_000,
        {
            "reinforce": {**_PUCK, "episodes": 1},
            "td-lambda": {**_PUCK, "lam": 0.95},
            "ppo": {"minibatch": 128, "rate": 1e-3},
        },
    ),
}


def make_training(
    problem: str, algorithm: str, seed: int, options: Mapping[str, Any] | None = None, stopping: Stopping | None = None
) -> Training:
    """Return a training of an algorithm on a problem, by default with the problem's options.

    Raises:
        InputError: no problem or algorithm has this name, or it has other options.
    """
    chosen = find_problem(problem)
    rng = generator(seed, Stream.OPTIMIZER)
    policy = chosen.make_policy(rng)
    actor = chosen.make_policy(np.random.default_rng(0))  # acts in the state of each request
    settings = {**chosen.options.get(algorithm, {}), **(options or {})}
    learner = make_algorithm(algorithm, policy, rng, settings)
    rollouts = Collector([chosen.make_environment(actor)], actor, seed)
    return Training(learner, rollouts, stopping or Stopping(steps=chosen.steps))


def find_problem(name: str) -> Problem:
    """Return a problem by its name.

    Raises:
        InputError: no problem has this name.
    """
    if name not in PROBLEMS:
        raise unknown_name("problem", name, PROBLEMS)
    return PROBLEMS[name]


def mixture_of(policy: Policy) -> Array:
    """Return the action probabilities of a policy of rock-paper-scissors, shape (3,)."""
    return _softmax(policy).probabilities(rock_paper_scissors.SEEN)[0]
