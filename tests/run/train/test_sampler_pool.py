"""Rollouts in worker processes: the same bits whatever the number of processes, and whoever is killed."""

import os
import signal
from dataclasses import fields
from typing import ClassVar

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.rl.mdps.puck_world import PuckWorld
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.request import Request
from gaitopt.rl.rollout import Collector
from gaitopt.run.train.sampler_pool import SamplerFactory, SamplerPool

OPTIONS = {"observation_size": 6, "actions": 2, "hidden": [8]}
SAMPLERS = 5


def factory(environment=PuckWorld, options=OPTIONS):
    return SamplerFactory(environment, "gaussian-mlp", options, run_seed=3)


def requests(number=0):
    policy = make_policy("gaussian-mlp", OPTIONS)
    policy.move(np.full(policy.size, 0.01 * number, policy.parameters.dtype))
    return [Request(policy.state(), steps=203), Request(policy.state(), episodes=3)]


def same(batches, others):
    pairs = [(a, b) for a, b in zip(batches, others, strict=True)]
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for a, b in pairs for f in fields(a))


@pytest.fixture
def alone():
    """Three collections in this process."""
    with SamplerPool(factory(), SAMPLERS, 1) as pool:
        return [pool.collect(requests(number)) for number in range(3)]


def test_one_process_lives_through_what_the_collector_does(alone):
    collector = Collector([PuckWorld() for _ in range(SAMPLERS)], make_policy("gaussian-mlp", OPTIONS), run_seed=3)
    for number, batches in enumerate(alone):
        assert same(collector.collect(requests(number)), batches)
    assert not same(alone[0], alone[1])  # the comparison can fail


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_processes_changes_nothing(alone, workers):
    with SamplerPool(factory(), SAMPLERS, workers) as pool:
        for number, batches in enumerate(alone):
            assert same(pool.collect(requests(number)), batches)


def test_a_killed_process_loses_nothing(alone):
    with SamplerPool(factory(), SAMPLERS, 2) as pool:
        assert same(pool.collect(requests(0)), alone[0])
        for process in pool._processes.values():
            os.kill(process._process.pid, signal.SIGKILL)
        assert same(pool.collect(requests(1)), alone[1])
        assert same(pool.collect(requests(2)), alone[2])


class Closable(PuckWorld):
    open_ones: ClassVar[set[int]] = set()

    def __init__(self):
        super().__init__()
        self.open_ones.add(id(self))

    def close(self):
        self.open_ones.remove(id(self))


def test_a_pool_in_this_process_lets_go_of_its_environments_and_can_go_on(alone):
    pool = SamplerPool(factory(Closable), SAMPLERS, 1)
    assert same(pool.collect(requests(0)), alone[0])
    assert len(Closable.open_ones) == SAMPLERS
    pool.close()
    assert not Closable.open_ones
    assert same(pool.collect(requests(1)), alone[1])
    pool.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_another_pool_goes_on_from_a_state(alone, workers):
    with SamplerPool(factory(), SAMPLERS, 2) as pool:
        pool.collect(requests(0))
        state = pool.state()
    with SamplerPool(factory(), SAMPLERS, workers) as pool:
        pool.restore(state)
        assert same(pool.collect(requests(1)), alone[1])


def test_a_state_taken_up_before_anything_was_lived_through_is_the_beginning(alone):
    with SamplerPool(factory(), SAMPLERS, 1) as pool:
        state = pool.state()
    with SamplerPool(factory(), SAMPLERS, 1) as pool:
        pool.collect(requests(2))
        pool.restore(state)
    with SamplerPool(factory(), SAMPLERS, 1) as pool:
        pool.restore(state)
        assert same(pool.collect(requests(0)), alone[0])


def test_a_state_of_another_number_of_samplers_is_refused():
    with SamplerPool(factory(), 2, 1) as pool:
        state = pool.state()
    with SamplerPool(factory(), 3, 1) as pool, pytest.raises(InputError, match="is of 2 environments, expected 3"):
        pool.restore(state)


def test_a_policy_of_another_size_is_refused():
    with SamplerPool(factory(options={**OPTIONS, "observation_size": 5}), 1, 1) as pool:
        policy = make_policy("gaussian-mlp", {**OPTIONS, "observation_size": 5})
        with pytest.raises(InputError, match="takes observations of 5 numbers, the environment gives 6"):
            pool.collect([Request(policy.state(), steps=4)])


class Broken(PuckWorld):
    """Gives a reward that is no number after some steps."""

    def step(self, action):
        observation, reward, terminated, truncated = super().step(action)
        return observation, float("nan") if self._time == 7 else reward, terminated, truncated


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_no_number_names_environment_and_step(workers):
    with (
        SamplerPool(factory(Broken), 2, workers) as pool,
        pytest.raises(InputError, match=r"environment 0, .*step 6.*nan"),
    ):
        pool.collect(requests())


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0)])
def test_numbers_below_one_are_refused(numbers):
    with pytest.raises(InputError, match="expected 1 or more"):
        SamplerPool(factory(), *numbers)
