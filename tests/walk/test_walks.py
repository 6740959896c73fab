"""Walks in the simulation: every way to end, a heading held, and a speed that is no artefact of the time step."""

import dataclasses
import math

import pytest

from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.sim.pybullet_body import PyBulletBody
from gaitopt.hal.sim.pybullet_world import p
from gaitopt.hal.sim.simulated_body import GRAVITY
from gaitopt.walk.attitude import yaw
from gaitopt.walk.controller import GaitController
from gaitopt.walk.evaluation import summarize
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
    """Near 230 mm/s, as published gaits of both AIBOs were by hand (200 - 254 mm/s), at a likely cost of transport."""
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
        way = field.field.run_up_m + field.field.length_m
        assert 0.15 < traversal.energy_j / (robot.mass_kg * GRAVITY * way) < 5.5


def test_its_speed_does_not_hang_on_the_time_step(robot, hand_tuned, field):
    metre = calm(field, {"length_m": 1.0})
    whole, half = (walk(robot, hand_tuned, metre, engine=EngineSpec(time_step_s=step)) for step in (0.004, 0.002))
    assert half.speed_mps == pytest.approx(whole.speed_mps, rel=0.10)


def test_tiny_steps_run_out_of_time(robot, hand_tuned, field):
    creep = dataclasses.replace(hand_tuned, length=robot.gait["length"].low)
    traversal = walk(robot, creep, calm(field, {"time_limit_s": 2.0}))
    assert traversal.status is Status.TIMEOUT
    assert traversal.time_s is None
    assert traversal.commands == round(2.0 / robot.servo.command_period_s)
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


def test_a_heading_is_held(robot, hand_tuned, field):
    """12 degrees off over 1 m are 21 cm sideways; held, the robot comes back to the middle line."""
    # Paws that cannot go sideways skid, and turn the body by a fraction of what they are told.
    hold = {"gain": 4.0, "limit": 1.2} if robot.planar else {}
    free, held = (ends_of_oblique_walks(robot, hand_tuned, field, way) for way in ({"limit": 0.0}, hold))
    # A light robot veers off at its first steps: the walks to both sides are told from each other, not from the line.
    apart = free[1].position[1] - free[-1].position[1]
    assert apart > 0.20
    for end in held.values():
        assert abs(end.position[1]) < apart / 4
        assert abs(yaw(end.orientation)) < math.radians(12.0) / 2


def ends_of_oblique_walks(robot, gait, field, hold):
    """Return the last readings of walks of 1 m that start 12 degrees to the left (1) and to the right (-1)."""
    ends = {}
    for side in (-1, 1):
        scenario = calm(field, {"length_m": 0.85}, hold, start_heading_deg=12.0 * side)
        states = []
        walk(robot, gait, scenario, observer=lambda _, state: states.append(state))  # noqa: B023
        ends[side] = states[-1]
    return ends


def test_a_positive_skew_walks_to_the_left(robot, hand_tuned, field):
    free = calm(field, {"length_m": 0.4, "time_limit_s": 8.0}, {"limit": 0.0})
    skew = 0.48 if robot.planar else 0.3  # paws that cannot go sideways skid
    ends = [walk(robot, dataclasses.replace(hand_tuned, skew=part * skew), free).drift_m for part in (-1, 0, 1)]
    assert ends[0] < ends[1] - 0.03
    assert ends[2] > ends[1] + 0.03


def test_walking_on_the_knees_is_measured(robot, hand_tuned, field):
    """The body as low as its ranges allow; those of the two robots with wiring keep them off their knees: go lower."""
    front, rear = (robot.gait[f"body_height_{end}"].low for end in ("front", "rear"))
    lower = {"petoi-bittle": 0.020, "dynamixel-quadruped": 0.035}.get(robot.name, 0.0)
    low = dataclasses.replace(hand_tuned, body_height_front=front - lower, body_height_rear=rear - lower)
    short = calm(field, {"time_limit_s": 1.5})
    assert walk(robot, low, short).knees > 0.3 > 0.2 > walk(robot, hand_tuned, short).knees
