"""Walks in the simulation: every way to end, a heading held, and a speed that is no artefact of the time step."""

import dataclasses
import math

import pytest

from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.pybullet_body import PyBulletBody, p
from gaitopt.walk.artefacts import find_artefacts
from gaitopt.walk.attitude import yaw
from gaitopt.walk.controller import GaitController
from gaitopt.walk.score import summarize
from gaitopt.walk.traversal import Status, traverse

CALM = {"friction": 0.6, "servo_strength": 1.0, "start_side_m": 0.0, "start_heading_deg": 0.0}


def calm(scenario, field=None, hold=None, **changes):
    """Return the scenario without noise, changed."""
    tables = {
        "field": scenario.field.model_copy(update=field or {}),
        "heading_hold": scenario.heading_hold.model_copy(update=hold or {}),
    }
    return scenario.model_copy(update=CALM | tables | changes)


def walk(robot, gait, scenario, seed=0, observer=None, engine=None):
    with PyBulletBody(robot, engine) as body:
        return traverse(body, GaitController(gait, robot, scenario), scenario, seed, observer)


def test_the_gait_tuned_by_hand_walks_honestly(robot, hand_tuned, field):
    """Near 230 mm/s, as published gaits of both robots were by hand (200 - 254 mm/s)."""
    with PyBulletBody(robot) as body:
        controller = GaitController(hand_tuned, robot, field)
        walks = [traverse(body, controller, field, seed) for seed in range(2)]
    evaluation = summarize(walks)
    assert evaluation.finished == 2
    assert evaluation.artefacts == ()
    assert 0.15 < evaluation.speed_mps < 0.30
    for traversal in walks:
        assert traversal.speed_mps == pytest.approx(field.field.length_m / traversal.time_s)
        assert traversal.distance_m == field.field.length_m
        assert abs(traversal.drift_m) < 0.15
        assert 5 < traversal.energy_j < 200


def test_its_speed_does_not_hang_on_the_time_step(robot, hand_tuned, field):
    metre = calm(field, {"length_m": 1.0})
    whole, half = (walk(robot, hand_tuned, metre, engine=EngineSpec(time_step_s=step)) for step in (0.004, 0.002))
    assert half.speed_mps == pytest.approx(whole.speed_mps, rel=0.10)


def test_tiny_steps_run_out_of_time(robot, hand_tuned, field):
    creep = dataclasses.replace(hand_tuned, length=0.01)
    traversal = walk(robot, creep, calm(field, {"time_limit_s": 2.0}))
    assert traversal.status is Status.TIMEOUT
    assert traversal.time_s is None
    assert traversal.commands == 250
    assert 0 < traversal.speed_mps < 0.1


def test_who_walks_off_sideways_leaves_the_field(robot, hand_tuned, field):
    askew = calm(field, {"half_width_m": 0.25}, {"limit": 0.0}, start_heading_deg=80.0)
    traversal = walk(robot, hand_tuned, askew)
    assert traversal.status is Status.LEFT_FIELD
    assert traversal.drift_m == pytest.approx(0.25, abs=0.03)
    assert traversal.distance_m < 0.1


def test_who_is_shoved_falls(robot, hand_tuned, short_field):
    def shove(body, state):
        if state.time > 0.2:
            p.resetBaseVelocity(body._body, [0, 0, 0.5], [25, 0, 0], physicsClientId=body._client)

    traversal = walk(robot, hand_tuned, calm(short_field), observer=shove)
    assert traversal.status is Status.FELL
    assert traversal.speed_mps == 0.0


@pytest.mark.parametrize("start_deg", [-12.0, 12.0])
def test_a_heading_is_held(robot, hand_tuned, field, start_deg):
    """12 degrees off over 1 m are 21 cm sideways; held, the robot comes back to the middle line."""
    ends = {}
    for limit in (0.0, field.heading_hold.limit):
        scenario = calm(field, {"length_m": 0.85}, {"limit": limit}, start_heading_deg=start_deg)
        states = []
        walk(robot, hand_tuned, scenario, observer=lambda _, state: states.append(state))  # noqa: B023
        ends[limit] = states[-1]
    free, held = ends[0.0], ends[field.heading_hold.limit]
    assert free.position[1] * math.copysign(1, start_deg) > 0.10
    assert abs(held.position[1]) < abs(free.position[1]) / 2
    assert abs(yaw(held.orientation)) < abs(math.radians(start_deg)) / 2


def test_a_positive_skew_walks_to_the_left(robot, hand_tuned, field):
    free = calm(field, {"length_m": 0.4}, {"limit": 0.0})
    ends = [walk(robot, dataclasses.replace(hand_tuned, skew=skew), free).drift_m for skew in (-0.3, 0.0, 0.3)]
    assert ends[0] < ends[1] - 0.03
    assert ends[2] > ends[1] + 0.03


def test_walking_on_the_knees_is_an_artefact(robot, hand_tuned, field):
    """The body as low as its ranges allow."""
    low = dataclasses.replace(hand_tuned, body_height_front=0.06, body_height_rear=0.07)
    assert find_artefacts([walk(robot, low, calm(field, {"time_limit_s": 1.5}))])[0].startswith("knees: ")
