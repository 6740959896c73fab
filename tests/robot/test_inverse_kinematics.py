"""Inverse kinematics: back to the angles one came from, or to the nearest foot that the joints allow."""

import functools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from robot_poses import hip_height, in_their_planes
from scipy.spatial import cKDTree

from gaitopt.gait.locus import foot_targets
from gaitopt.gait.space import GaitSpace
from gaitopt.robot.kinematics import Kinematics, kinematics
from gaitopt.robot.spec import load_robot, robot_names

LEGS = {name: kinematics(load_robot(name)) for name in robot_names()}
all_robots = pytest.mark.parametrize("name", robot_names())
parts = st.lists(st.floats(0, 1), min_size=12, max_size=12).map(lambda u: np.reshape(u, (4, 3)))


@functools.cache
def knee_of_longest_leg(legs, limited=True):
    """Return the knee angle at which each leg is longest, by trying all within the limits, or all [rad], (4,)."""
    knee = np.linspace(*(legs.low[2], legs.high[2]) if limited else (-np.pi, np.pi), 20001)
    pose = np.stack([np.zeros_like(knee), np.zeros_like(knee), knee], axis=-1)
    length = np.linalg.norm(legs.forward(np.repeat(pose[:, None], 4, axis=1)) - legs.hip, axis=-1)
    return knee[length.argmax(axis=0)]


def dog_like_pose(legs, part, elevator=1.0):
    """Return the pose at these parts of the joints' ranges, the knee from straight to fully folded."""
    low = np.stack([[*legs.low[:2], knee + 0.01] for knee in knee_of_longest_leg(legs)])
    high = np.array([legs.high[0], legs.low[1] + elevator * (legs.high[1] - legs.low[1]), legs.high[2]])
    return low + part * (high - low)


@all_robots
@settings(max_examples=60)
@given(part=parts)
def test_feet_come_back(name, part):
    legs = LEGS[name]
    feet = legs.forward(dog_like_pose(legs, part))
    solution = legs.inverse(feet)
    assert solution.reachable.all()
    np.testing.assert_allclose(legs.forward(solution.angles), feet, atol=1e-6)


@all_robots
@settings(max_examples=60)
@given(part=parts)
def test_angles_come_back(name, part):
    """Up to where the elevator carries the folded leg past the horizontal: there two poses reach the same foot."""
    legs = LEGS[name]
    angles = dog_like_pose(legs, part, elevator=0.7)
    np.testing.assert_allclose(legs.inverse(legs.forward(angles)).angles, angles, atol=1e-5)


def test_the_knee_is_bent_the_dog_like_way(robot):
    legs = kinematics(robot)
    straight = knee_of_longest_leg(legs, limited=False)
    feet = legs.hip + np.array([0.0, 0.0, -hip_height(robot)])
    knee = legs.inverse(feet).angles[:, 2]
    assert (knee > straight + 0.1).all()
    # negative control: the other bend reaches the same foot, so that only the choice tells them apart
    mirrored = 2 * straight - knee
    shorter = np.zeros((4, 3))
    shorter[:, 2] = mirrored
    length = np.linalg.norm(legs.forward(shorter) - legs.hip, axis=-1)
    bent = np.zeros((4, 3))
    bent[:, 2] = knee
    np.testing.assert_allclose(length, np.linalg.norm(legs.forward(bent) - legs.hip, axis=-1), atol=1e-4)


def nearest_of_many(legs, targets, count=100_000):
    """Return the distance of each target from the nearest foot among many random poses, (n, 4)."""
    rng = np.random.default_rng(5)
    poses = rng.uniform(legs.low, legs.high, (count, 3))
    on_limit = rng.random((count, 3))  # most nearest feet have a joint at its limit
    poses = np.where(on_limit < 0.2, legs.low, np.where(on_limit > 0.8, legs.high, poses))
    feet = legs.forward(np.repeat(poses[:, None], 4, axis=1))
    return np.stack([cKDTree(feet[:, leg]).query(targets[:, leg])[0] for leg in range(4)], axis=1)


