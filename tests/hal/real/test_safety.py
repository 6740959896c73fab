"""The safety rules as pure functions: what may be sent, and when a robot must be stopped."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from gaitopt.errors import BodyError
from gaitopt.hal.driver import Health, Measurement
from gaitopt.hal.real.safety import SafetyLimits, limit_command, minimum_jerk, reason_not_to_move, tilt_of

JOINTS = 4
LOW, HIGH = np.array([-1.0, -0.5, 0.0, -2.0]), np.array([1.0, 0.5, 2.0, -1.0])
MIDDLE = (LOW + HIGH) / 2
FAR = np.full(JOINTS, 9.0)
LIMITS = SafetyLimits()


def vectors(low=-10.0, high=10.0):
    return arrays(float, JOINTS, elements=st.floats(low, high))


def admitted(angles, last=MIDDLE, reach=FAR, present=None, lead=0.6):
    return limit_command(np.asarray(angles, dtype=float), LOW, HIGH, last, reach, present, lead)


def test_angles_within_all_limits_pass_as_they_are():
    wanted = MIDDLE + np.array([0.1, -0.1, 0.2, 0.0])
    np.testing.assert_array_equal(admitted(wanted, present=MIDDLE), wanted)


@pytest.mark.parametrize("shape", [(3,), (5,), (1, 4), (2, 2), ()])
def test_another_number_of_angles_is_refused(shape):
    with pytest.raises(BodyError, match=r"got angles of shape .*; expected \(4,\)"):
        admitted(np.zeros(shape))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("joint", range(JOINTS))
def test_an_angle_that_is_no_number_is_refused(bad, joint):
    wanted = MIDDLE.copy()
    wanted[joint] = bad
    with pytest.raises(BodyError, match="not a number; the robot was not moved"):
        admitted(wanted)


def test_each_joint_has_limits_of_its_own():
    np.testing.assert_array_equal(admitted(FAR), HIGH)
    np.testing.assert_array_equal(admitted(-FAR), LOW)


def test_a_joint_is_sent_no_further_than_its_reach_from_where_it_was_sent_last():
    reach = np.array([0.1, 0.2, 0.0, 0.3])
    np.testing.assert_allclose(admitted(FAR, reach=reach), MIDDLE + reach)
    np.testing.assert_allclose(admitted(-FAR, reach=reach), MIDDLE - reach)


def test_a_joint_is_sent_no_further_than_its_lead_from_where_it_is_measured():
    present = MIDDLE + np.array([0.05, -0.05, 0.3, 0.1])
    np.testing.assert_allclose(admitted(FAR, present=present, lead=0.15), present + 0.15)
    np.testing.assert_allclose(admitted(-FAR, present=present, lead=0.15), present - 0.15)
    np.testing.assert_array_equal(admitted(FAR, present=None, lead=0.15), HIGH)  # not measured: no such rule


def test_the_slew_limit_counts_from_the_sent_angles_not_the_measured():
    """A robot that lags must not slow its own gait down: its servos are commanded on at full speed."""
    lagging = MIDDLE - 0.3
    np.testing.assert_allclose(admitted(FAR, reach=np.full(JOINTS, 0.1), present=lagging), MIDDLE + 0.1)


@given(vectors(), vectors(-2.5, 2.5), vectors(0.0, 1.0))
def test_no_wanted_angles_break_a_rule(wanted, last, reach):
    sent = admitted(wanted, last=last, reach=reach)
    assert (np.abs(sent - last) <= reach + 1e-12).all()
    inside = (last >= LOW) & (last <= HIGH)
    assert ((sent >= LOW) & (sent <= HIGH))[inside].all()
    # From outside, it stays or comes back, and never overshoots the other way.
    assert (sent[last > HIGH] <= last[last > HIGH]).all()
    assert (sent[last < LOW] >= last[last < LOW]).all()
    assert (sent >= np.minimum(LOW, last)).all()
    assert (sent <= np.maximum(HIGH, last)).all()


@given(vectors(), vectors(0.0, 1.0), vectors(-0.2, 0.2))
def test_no_wanted_angles_lead_a_measured_joint_too_far(wanted, reach, error):
    present = MIDDLE + error
    sent = admitted(wanted, reach=reach, present=present, lead=0.3)
    assert (np.abs(sent - present) <= 0.3 + 1e-12).all()
    assert (np.abs(sent - MIDDLE) <= reach + 1e-12).all()


@given(vectors(), vectors(-2.5, 2.5), vectors(0.0, 1.0), vectors(-2.5, 2.5))
def test_joint_limits_have_priority_over_all_other_rules(wanted, last, reach, present):
    sent = admitted(wanted, last=last, reach=reach, present=present)
    assert (sent >= np.minimum(LOW, last)).all()
    assert (sent <= np.maximum(HIGH, last)).all()


@given(vectors(-2.5, 2.5), vectors(0.01, 0.5), vectors(-1.0, 1.0))
def test_a_joint_beyond_its_limits_comes_back_within_the_slew_and_arrives(start, reach, part):
    goal = MIDDLE + part * (HIGH - LOW) / 2
    sent, farthest = start, np.abs(goal - start).max()
    for _ in range(math.ceil(farthest / reach.min()) + 1):
        sent = admitted(goal, last=sent, reach=reach)
    np.testing.assert_allclose(sent, goal, atol=1e-12)


@given(vectors(-2.5, 2.5))
def test_a_joint_beyond_its_limits_is_not_pulled_back_at_once(last):
    """Negative control: limits alone would send it there in one leap."""
    assume((last > HIGH + 0.2).any())
    leap = np.clip(last, LOW, HIGH)
    sent = admitted(leap, last=last, reach=np.full(JOINTS, 0.1))
    assert np.abs(leap - last).max() > 0.1
    assert np.abs(sent - last).max() <= 0.1 + 1e-12


@given(st.floats(-math.pi, math.pi), st.floats(-math.pi / 2, math.pi / 2), st.floats(-math.pi, math.pi))
def test_tilt_is_the_angle_between_the_trunks_vertical_and_the_worlds(roll, pitch, yaw):
    up = Rotation.from_euler("xyz", [roll, pitch, yaw]).apply([0.0, 0.0, 1.0])
    assert math.cos(tilt_of(Measurement(roll_pitch_yaw=(roll, pitch, yaw)))) == pytest.approx(up[2], abs=1e-9)


def test_roll_and_pitch_add_up_to_a_fall():
    """45 degrees of each are none alone; the larger of the two would miss it."""
    half = math.radians(50)
    assert tilt_of(Measurement(roll_pitch_yaw=(half, 0.0, 0.0))) < LIMITS.largest_tilt
    assert tilt_of(Measurement(roll_pitch_yaw=(half, half, 0.0))) > LIMITS.largest_tilt


def test_a_robot_without_a_sensor_is_not_tilted():
    assert tilt_of(Measurement()) == 0.0
    assert tilt_of(Measurement(roll_pitch_yaw=(math.pi, 0.0, 0.3))) == pytest.approx(math.pi)


SOUND = Health(voltage=7.4, temperatures=np.array([30.0, 40.0, 35.0]))


def test_a_healthy_robot_may_move():
    assert reason_not_to_move(SOUND, 7.0, 65.0) is None
    assert reason_not_to_move(SOUND, None, None) is None
    assert reason_not_to_move(Health(), 7.0, 65.0) is None  # nothing is measured


@pytest.mark.parametrize(
    ("health", "why"),
    [
        (replace(SOUND, voltage=6.9), r"battery low: 6\.9 V, expected at least 7\.0 V; charge it"),
        (replace(SOUND, temperatures=np.array([30.0, 66.0, 70.0])), "joint 2 is at 70 .* at most 65; let it cool"),
        (replace(SOUND, problems=("servo 3: overload", "servo 4: overheating")), "servo 3: overload"),
        (replace(SOUND, voltage=0.0, problems=("the board restarted",)), "the board restarted"),
    ],
)
def test_an_unhealthy_robot_must_not_move(health, why):
    reason = reason_not_to_move(health, 7.0, 65.0)
    assert reason is not None
    assert re.match(why, reason)


def test_the_limits_themselves_are_allowed():
    assert reason_not_to_move(replace(SOUND, voltage=7.0, temperatures=np.array([65.0])), 7.0, 65.0) is None


@given(vectors(-2.0, 2.0), vectors(-2.0, 2.0), st.integers(1, 200))
def test_easing_ends_where_it_should_and_stays_between(start, end, steps):
    poses = minimum_jerk(start, end, steps)
    assert poses.shape == (steps, JOINTS)
    np.testing.assert_allclose(poses[-1], end, atol=1e-12)
    assert (poses >= np.minimum(start, end) - 1e-12).all()
    assert (poses <= np.maximum(start, end) + 1e-12).all()
    ways = np.diff(np.vstack([start, poses]), axis=0) * np.sign(end - start)
    assert (ways >= -1e-12).all()  # never back


def test_easing_has_minimum_jerk():
    """Peak speed 15/8 of the mean, halfway; no speed and no acceleration at either end (Flash & Hogan 1985)."""
    n = 1000
    path = np.concatenate([[0.0], minimum_jerk(np.zeros(1), np.ones(1), n)[:, 0]])
    speed = np.gradient(path, 1 / n)
    acceleration = np.gradient(speed, 1 / n)
    assert speed.max() == pytest.approx(15 / 8, abs=1e-4)
    assert speed.argmax() == n // 2
    assert path[n // 2] == pytest.approx(0.5)
    assert np.abs(speed[[0, -1]]).max() < 1e-4
    assert np.abs(acceleration[[1, -2]]).max() < 0.1
    assert np.abs(acceleration).max() == pytest.approx(10 / math.sqrt(3), abs=0.01)


def test_a_straight_line_does_not_have_minimum_jerk():
    """Negative control of the test above."""
    speed = np.gradient(np.linspace(0, 1, 1001), 1 / 1000)
    assert speed.max() < 1.01
    assert speed[0] > 0.99
