import pickle

import numpy as np
import pytest

from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.run.rollout import Rollout, RolloutFactory, RolloutTask, evaluate, fresh_tasks
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse


@pytest.fixture(scope="module")
def gait(ers7):
    return load_gait("hand-tuned", ers7).parameters


def test_a_gait_is_evaluated_by_fresh_traversals_told_one_by_one(gait, ers7, tiny_field):
    told = {}
    result = evaluate(gait, ers7, tiny_field, repeats=3, seed=4, report=told.__setitem__)
    controller = GaitController(gait, ers7, tiny_field)
    with make_body(ers7) as body:
        seeds = [traversal_seed(4, Stream.FRESH, repeat) for repeat in range(3)]
        walks = [traverse(body, controller, tiny_field, seed) for seed in seeds]
    assert told == dict(enumerate(walks))
    assert result.repeats == 3
    assert result.speed_mps == pytest.approx(np.mean([walk.speed_mps for walk in walks]), rel=1e-12)
    assert result == evaluate(gait, ers7, tiny_field, repeats=3, seed=4, workers=2)
    assert result != evaluate(gait, ers7, tiny_field, repeats=3, seed=5)


def test_a_walk_depends_on_its_task_alone(gait, ers7, tiny_field):
    other = tuple((gait.to_vector() * np.where(np.arange(12) == 6, 0.9, 1.0)).tolist())  # a shorter stroke
    first, second = fresh_tasks(gait, 2, seed=0)
    rollout = Rollout(ers7, tiny_field, EngineSpec())
    walks = [rollout(task).traversal for task in (first, second, RolloutTask(other, first.seed), second, first)]
    rollout.close()
    rollout.close()
    assert walks[0] == walks[4]
    assert walks[1] == walks[3]
    assert len({walk.speed_mps for walk in walks}) == 3
    factory = pickle.loads(pickle.dumps(RolloutFactory(ers7, tiny_field, EngineSpec())))  # as sent to a worker
    assert factory()(second).traversal == walks[1]


def test_the_engine_is_the_one_asked_for(gait, ers7, tiny_field):
    [task] = fresh_tasks(gait, 1, seed=0)
    fine, coarse = (Rollout(ers7, tiny_field, EngineSpec(time_step_s=step)) for step in (0.002, 0.004))
    assert fine(task).traversal.speed_mps != coarse(task).traversal.speed_mps
    fine.close()
    coarse.close()
