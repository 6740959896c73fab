import pickle

import numpy as np
import pytest

from gaitopt.gait.gait_file import load_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.run.rollout import RolloutTask, World, fresh_tasks, measure
from gaitopt.run.walkers.walker import GaitWalker, gait_walker
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse


@pytest.fixture(scope="module")
def walker(ers7):
    return GaitWalker(load_gait("hand-tuned", ers7))


@pytest.fixture(scope="module")
def shorter(ers7, walker):
    """The same gait with a shorter stroke."""
    vector = walker.gait.parameters.to_vector() * np.where(np.arange(12) == 6, 0.9, 1.0)
    return gait_walker(ers7, GaitParameters.from_vector(vector))


@pytest.fixture(scope="module")
def world(ers7, tiny_field):
    return World(ers7, tiny_field, EngineSpec())


def test_walkers_are_measured_by_the_same_evaluation_walks_reported_one_by_one(walker, shorter, world):
    reported = {}
    results = measure([walker, shorter], world, 3, 4, 1, report=reported.__setitem__)
    seeds = [traversal_seed(4, Stream.FRESH, repeat) for repeat in range(3)]
    with make_body(world.robot) as body:
        walks = [
            traverse(body, GaitController(it.gait.parameters, world.robot, world.scenario), world.scenario, seed)
            for it in (walker, shorter)
            for seed in seeds
        ]
    assert reported == dict(enumerate(walks))
    assert [result.repeats for result in results] == [3, 3]
    for result, own in zip(results, (walks[:3], walks[3:]), strict=True):
        assert result.speed_mps == pytest.approx(np.mean([walk.speed_mps for walk in own]), rel=1e-12)
    assert results == measure([walker, shorter], world, 3, 4, 2)
    assert results != measure([walker, shorter], world, 3, 5, 1)


def test_a_walk_depends_on_its_task_alone(walker, shorter, world):
    first, second = fresh_tasks(walker, 2, seed=0)
    rollout = world.rollout()
    walks = [rollout(task).traversal for task in (first, second, RolloutTask(shorter, first.seed), second, first)]
    rollout.close()
    rollout.close()
    assert walks[0] == walks[4]
    assert walks[1] == walks[3]
    assert len({walk.speed_mps for walk in walks}) == 3
    factory = pickle.loads(pickle.dumps(world.rollout))  # as sent to a worker
    assert factory()(second).traversal == walks[1]


def test_the_engine_is_the_one_asked_for(walker, ers7, tiny_field):
    [task] = fresh_tasks(walker, 1, seed=0)
    fine, coarse = (World(ers7, tiny_field, EngineSpec(time_step_s=step)).rollout() for step in (0.002, 0.004))
    assert fine(task).traversal.speed_mps != coarse(task).traversal.speed_mps
    fine.close()
    coarse.close()


def test_a_task_of_a_gait_is_sent_as_little_more_than_twelve_numbers(walker):
    [task] = fresh_tasks(walker, 1, seed=0)
    assert walker.gait.origin  # which is not sent
    again = pickle.loads(pickle.dumps(task))
    assert again.walker.key == walker.key
    assert again.walker.gait.parameters == walker.gait.parameters
    assert len(pickle.dumps(task)) < 400
