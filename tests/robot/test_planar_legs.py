"""Petoi Bittle: legs without elevators, held against Petoi's own geometry."""

import math

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.gait.cycle import cycle
from gaitopt.gait.gait_file import load_gait
from gaitopt.gait.locus import foot_targets
from gaitopt.gait.parameters import PARAMETER_NAMES, GaitParameters, check_ranges
from gaitopt.gait.space import GaitSpace
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import load_robot
from gaitopt.robot.urdf import build_urdf


@pytest.fixture(scope="module")
def bittle():
    return load_robot("petoi-bittle")


def petoi_foot_mm(shoulder_deg, knee_deg):
    """Return the foot (ahead, above) of the shoulder: the closed form of Petoi's drawing, legs of 46 and 48 mm."""
    a, both = math.radians(shoulder_deg), math.radians(shoulder_deg + knee_deg)
    return -46 * math.sin(a) + 48 * math.cos(both), -46 * math.cos(a) - 48 * math.sin(both)


def from_petoi(robot, shoulder_deg, knee_deg):
    """Return the robot's joint angles, (8,), by its wiring."""
    units = {"rotator": shoulder_deg, "knee": knee_deg}
    servos = robot.wiring.servos
    return np.radians(
        [servos[name].sign * (units[name.rpartition("_")[2]] - servos[name].zero) for name in robot.joint_names]
    )


@pytest.mark.parametrize(
    ("shoulder_deg", "knee_deg", "ahead", "above"),
    [(30, 30, 1.0, -81.4), (75, -55, 0.7, -28.3), (0, 0, 48.0, -46.0), (-40, 60, None, None), (50, -20, None, None)],
)
def test_feet_are_where_petoi_has_them(bittle, shoulder_deg, knee_deg, ahead, above):
    legs = kinematics(bittle)
    feet = (legs.forward(legs.pose(from_petoi(bittle, shoulder_deg, knee_deg))) - legs.hip) * 1e3
    x, z = petoi_foot_mm(shoulder_deg, knee_deg)
    if ahead is not None:
        assert (x, z) == pytest.approx((ahead, above), abs=0.05)  # the poses that Petoi names
    np.testing.assert_allclose(feet[:, 0], x, atol=1e-9)
    np.testing.assert_allclose(feet[:, 2], z, atol=1e-9)
    np.testing.assert_allclose(feet[:, 1], -14.5 * legs.side, atol=1e-9)


def test_growing_shoulder_angle_moves_the_foot_back_as_in_petoi_gaits(bittle):
    """Negative control: with the other sign the robot would walk backward."""
    legs = kinematics(bittle)
    before, after = (legs.forward(legs.pose(from_petoi(bittle, a, 30)))[:, 0] for a in (30, 31))
    assert (after < before).all()


def test_petoi_counts_legs_clockwise(bittle):
    order = {
        bittle.wiring.servos[f"{leg}_rotator"].id: leg
        for leg in ("front_left", "front_right", "rear_left", "rear_right")
    }
    assert [order[i] for i in (8, 9, 10, 11)] == ["front_left", "front_right", "rear_right", "rear_left"]


def test_pose_and_joints_are_inverse(bittle):
    legs = kinematics(bittle)
    angles = np.arange(16.0).reshape(2, 8)
    pose = legs.pose(angles)
    assert pose.shape == (2, 4, 3)
    assert (pose[..., 1] == 0).all()
    np.testing.assert_array_equal(legs.joints(pose), angles)


def test_feet_keep_to_their_planes(bittle):
    """Where a foot should be sideways is passed over; in its plane it gets there exactly."""
    gait = load_gait("hand-tuned", bittle).parameters
    legs = kinematics(bittle)
    phase = np.arange(40) / 40
    targets = foot_targets(gait, bittle, phase)
    solution = legs.inverse(targets)
    assert solution.reachable.all()
    feet = legs.forward(solution.angles)
    np.testing.assert_allclose(feet[..., ::2], targets[..., ::2], atol=1e-9)
    assert (solution.angles[..., 1] == 0).all()


def test_a_turn_makes_outer_strokes_longer(bittle):
    gait = load_gait("hand-tuned", bittle).parameters
    straight, left = (foot_targets(gait, bittle, np.arange(40) / 40, turn)[..., 0] for turn in (0.0, 0.2))
    longer = np.ptp(left, axis=0) > np.ptp(straight, axis=0)
    assert longer.tolist() == [False, True, False, True]  # to turn left, the right legs stride further


def test_a_cycle_has_a_column_for_each_joint(bittle):
    table = cycle(load_gait("hand-tuned", bittle).parameters, bittle, 0.012)
    assert table.angles.shape == (30, 8)
    low, high = bittle.joint_limits.T
    assert (table.angles >= low).all()
    assert (table.angles <= high).all()


def test_a_foot_out_of_reach_is_clamped_though_only_one_bend_is_allowed(bittle):
    legs = kinematics(bittle)
    solution = legs.inverse(legs.hip + np.array([0.2, 0.0, -0.02]))
    assert not solution.reachable.any()
    assert np.isfinite(solution.angles).all()


def test_side_offsets_and_skew_are_inactive(bittle):
    space = GaitSpace(bittle)
    assert space.inactive == ("front_side", "rear_side", "skew")
    gait = load_gait("hand-tuned", bittle).parameters
    point = space.to_cube(gait)
    assert point.shape == (9,)
    again = space.from_cube(point)
    np.testing.assert_allclose(again.to_vector(), gait.to_vector(), atol=1e-12)
    assert [getattr(again, name) for name in space.inactive] == [0, 0, 0]


def test_a_gait_that_needs_elevators_is_refused(bittle):
    gait = load_gait("hand-tuned", bittle).parameters
    wrong = GaitParameters(**{**{n: getattr(gait, n) for n in PARAMETER_NAMES}, "skew": 0.1})
    with pytest.raises(InputError, match=r"skew: got 0.1; expected 0: petoi-bittle has no elevators"):
        check_ranges(wrong, bittle)


def test_a_range_for_an_inactive_parameter_is_refused(bittle):
    ranges = {**bittle.gait, "skew": load_robot("aibo-ers7").gait["skew"]}
    with pytest.raises(InputError, match=r"gait.skew: legs without elevators cannot follow it"):
        GaitSpace(bittle.model_copy(update={"gait": ranges}))


def test_its_elevators_are_fixed_in_the_urdf(bittle):
    text = build_urdf(bittle)
    assert text.count('type="revolute"') == 8
    assert '<joint name="front_left_elevator" type="fixed">' in text


def test_every_joint_is_wired_once(bittle):
    tables = bittle.model_dump()
    tables["wiring"]["servos"]["front_left_knee"]["id"] = 8
    with pytest.raises(ValueError, match="expected each once"):
        type(bittle).model_validate(tables)
    del tables["wiring"]["servos"]["front_left_knee"]
    with pytest.raises(ValueError, match=r"wiring.servos.front_left_knee is missing"):
        type(bittle).model_validate(tables)
