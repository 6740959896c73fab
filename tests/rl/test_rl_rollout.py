"""Samplers, requests and batches: results do not depend on the number of processes."""

import numpy as np
import pytest
from rl_problems import random_mdp, random_softmax

from gaitopt.errors import InputError
from gaitopt.rl.batch import concatenate
from gaitopt.rl.mdps.puck_world import LIMIT, PuckWorld
from gaitopt.rl.mdps.tabular import TabularEnvironment
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.request import Job, Request, share_out
from gaitopt.rl.rollout import Collector, collect
from gaitopt.rl.sampler import Sampler


class Counter:
    """Observes how many steps it has taken; terminates or is truncated after four."""

    observation_size = 1

    def __init__(self, terminates):
        self._terminates = terminates

    def reset(self, rng):
        self._time = 0
        return np.zeros(1)

    def step(self, action):
        self._time += 1
        over = self._time == 4
        return (
            np.array([float(self._time)]),
            10.0 + self._time,
            over and self._terminates,
            over and not self._terminates,
        )


def policy():
    return LinearGaussianPolicy(1, 1)


def same(one, other):
    for name in one.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("terminates", [True, False])
def test_a_batch_by_hand(terminates):
    actor = policy()
    collector = Collector([Counter(terminates)], actor, 1)
    request = Request(actor.state(), steps=6)
    batch = collector.collect([request])[0]
    np.testing.assert_array_equal(batch.observations[:, 0], [0, 1, 2, 3, 0, 1])
    np.testing.assert_array_equal(batch.rewards, [11, 12, 13, 14, 11, 12])
    np.testing.assert_array_equal(batch.times, [0, 1, 2, 3, 0, 1])
    np.testing.assert_array_equal(batch.ends, [0, 0, 0, 1, 0, 1])  # the last only pauses
    np.testing.assert_array_equal(batch.terminated, [0, 0, 0, terminates, 0, 0])
    np.testing.assert_array_equal(batch.truncated, [0, 0, 0, not terminates, 0, 0])
    np.testing.assert_array_equal(batch.final_observations[:, 0], [4, 2])
    np.testing.assert_array_equal(batch.next_observations()[:, 0], [1, 2, 3, 4, 1, 2])
    np.testing.assert_array_equal(batch.episode_returns, [50])
    np.testing.assert_array_equal(batch.episode_lengths, [4])
    assert batch.pieces() == [slice(0, 4), slice(4, 6)]
    following = collector.collect([request])[0]  # the episode goes on
    np.testing.assert_array_equal(following.times, [2, 3, 0, 1, 2, 3])
    np.testing.assert_array_equal(following.episode_returns, [50, 50])


def test_whole_episodes_begin_at_their_beginning():
    actor = policy()
    collector = Collector([Counter(True)], actor, 1)
    collector.collect([Request(actor.state(), steps=2)])
    batch = collector.collect([Request(actor.state(), episodes=3)])[0]
    np.testing.assert_array_equal(batch.times, [0, 1, 2, 3] * 3)


def test_next_actions_are_drawn_where_a_piece_ends():
    actor = policy()
    batch = Collector([Counter(True)], actor, 1).collect([Request(actor.state(), steps=6)])[0]
    following = batch.next_actions(actor, np.random.default_rng(5))
    np.testing.assert_array_equal(following[[0, 1, 2, 4]], batch.actions[[1, 2, 3, 5]])
    drawn = actor.draw(batch.final_observations, np.random.default_rng(5))
    np.testing.assert_array_equal(following[[3, 5]], drawn)


def test_work_is_shared_out_by_numbers_alone():
    steps, whole = Request({}, steps=7), Request({}, episodes=2)
    assert share_out([steps], 3) == [Job(0, 0, 3), Job(0, 1, 2), Job(0, 2, 2)]
    assert share_out([steps], 10) == [Job(0, sampler, 1) for sampler in range(7)]
    assert share_out([whole, whole], 3) == [Job(0, 0, 1), Job(0, 1, 1), Job(1, 2, 1), Job(1, 0, 1)]
    for samplers in range(1, 12):
        assert sum(job.amount for job in share_out([steps], samplers)) == 7


def test_a_sampler_alone_gives_the_same_bits_as_among_others():
    """A pool of workers relies on this."""
    mdp = random_mdp(1)
    actor = random_softmax(mdp, 2)
    requests = [Request(actor.state(), steps=31), Request({"parameters": np.zeros(5)}, episodes=5)]
    together = Collector([TabularEnvironment(mdp) for _ in range(3)], actor, 9).collect(requests)
    samplers = {number: Sampler(TabularEnvironment(mdp), 9, number) for number in (2, 0, 1)}
    jobs = share_out(requests, 3)
    apart = {}
    for number in samplers:  # as if each were in its own process
        mine = [job for job in jobs if job.sampler == number]
        apart.update(zip(mine, collect(mine, requests, samplers, actor), strict=True))
    for number, batch in enumerate(together):
        same(batch, concatenate([apart[job] for job in jobs if job.request == number]))


def test_the_policy_is_left_as_it_was_found():
    actor = policy()
    Collector([Counter(True)], actor, 1).collect([Request({"parameters": np.array([3.0, 4.0])}, steps=3)])
    np.testing.assert_array_equal(actor.parameters, [0.0, 0.0])


def test_a_sampler_restored_in_mid_episode_goes_on_bit_for_bit():
    """The puck's target moves after 150 steps: the random stream of the environment is restored, too."""
    actor = LinearGaussianPolicy(6, 2)
    first, second = (Collector([PuckWorld(), PuckWorld()], actor, 4) for _ in range(2))
    request = Request(actor.state(), steps=2 * (LIMIT + 100))
    first.collect([request])
    second.restore(first.state())
    for _ in range(3):
        same(first.collect([request])[0], second.collect([request])[0])


def test_without_exploration_the_mode_is_taken():
    actor = LinearGaussianPolicy(6, 2)
    actor.parameters = np.arange(14.0)
    batch = Collector([PuckWorld()], actor, 1).collect([Request(actor.state(), steps=20, explore=False)])[0]
    np.testing.assert_allclose(batch.actions, actor.mode(batch.observations), rtol=1e-12)


def test_a_policy_for_something_else_is_refused():
    with pytest.raises(InputError, match="takes observations of 1 numbers, the environment gives 6"):
        Collector([PuckWorld()], policy(), 1)