def far_targets(robot, rng):
    return in_their_planes(robot, kinematics(robot).hip + rng.uniform(-0.2, 0.2, (150, 4, 3)))


def targets_of_gaits(robot, rng):
    space = GaitSpace(robot)
    phase = np.arange(10) / 10
    gaits = [space.from_cube(rng.random(len(space.active))) for _ in range(80)]
    return in_their_planes(robot, np.concatenate([foot_targets(gait, robot, phase) for gait in gaits]))


@pytest.mark.parametrize("make", [far_targets, targets_of_gaits])
def test_out_of_reach_the_nearest_foot_is_taken(robot, make):
    legs = kinematics(robot)
    targets = make(robot, np.random.default_rng(4))
    solution = legs.inverse(targets)
    missed = np.linalg.norm(legs.forward(solution.angles) - targets, axis=-1)
    assert (solution.angles >= legs.low).all()
    assert (solution.angles <= legs.high).all()
    assert 0.02 < solution.reachable.mean() < 0.95
    np.testing.assert_array_equal(solution.reachable, missed <= 1e-6)
    assert (missed - nearest_of_many(legs, targets)).max() < 1e-3


def test_clamping_angles_alone_would_not_take_the_nearest_foot(robot):
    """Negative control for the test above: the closed form, cut at the joint limits."""
    legs = kinematics(robot)
    targets = far_targets(robot, np.random.default_rng(4))
    local = (targets - legs.hip) * legs.mirror
    cut = np.clip(legs._closed_form(local), legs.low, legs.high)
    missed = np.linalg.norm(legs.forward(cut) - targets, axis=-1)
    assert (missed - nearest_of_many(legs, targets)).max() > 1e-2


@pytest.mark.parametrize("make", [far_targets, targets_of_gaits])
def test_toward_differs_only_out_of_reach(robot, make):
    legs = kinematics(robot)
    targets = make(robot, np.random.default_rng(6))
    solution, angles = legs.inverse(targets), legs.toward(targets)
    assert (angles >= legs.low).all()
    assert (angles <= legs.high).all()
    there = np.linalg.norm(legs.forward(angles) - targets, axis=-1) < 1e-6
    np.testing.assert_array_equal(angles[there], solution.angles[there])
    # The rest is out of reach; or needs the knee bent the other way, which only the search for the nearest finds.
    assert there.mean() > 0.8 * solution.reachable.mean()
    assert solution.reachable[there].all()


@all_robots
@settings(max_examples=25)
@given(part=parts, factor=st.floats(1.02, 2.0))
@example(part=np.eye(4, 3) * 0.8125, factor=2.0)  # where steps that are twice too long only swing about the nearest
def test_too_far_is_moved_straight_towards_the_hip(name, part, factor):
    legs = LEGS[name]
    angles = dog_like_pose(legs, part, elevator=0.7)
    angles[:, 2] = knee_of_longest_leg(legs)
    check_radial_clamp(legs, angles, factor)


@all_robots
@settings(max_examples=25)
@given(part=parts, factor=st.floats(0.3, 0.98))
def test_too_near_is_moved_straight_away_from_the_hip(name, part, factor):
    legs = LEGS[name]
    angles = dog_like_pose(legs, part, elevator=0.5)
    angles[:, 2] = legs.high[2]
    check_radial_clamp(legs, angles, factor)


def check_radial_clamp(legs: Kinematics, angles, factor):
    feet = legs.forward(angles)
    solution = legs.inverse(legs.hip + (feet - legs.hip) * factor)
    assert not solution.reachable.any()
    np.testing.assert_allclose(legs.forward(solution.angles), feet, atol=3e-4)
    np.testing.assert_allclose(legs.forward(legs.toward(legs.hip + (feet - legs.hip) * factor)), feet, atol=3e-4)


def test_a_foot_at_the_hip_is_still_a_pose(robot):
    legs = kinematics(robot)
    solution = legs.inverse(legs.hip[None])
    assert np.isfinite(solution.angles).all()
    assert not solution.reachable.any()
