"""The controller of a gait: tables against the cycle, and the turn that holds a heading against its formula."""

import math

import numpy as np
import pytest

from gaitopt.gait.cycle import cycle
from gaitopt.hal.body import BodyState
from gaitopt.walk.controller import GaitController


def state(heading=0.0, y=0.0):
    return BodyState(0.0, (0.5, y, 0.12), (0.0, 0.0, math.sin(heading / 2), math.cos(heading / 2)), None, None, None)


BLIND = BodyState(0.0, None, None, None, None, None)


@pytest.fixture(scope="module")
def controller(robot, hand_tuned, field):
    return GaitController(hand_tuned, robot, field)


def table(robot, gait, turn):
    """Return the joint angles of the first 200 commands at a constant turn, (200, joints)."""
    period = robot.servo.command_period_s
    return cycle(gait, robot, period, turn).at(np.arange(200) * period)


def test_straight_on_it_plays_the_cycle(controller, robot, hand_tuned):
    played = np.array([controller.angles(i, 1, state())[0] for i in range(200)])
    np.testing.assert_allclose(played, table(robot, hand_tuned, 0.0), atol=1e-4)
    np.testing.assert_array_equal(controller.start_pose, controller.angles(0, 1, state())[0])


def test_a_body_that_does_not_know_its_heading_goes_straight_on(controller):
    np.testing.assert_array_equal(controller.angles(7, 1, BLIND)[0], controller.angles(7, 1, state())[0])


@pytest.mark.parametrize(("heading", "side"), [(-2.0, 1), (2.0, -1)])
def test_far_off_it_turns_as_sharply_as_it_may(controller, robot, hand_tuned, field, heading, side):
    played = np.array([controller.angles(i, 1, state(heading))[0] for i in range(200)])
    np.testing.assert_allclose(played, table(robot, hand_tuned, side * field.heading_hold.limit), atol=1e-4)


@pytest.mark.parametrize(
    ("heading", "y"), [(0.1, 0.0), (-0.1, 0.0), (0.0, 0.08), (0.0, -0.08), (0.15, -0.05), (0.3, -0.1)]
)
def test_the_turn_is_gain_times_the_angle_to_a_point_ahead_on_the_middle_line(controller, field, heading, y):
    hold = field.heading_hold
    straight = controller.angles(50, 1, state())[0]
    part = hold.gain * (math.atan2(-y, hold.look_ahead_m) - heading) / hold.limit
    assert 0.01 < abs(part) < 1
    sharpest = controller.angles(50, 1, state(heading=-2.0 if part > 0 else 2.0))[0]
    expected = straight + abs(part) * (sharpest - straight)
    np.testing.assert_allclose(controller.angles(50, 1, state(heading, y))[0], expected, atol=1e-12)


def test_heading_for_the_point_ahead_is_heading_right(controller, field):
    heading = math.atan2(0.1, field.heading_hold.look_ahead_m)
    np.testing.assert_allclose(
        controller.angles(50, 1, state(heading, -0.1))[0], controller.angles(50, 1, state())[0], atol=1e-12
    )


def test_without_a_limit_no_heading_is_held(robot, hand_tuned, field):
    free = field.model_copy(update={"heading_hold": field.heading_hold.model_copy(update={"limit": 0.0})})
    controller = GaitController(hand_tuned, robot, free)
    np.testing.assert_array_equal(controller.angles(9, 1, state(heading=1.0))[0], controller.angles(9, 1, state())[0])


def test_angles_last_until_the_time_limit(controller, robot, field):
    last = round(field.field.time_limit_s / robot.servo.command_period_s)
    assert np.isfinite(controller.angles(last, 1, state(0.1))[0]).all()
