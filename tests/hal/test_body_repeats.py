"""A traversal depends on gait, robot, scenario, engine and seed, and on nothing else: compared bit for bit."""

import dataclasses
import itertools
import subprocess
import sys

import numpy as np
import pytest
from engine_rigs import ENGINES

from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.engine import engine_of
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import Payload
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import Status, traverse


def walk(body, gait, scenario, seed, observer=None):
    """Return the traversal and every state on the way."""
    states = []

    def watch(body, state):
        states.append(state)
        if observer is not None:
            observer()

    return traverse(body, GaitController(gait, body.robot, scenario), scenario, seed, watch), states


@pytest.fixture(scope="module", params=["aibo-ers7", "petoi-bittle"])
def robot(request):
    """Robots as different as can be, with 12 joints and 8: these tests are about the body's code."""
    return load_robot(request.param)


@pytest.fixture(scope="module")
def hand_tuned(robot):
    return load_gait("hand-tuned", robot).parameters


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request):
    return ENGINES[request.param]


@pytest.fixture(scope="module")
def alone(engine, robot, hand_tuned, short_field):
    """The walk of seed 3 in a body that has done nothing else."""
    with engine.kind(robot) as body:
        return walk(body, hand_tuned, short_field, 3)


def shove(engine, body):
    """Set the trunk rolling, so that the robot falls over."""
    engine.launch(body, (0.0, 0.0, 0.5), (25.0, 0.0, 0.0))


def test_nothing_of_earlier_walks_remains(engine, robot, hand_tuned, short_field, field, alone):
    other = dataclasses.replace(hand_tuned, length=0.03, cycle_time=0.5)
    with engine.kind(robot) as body:
        walk(body, other, short_field, 1)
        fall, _ = walk(body, hand_tuned, short_field, 2, lambda: shove(engine, body))
        assert fall.status is Status.FELL
        assert walk(body, hand_tuned, short_field, 3) == alone
        with_load = short_field.model_copy(update={"payload": Payload(mass_kg=0.2, at_mm=(0.0, 0.0, 60.0))})
        walk(body, hand_tuned, with_load, 3)
        shorter = field.model_copy(update={"field": field.field.model_copy(update={"length_m": 0.2})})
        walk(body, hand_tuned, shorter, 3)  # another world
        assert walk(body, hand_tuned, short_field, 3) == alone
        body.close()
        body.configure()
        assert walk(body, hand_tuned, short_field, 3) == alone


def test_walks_differ_by_their_seed_and_engine(engine, robot, hand_tuned, short_field, alone):
    """Negative control: the comparison above distinguishes walks."""
    with engine.kind(robot) as body:
        assert walk(body, hand_tuned, short_field, 4)[0] != alone[0]
    usual = engine_of(robot, engine.name)
    with engine.kind(robot, usual.changed(time_step_s=usual.time_step_s / 2)) as body:
        assert walk(body, hand_tuned, short_field, 3)[0] != alone[0]


def test_two_bodies_in_one_process_do_not_touch(engine, robot, hand_tuned, short_field, alone):
    """Between any two measurements of one robot, the other walks, falls, and is built again."""
    other_robot = load_robot("aibo-ers7" if robot.planar else "petoi-bittle")
    gait = load_gait("hand-tuned", other_robot).parameters
    with engine.kind(robot) as body, engine.kind(other_robot) as other:
        looks = itertools.count()

        def disturb():
            look = next(looks)
            if look == 5:
                walk(other, gait, short_field, 1)
            elif look == 10:
                assert walk(other, gait, short_field, 2, lambda: shove(engine, other))[0].status is Status.FELL
            elif look == 15:
                other.prepare(short_field, short_field.sample(np.random.default_rng(0)))
                other.activate(GaitController(gait, other_robot, short_field).start_pose, 0.1)
            elif look > 15:
                other.advance(other_robot.servo.command_period_s)

        assert walk(body, hand_tuned, short_field, 3, disturb) == alone
        assert next(looks) > 25


FRESH = """
from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.catalog import make_body
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse
import sys

robot = load_robot(sys.argv[1])
scenario = ScenarioSpec.model_validate_json(sys.argv[2])
with make_body(robot, sys.argv[3]) as body:
    print(traverse(body, GaitController(load_gait("hand-tuned", robot).parameters, robot, scenario), scenario, 3))
"""


def test_a_fresh_process_walks_the_same_and_prints_nothing_else(engine, short_field):
    robot = load_robot("aibo-ers7")
    with engine.kind(robot) as body:
        here, _ = walk(body, load_gait("hand-tuned", robot).parameters, short_field, 3)
    command = [sys.executable, "-c", FRESH, robot.name, short_field.model_dump_json(), f"{engine.name}:"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{here}\n"
    assert done.stderr == ""
