"""Tables of joint angles: what joints and servos can do, over random gaits; periodic; exact at their frames."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robot_poses import hip_height, in_their_planes

from gaitopt.gait.cycle import Cycle, cycle, cycles, limit_speed
from gaitopt.gait.gait_file import load_gait
from gaitopt.gait.locus import foot_targets
from gaitopt.gait.space import GaitSpace
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import load_robot, robot_names

PERIOD = 0.008
ROBOTS = [load_robot(name) for name in robot_names()]
points = st.lists(st.floats(0, 1), min_size=12, max_size=12).map(np.array)


@pytest.fixture
def gait(robot):
    return load_gait("hand-tuned", robot).parameters


@pytest.fixture
def scale(robot):
    """How large the robot is; the ERS-7 is 1."""
    return hip_height(robot) / 0.11


@pytest.fixture
def easy(gait, robot, scale):
    """Slow, low, small steps well within reach."""
    places = {"front_fore": 0.02, "rear_fore": -0.02, "front_side": 0.01, "rear_side": 0.01}
    heights = {"body_height_front": 0.11, "body_height_rear": 0.115, "front_height": 0.01, "rear_height": 0.01}
    sizes = {name: value * scale for name, value in (places | heights | {"length": 0.015}).items()}
    return dataclasses.replace(gait, **sizes | dict.fromkeys(("skew", *GaitSpace(robot).inactive), 0.0), cycle_time=1.2)


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)
@settings(max_examples=30)
@given(point=points)
def test_any_gait_keeps_the_limits_of_joints_and_servos(robot, point):
    space = GaitSpace(robot)
    gait = space.from_cube(point[: len(space.active)])
    table = cycle(gait, robot, PERIOD)
    low, high = robot.joint_limits.T
    assert len(table.angles) == round(gait.cycle_time / PERIOD)
    assert (table.angles >= low - 1e-12).all()
    assert (table.angles <= high + 1e-12).all()
    speed = np.abs(np.roll(table.angles, -1, axis=0) - table.angles) * len(table.angles) / gait.cycle_time
    assert (speed <= robot.joint_speeds + 1e-6).all()  # from the last row to the first, too
    assert 0 <= table.unreachable <= 1
    assert 0 <= table.saturated <= 1


def test_an_easy_gait_is_walked_as_wanted(easy, robot):
    table = cycle(easy, robot, PERIOD)
    assert table.unreachable == 0
    assert table.saturated == 0
    assert table.duration == easy.cycle_time
    phase = np.arange(len(table.angles)) / len(table.angles)
    legs = kinematics(robot)
    wanted = in_their_planes(robot, foot_targets(easy, robot, phase))
    np.testing.assert_allclose(legs.forward(legs.pose(table.angles)), wanted, atol=1e-6)


def test_a_foot_too_far_is_counted(easy, robot, scale):
    back = dataclasses.replace(easy, rear_fore=-0.2 * scale)
    assert cycle(back, robot, PERIOD).unreachable == 0.5  # both rear feet
    high = dataclasses.replace(easy, body_height_front=0.3 * scale, body_height_rear=0.3 * scale)
    assert cycle(high, robot, PERIOD).unreachable == 1


def test_a_joint_too_fast_is_counted(easy, robot, scale):
    cycle_time = min(0.24, 1.75 / robot.joint_speeds.min())  # on all legs as hasty as 0.24 s on the ERS-7's
    hasty = dataclasses.replace(easy, length=0.06 * scale, front_height=0.04 * scale, cycle_time=cycle_time)
    assert cycle(hasty, robot, PERIOD).saturated > 0.2


def test_many_turns_give_what_each_gives_alone(gait, robot):
    turns = (0.3, 0.0, -0.3)
    for turn, together in zip(turns, cycles(gait, robot, PERIOD, turns), strict=True):
        alone = cycle(gait, robot, PERIOD, turn)
        # The search for the nearest foot ends for all feet at once, so that the last digits differ.
        np.testing.assert_allclose(together.angles, alone.angles, atol=1e-4)
        assert together.unreachable == pytest.approx(alone.unreachable)
        assert together.saturated == pytest.approx(alone.saturated, abs=0.01)


def test_a_turn_is_a_skew(easy, robot):
    skewed = dataclasses.replace(easy, skew=0.2)
    np.testing.assert_allclose(cycle(easy, robot, PERIOD, 0.2).angles, cycle(skewed, robot, PERIOD).angles, atol=1e-12)


def test_left_turns_mirror_right_turns(easy, robot):
    """A left turn, half a cycle later, is a right turn in the mirror."""
    left, right = (kinematics(robot).pose(cycle(easy, robot, PERIOD, turn).angles) for turn in (0.2, -0.2))
    assert len(left) % 2 == 0
    mirrored = np.roll(right, len(right) // 2, axis=0)[:, [1, 0, 3, 2]]
    np.testing.assert_allclose(left, mirrored, atol=1e-9)


class TestBetweenFrames:
    table = Cycle(np.random.default_rng(0).random((7, 12)), 0.7, 0.0, 0.0)

    def test_exact_at_every_frame(self):
        np.testing.assert_allclose(self.table.at(np.arange(7) * 0.1), self.table.angles, atol=1e-12)

    def test_halfway_is_the_mean(self):
        halfway = (self.table.angles + np.roll(self.table.angles, -1, axis=0)) / 2
        np.testing.assert_allclose(self.table.at(np.arange(7) * 0.1 + 0.05), halfway, atol=1e-12)

    def test_repeats(self):
        times = np.linspace(0, 0.699, 50)
        np.testing.assert_allclose(self.table.at(times + 3 * 0.7), self.table.at(times), atol=1e-9)


def follow_for_long(wanted, step, laps=3000):
    """Second implementation: one joint runs after its target, lap after lap, until nothing changes any more."""
    angle = wanted[-1]
    for _ in range(laps):
        begun, table = angle, []
        for target in wanted:
            angle = angle + max(-step, min(step, target - angle))
            table.append(angle)
        if angle == begun:
            break
    return np.array(table)


class TestLimitSpeed:
    def test_leaves_alone_what_is_slow_enough(self):
        wanted = np.sin(2 * np.pi * np.arange(50) / 50)[:, None]
        np.testing.assert_array_equal(limit_speed(wanted, np.array([0.2])), wanted)

    @settings(max_examples=60)
    @given(st.lists(st.floats(-2, 2), min_size=4, max_size=30), st.sampled_from([0.01, 0.03, 0.1, 0.3]))
    def test_follows_as_a_joint_would_that_runs_for_long(self, wanted, step):
        table = limit_speed(np.array(wanted)[:, None], np.array([step]))[:, 0]
        assert (np.abs(table - np.roll(table, 1)) <= step + 1e-8).all()
        # Where a cycle can close at more than one angle, any will do: a joint that starts there stays on the table.
        angle = table[-1]
        for row, target in zip(table, wanted, strict=True):
            angle = angle + max(-step, min(step, target - angle))
            assert angle == pytest.approx(row, abs=1e-8)

    @pytest.mark.parametrize("ahead", [16, 18, 25])
    def test_closes_a_cycle_that_needs_many_laps(self, ahead):
        """A square wave, longer up than down, far higher than the joint climbs in a lap."""
        wanted = np.where(np.arange(30) < ahead, 2.0, -2.0)
        table = limit_speed(wanted[:, None], np.array([0.03]))[:, 0]
        np.testing.assert_allclose(table, follow_for_long(wanted, 0.03), atol=1e-8)

    def test_a_few_laps_would_not_close_it(self):
        """Negative control for the test above."""
        wanted = np.where(np.arange(30) < 16, 2.0, -2.0)
        table = follow_for_long(wanted, 0.03, laps=4)
        assert abs(table[0] - table[-1]) > 0.03

    def test_joints_and_turns_do_not_mix(self):
        rng = np.random.default_rng(3)
        wanted, step = rng.normal(size=(20, 3, 12)), rng.uniform(0.05, 0.5, 12)
        table = limit_speed(wanted, step)
        for i in range(3):
            for j in range(12):
                alone = limit_speed(wanted[:, i, j : j + 1], step[j : j + 1])[:, 0]
                np.testing.assert_allclose(table[:, i, j], alone, atol=1e-8)
