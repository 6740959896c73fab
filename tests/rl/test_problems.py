"""The reference problems: their known solutions, and that the algorithms learn them."""

from dataclasses import replace

import numpy as np
import pytest
from rl_problems import one_step_mdp

from gaitopt.errors import InputError
from gaitopt.rl import exact
from gaitopt.rl.algorithms.catalog import make_algorithm
from gaitopt.rl.mdps import aliased_gridworld as grid
from gaitopt.rl.mdps import puck_world as puck
from gaitopt.rl.mdps import rock_paper_scissors as game
from gaitopt.rl.mdps.catalog import PROBLEMS, find_problem, make_training, mixture_of
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.rollout import Collector
from gaitopt.rl.training import Stopping, Training, evaluate

GRID = PROBLEMS["aliased-gridworld"]


def learn(problem, algorithm, seed, options=None, stopping=None):
    training = make_training(problem, algorithm, seed, options, stopping)
    training.run()
    return training.algorithm.policy


def test_the_best_policy_of_the_gridworld_by_hand():
    # One gray cell: u = g (1 + g u) / 2 -> u = g / (2 - g^2); from a corner it is one step more: g u.
    g = grid.DISCOUNT
    u = g / (2 - g**2)
    assert grid.best_value() == pytest.approx((u + g * u) / 2)
    # Always east: g from 1, g^2 from 0, nothing from 3 and 4.
    assert grid.best_deterministic_value() == pytest.approx((g + g**2) / 4)
    assert grid.best_deterministic_value() < 0.6 * grid.best_value()


def test_no_other_policy_of_what_is_seen_is_better():
    mdp = grid.aliased_gridworld()
    values = [exact.start_value(mdp, grid.policy_table(p), grid.DISCOUNT) for p in np.linspace(0, 1, 101)]
    assert np.argmax(values) == 50
    best_deterministic = -np.inf
    looks, which = np.unique(grid.WALLS, axis=0, return_inverse=True)
    for choice in np.ndindex(*[4] * len(looks)):
        pi = np.eye(4)[np.array(choice)[which.ravel()]]
        best_deterministic = max(best_deterministic, exact.start_value(mdp, pi, grid.DISCOUNT))
    assert best_deterministic == pytest.approx(grid.best_deterministic_value())
    rng = np.random.default_rng(1)
    for _ in range(300):
        pi = rng.dirichlet(np.full(4, 0.3), len(looks))[which.ravel()]
        assert exact.start_value(mdp, pi, grid.DISCOUNT) <= grid.best_value() + 1e-12


@pytest.mark.parametrize("algorithm", list(GRID.options))
def test_gridworld_is_learned(algorithm):
    """At least 95 % of the best stochastic policy's value; the best deterministic one has 55 %."""
    steps = 40_000 if algorithm in ("reinforce", "qac", "advantage-actor-critic") else 15_000
    policy = learn("aliased-gridworld", algorithm, seed=1, stopping=Stopping(steps=steps))
    assert GRID.evaluate(policy) >= 0.95 * GRID.best
    east, west = policy.probabilities(grid.WALLS[1:2])[0, [grid.EAST, grid.WEST]]
    assert min(east, west) > 0.2


@pytest.mark.study
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("algorithm", list(GRID.options))
def test_gridworld_is_learned_from_any_seed(algorithm, seed):
    assert GRID.evaluate(learn("aliased-gridworld", algorithm, seed)) >= 0.95 * GRID.best


def test_random_search_gets_stuck_in_the_gridworld():
    """It acts without noise: it takes the same action in cells that look the same, and gets stuck on one side."""
    training = make_training("aliased-gridworld", "augmented-random-search", 1, {"noise": 1.0}, Stopping(iterations=20))
    training.run()
    policy = training.algorithm.policy
    gray = grid.WALLS[1:2]
    requests = training.algorithm.requests()
    for batch in Collector([grid.make_environment()], policy, 1).collect(requests):
        at_gray = (batch.observations == gray).all(axis=1)
        assert len(set(batch.actions[at_gray].tolist())) <= 1
    lived = Collector([grid.make_environment()], policy, 2).collect([replace(requests[0], episodes=200)])[0]
    reached = lived.terminated.sum() / len(lived.episode_returns)
    assert reached < 0.8  # some starts never end at the treasure, nor anywhere


def test_rock_paper_scissors_by_hand():
    assert game.exploitability(game.UNIFORM) == pytest.approx(0.0)
    for pure in np.eye(3):
        assert game.exploitability(pure) == 1.0
    assert game.exploitability(np.array([0.5, 0.25, 0.25])) == pytest.approx(0.25)  # paper: 0.5 - 0.25
    against_rock = one_step_mdp(np.ones(1), (game.PAYOFFS @ np.eye(3)[0])[None])
    np.testing.assert_allclose(exact.state_values(against_rock, np.eye(3)[[1]], 1.0), [1.0])
    rng, wins = np.random.default_rng(1), []
    playing = game.RockPaperScissors(np.array([0.5, 0.25, 0.25]))
    for _ in range(4000):
        playing.reset(rng)
        wins.append(playing.step(1)[1])
    assert np.mean(wins) == pytest.approx(0.25, abs=4 * np.std(wins) / np.sqrt(4000))


