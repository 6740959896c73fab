"""What a policy sees, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from gaitopt.errors import BodyError, InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.body import BodyState, Capabilities
from gaitopt.walk.adjustment import AdjustedGait, Adjustments
from gaitopt.walk.perception import GROUPS, ON_BOARD, Perception, check_sensors

UPRIGHT = (0.0, 0.0, 0.0, 1.0)
STILL = np.zeros(12)
ALL_SENSES = Capabilities(simulated=True, position=True, joint_torque=True, contacts=True, camera=True)


@pytest.fixture
def gait(ers7, field):
    return AdjustedGait(load_gait("hand-tuned", ers7).parameters, ers7, field.heading_hold, Adjustments(), 0.008)


@pytest.fixture
def perceive(ers7, field, gait):
    return lambda *groups: Perception(groups, ers7, field, gait)


def state(time=0.0, position=(0.0, 0.0, 0.12), orientation=UPRIGHT, joints=(0.0,) * 12):
    return BodyState(time, position, orientation, joints, None, None)


def turned(roll=0.0, pitch=0.0, yaw=0.0):
    """Return the quaternion of a turn about one axis: roll about x, pitch about y, yaw about z."""
    return math.sin(roll / 2), math.sin(pitch / 2), math.sin(yaw / 2), math.cos((roll + pitch + yaw) / 2)


def test_phase_is_a_point_of_the_circle(perceive, gait):
    gait.phase = 1 / 12
    np.testing.assert_allclose(perceive("phase").see(state(), STILL), [0.5, math.sqrt(3) / 2])


@pytest.mark.parametrize(("angles", "seen"), [({"roll": 0.3}, [0.3, 0.0]), ({"pitch": -0.2}, [0.0, -0.2])])
def test_tilt_is_roll_and_pitch(perceive, angles, seen):
    np.testing.assert_allclose(perceive("tilt").see(state(orientation=turned(**angles)), STILL), seen, atol=1e-12)


def test_rates_are_changes_over_time_and_none_at_first(perceive):
    rates = perceive("rates")
    np.testing.assert_array_equal(rates.see(state(0.0, orientation=turned(roll=0.10)), STILL), [0, 0, 0])
    np.testing.assert_allclose(
        rates.see(state(0.04, orientation=turned(roll=0.12)), STILL), [0.02 / 0.04, 0, 0], atol=1e-9
    )
    rates.begin()
    np.testing.assert_array_equal(rates.see(state(0.0, orientation=turned(roll=-0.5)), STILL), [0, 0, 0])


def test_a_heading_goes_on_past_half_a_turn(perceive):
    """From 3.1 to -3.1 rad it is 2 pi - 6.2 rad to the left, not 6.2 rad to the right."""
    rates = perceive("rates")
    rates.see(state(0.0, orientation=turned(yaw=3.1)), STILL)
    seen = rates.see(state(0.1, orientation=turned(yaw=-3.1)), STILL)
    np.testing.assert_allclose(seen, [0, 0, (2 * math.pi - 6.2) / 0.1], atol=1e-9)


def test_heading_is_the_turn_to_a_point_ahead_on_the_middle_line(perceive, field):
    ahead = field.heading_hold.look_ahead_m
    seen = perceive("heading").see(state(position=(1.0, ahead, 0.12), orientation=turned(yaw=0.2)), STILL)
    np.testing.assert_allclose(seen, [-math.pi / 4 - 0.2])  # it is to the right by 45 degrees, and it looks to the left


def test_joints_are_measured_minus_wanted(perceive):
    measured, wanted = np.linspace(-0.5, 0.6, 12), np.linspace(0.1, 0.0, 12)
    np.testing.assert_allclose(perceive("joints").see(state(joints=tuple(measured)), wanted), measured - wanted)


def test_offsets_are_those_of_the_gait(perceive, gait):
    gait.offsets = np.linspace(-1, 1, len(gait.parameter_names))
    np.testing.assert_array_equal(perceive("offsets").see(state(), STILL), gait.offsets)


def test_velocity_is_seen_from_the_robot(perceive):
    """It looks to the left and goes 0.1 m to the left and 0.02 m ahead in 0.1 s: 1 m/s ahead, 0.2 m/s to its right."""
    velocity, left = perceive("velocity"), turned(yaw=math.pi / 2)
    np.testing.assert_array_equal(velocity.see(state(0.0, (1.0, 0.0, 0.12), left), STILL), [0, 0])
    np.testing.assert_allclose(velocity.see(state(0.1, (1.02, 0.1, 0.12), left), STILL), [1.0, -0.2], atol=1e-12)


def test_place_is_what_is_to_go(perceive, field):
    seen = perceive("place").see(state(position=(0.7, -0.1, 0.12)), STILL)
    np.testing.assert_allclose(seen, [field.field.length_m - 0.7, -0.1])


def test_the_course_is_scaled_and_cut_off(perceive, field, gait):
    course = perceive("course")
    gait.offsets[gait.parameter_names.index("cycle_time")] = -0.4  # quicker steps
    at = (0.5, 0.25, 0.12)
    np.testing.assert_allclose(
        course.see(state(0.0, at, turned(yaw=0.3)), STILL),
        [
            1,
            1.5 / 2,
            0.25 / 0.75,
            -2.0,
            math.atan2(0.25, 0.5) + 0.3,
            0,
            0,
            0.4,
        ],  # by 0.46 + 0.3 rad it should turn right
    )
    course.begin()
    right = course.see(state(0.0, (0.5, -0.05, 0.12), turned(yaw=0.3)), STILL)
    assert right[3] == pytest.approx((math.atan2(0.05, 0.5) - 0.3) / 0.25)
    course.begin()
    course.see(state(0.0, at), STILL)
    seen = course.see(state(0.1, (0.54, 3.25, 0.12)), STILL)  # thrown to the left, at 30 m/s
    np.testing.assert_allclose(seen, [1, 1.46 / 2, 2.0, -2.0, math.atan2(3.25, 0.5), 0.4 / 0.5, 2.0, 0.4])


def test_groups_follow_each_other_in_the_order_asked_for(perceive, gait):
    both = perceive("place", "phase")
    assert both.names == ("to the finish", "left of the middle", "sin phase", "cos phase")
    assert both.units == ("m", "m", "1", "1")
    np.testing.assert_allclose(both.see(state(), STILL), [2.0, 0.0, 0.0, 1.0])


def test_every_group_has_names_units_and_bounds_for_all_its_numbers(perceive):
    for name in GROUPS:
        seen = perceive(name)
        low, high = seen.bounds
        assert len(seen.see(state(), STILL)) == len(seen.names) == len(seen.units) == len(low) == len(high)
        assert (low < high).all()
        assert np.isfinite([low, high]).all()


BLIND_TO = [("tilt", ("tilt", "rates", "heading", "course")), ("position", ("velocity", "place", "course"))]


@pytest.mark.parametrize(("sense", "groups"), BLIND_TO)
def test_what_a_body_lacks_is_refused_by_name(sense, groups):
    body = Capabilities(**{**vars(ALL_SENSES), sense: False})
    named = {"tilt": "tilt sensor", "position": "measured position"}[sense]
    for name in GROUPS:
        if name in groups:
            with pytest.raises(BodyError, match=f"anna.*{named}"):
                check_sensors(("phase", name), body, "anna")
        else:
            check_sensors(("phase", name), body, "anna")


def test_servos_that_tell_nothing_show_no_lag():
    deaf = Capabilities(**{**vars(ALL_SENSES), "feedback": "commanded"})
    with pytest.raises(BodyError, match="measure their angles"):
        check_sensors(ON_BOARD, deaf, "anna")
    check_sensors([name for name in ON_BOARD if name != "joints"], deaf, "anna")


def test_an_unknown_group_is_refused(perceive):
    with pytest.raises(InputError, match="did you mean joints"):
        perceive("phase", "joint")