@pytest.mark.parametrize("algorithm", list(PROBLEMS["rock-paper-scissors"].options))
def test_self_play_tends_to_the_uniform_policy(algorithm):
    start = PROBLEMS["rock-paper-scissors"].make_policy(np.random.default_rng(1))
    assert np.abs(mixture_of(start) - 1 / 3).max() > 0.4
    policy = learn("rock-paper-scissors", algorithm, seed=1)
    assert np.abs(mixture_of(policy) - 1 / 3).max() < 0.05


@pytest.mark.study
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("algorithm", list(PROBLEMS["rock-paper-scissors"].options))
def test_self_play_tends_to_the_uniform_policy_from_any_seed(algorithm, seed):
    assert np.abs(mixture_of(learn("rock-paper-scissors", algorithm, seed)) - 1 / 3).max() < 0.05


def test_without_entropy_self_play_only_circles():
    """Negative control: the policy cycles around the uniform one."""
    training = make_training("rock-paper-scissors", "reinforce", 1, {"entropy_bonus": 0.0})
    seen = []
    training.run(lambda progress: seen.append(mixture_of(training.algorithm.policy)))
    assert np.abs(seen[-1] - 1 / 3).max() > 0.15
    favorites = [int(np.argmax(mixture)) for mixture in seen]
    assert set(favorites) == {0, 1, 2}


def test_a_deterministic_player_is_exploited():
    policy = PROBLEMS["rock-paper-scissors"].make_policy(np.random.default_rng(1))
    environment = game.RockPaperScissors(np.array([0.0, 0.0, 1.0]))  # always scissors
    algorithm = make_algorithm("reinforce", policy, np.random.default_rng(1), {"actor_rate": 2.0})
    training = Training(algorithm, Collector([environment], policy, 1), Stopping(steps=2000))
    training.run()
    assert training.mean_return > 0.9
    assert mixture_of(policy)[0] > 0.9  # rock


@pytest.mark.parametrize("algorithm", list(PROBLEMS["one-step"].options))
def test_one_step_is_learned(algorithm):
    problem = PROBLEMS["one-step"]
    assert problem.evaluate(problem.make_policy(np.random.default_rng(1))) == pytest.approx(-5 / 3)
    assert problem.evaluate(learn("one-step", algorithm, 1)) > -0.05


class Steering:
    """The hand-tuned controller as a policy."""

    def mode(self, observations):
        return np.clip(4.0 * observations[:, 4:6] - 5.0 * observations[:, 2:4], -1.0, 1.0)


def mean_distance(policy, explore):
    return -evaluate(policy, puck.PuckWorld(), np.random.default_rng(1), 30, explore).mean()


def test_puck_moves_by_newton():
    world = puck.PuckWorld()
    start = world.reset(np.random.default_rng(3))
    a = puck.ACCELERATION
    for step in range(1, 4):
        observation, reward, terminated, truncated = world.step(np.array([0.5, -7.0]))  # -7 is cut off at -1
        t = step * puck.STEP_S
        np.testing.assert_allclose(observation[:2], start[:2] + np.array([0.25, -0.5]) * a * t**2, atol=1e-12)
        np.testing.assert_allclose(observation[2:4], [0.5 * a * t, -a * t], atol=1e-12)
        assert reward == pytest.approx(-np.hypot(*observation[4:]))
        assert not terminated
        assert not truncated


def test_target_moves_every_30_seconds_and_the_walls_hold():
    world = puck.PuckWorld()
    observation = world.reset(np.random.default_rng(3))
    targets = [observation[:2] + observation[4:]]
    for step in range(1, puck.LIMIT + 1):
        observation, _, terminated, truncated = world.step(np.ones(2))
        targets.append(observation[:2] + observation[4:])
        assert not terminated
        assert truncated == (step == puck.LIMIT)
        assert np.abs(observation[:2]).max() <= 1
    moved = np.flatnonzero(np.abs(np.diff(targets, axis=0)).max(axis=1) > 1e-9) + 1
    assert (moved * puck.STEP_S).tolist() == [30.0, 60.0]
    np.testing.assert_allclose(observation[:4], [1, 1, 0, 0])  # in the corner, at rest


def test_puck_world_is_learned():
    """PPO gets at least 3 times nearer than a random policy; a hand-tuned controller nearly 15 times."""
    random = mean_distance(GaussianMLPPolicy(6, 2, np.random.default_rng(1)), explore=True)
    assert mean_distance(Steering(), explore=False) < random / 10
    policy = learn("puck-world", "ppo", 1, stopping=Stopping(steps=30_000))
    assert mean_distance(policy, explore=False) < random / 3


@pytest.mark.study
@pytest.mark.parametrize("seed", range(5))
def test_puck_world_is_learned_well_from_any_seed(seed):
    random = mean_distance(GaussianMLPPolicy(6, 2, np.random.default_rng(1)), explore=True)
    assert mean_distance(learn("puck-world", "ppo", seed), explore=False) < random / 7


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_every_problem_is_described(name):
    problem = find_problem(name)
    assert problem.summary
    assert problem.unit
    assert np.isfinite(problem.evaluate(problem.make_policy(np.random.default_rng(1))))


def test_unknown_names_and_wrong_policies_are_refused():
    with pytest.raises(InputError, match="unknown problem 'puckworld'; did you mean puck-world"):
        find_problem("puckworld")
    with pytest.raises(InputError, match="unknown algorithm 'ppp'; did you mean ppo"):
        make_training("puck-world", "ppp", 1)
    with pytest.raises(InputError, match="policy: got gaussian-mlp, expected softmax"):
        GRID.evaluate(GaussianMLPPolicy(6, 2))
