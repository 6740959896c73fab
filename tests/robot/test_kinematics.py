"""Forward kinematics against Sony's drawings, a chain of matrices, PyBullet and finite differences."""

import numpy as np
import pytest
from urdf_chain import link_poses

from gaitopt.hal.sim.native_output import silenced
from gaitopt.robot.kinematics import Kinematics, kinematics
from gaitopt.robot.spec import JOINT_NAMES, LEGS, load_robot

with silenced():
    import pybullet

# Sony's drawings, OPEN-R SDK Model Information, 2004: ball of the foot from the knee, knee bent,
# (knee [deg], front (ahead, below), rear (ahead, below)) [mm].
SONY = {
    "aibo-ers7": (30.0, (28.3, -71.5), (-21.3, -76.5)),
    "aibo-ers210": (35.0, (22.4, -64.9), (-16.6, -74.9)),
}


def random_angles(robot, count, seed=0):
    """Return poses within the joints' limits, (count, 4, 3); joints that the robot lacks stay at 0."""
    low, high = robot.joint_limits.T
    angles = np.random.default_rng(seed).uniform(low, high, (count, len(robot.joint_names)))
    columns = [JOINT_NAMES.index(name) for name in robot.joint_names]
    poses = np.zeros((count, 12))
    poses[:, columns] = angles
    return poses.reshape(count, 4, 3)


def by_name(robot, pose):
    """Return the angles of the joints that the robot has, by their names."""
    return {name: angle for name, angle in zip(JOINT_NAMES, pose.reshape(12), strict=True) if name in robot.joint_names}


def error_against_sony(legs, name):
    """Return the largest distance of a foot from its place on Sony's drawing [mm]."""
    knee_deg, front, rear = SONY[name]
    angles = np.zeros((4, 3))
    angles[:, 2] = np.radians(knee_deg)
    legs = Kinematics(legs, load_robot(name).joints)
    foot = (legs.forward(angles) - legs.knees(angles))[:, [0, 2]] * 1e3
    return np.abs(foot - [front, front, rear, rear]).max()


@pytest.mark.parametrize("name", SONY)
def test_feet_stand_where_sony_draws_them(name):
    assert error_against_sony(load_robot(name).legs, name) < 0.5


@pytest.mark.parametrize("name", SONY)
@pytest.mark.parametrize("end", ["front", "rear"])
def test_a_knee_that_folds_the_wrong_way_stands_elsewhere(name, end):
    legs = load_robot(name).legs
    leg = getattr(legs, end)
    wrong = leg.model_copy(update={"knee_folds": {"forward": "backward", "backward": "forward"}[leg.knee_folds]})
    assert error_against_sony(legs.model_copy(update={end: wrong}), name) > 0.5


@pytest.mark.parametrize(("name", "sideways_mm"), [("aibo-ers7", 62.5 + 4.7), ("aibo-ers210", 59.2 + 0.5)])
def test_feet_stand_sideways_of_the_shoulders_as_sony_draws_them(name, sideways_mm):
    feet = kinematics(load_robot(name)).forward(np.zeros((4, 3)))
    np.testing.assert_allclose(feet[:, 1] * 1e3, np.array([1, -1, 1, -1]) * sideways_mm, atol=1e-9)


def test_positive_angles_mean_what_they_say(robot):
    legs = kinematics(robot)
    rest = legs.forward(np.zeros((4, 3)))
    forward, outward, folded = (legs.forward(np.tile(0.3 * np.eye(3)[i], (4, 1))) - rest for i in range(3))
    assert (forward[:, 0] > 0).all()
    assert (outward[:, 1] * [1, -1, 1, -1] > 0).all()
    way = {"forward": 1, "backward": -1}
    assert (folded[:2, 0] * way[robot.legs.front.knee_folds] > 0).all()
    assert (folded[2:, 0] * way[robot.legs.rear.knee_folds] > 0).all()


def test_forward_is_the_chain_of_matrices_in_the_urdf(robot):
    for angles in random_angles(robot, 20):
        poses = link_poses(robot.urdf, by_name(robot, angles))
        feet = [poses[f"{leg}_paw_link"][:3, 3] for leg in LEGS]
        knees = [poses[f"{leg}_lower_link"][:3, 3] for leg in LEGS]
        np.testing.assert_allclose(kinematics(robot).forward(angles), feet, atol=1e-9)
        np.testing.assert_allclose(kinematics(robot).knees(angles), knees, atol=1e-9)


def test_forward_is_where_pybullet_puts_the_paws(robot):
    client = pybullet.connect(pybullet.DIRECT)
    try:
        body = pybullet.loadURDF(robot.urdf, useFixedBase=True, physicsClientId=client)
        infos = [pybullet.getJointInfo(body, i, client) for i in range(pybullet.getNumJoints(body, client))]
        joint = {info[1].decode(): info[0] for info in infos}
        link = {info[12].decode(): info[0] for info in infos}
        com, turned = pybullet.getDynamicsInfo(body, -1, client)[3:5]
        pybullet.resetBasePositionAndOrientation(body, com, turned, client)  # the trunk's own frame at 0
        for angles in random_angles(robot, 10, seed=1):
            for name, angle in by_name(robot, angles).items():
                pybullet.resetJointState(body, joint[name], angle, physicsClientId=client)
            states = [pybullet.getLinkState(body, link[f"{leg}_paw_link"], 0, 1, client) for leg in LEGS]
            np.testing.assert_allclose(kinematics(robot).forward(angles), [s[4] for s in states], atol=1e-5)
    finally:
        pybullet.disconnect(client)


def test_right_legs_mirror_left_legs(robot):
    angles = random_angles(robot, 50)
    angles[:, [1, 3]] = angles[:, [0, 2]]
    feet = kinematics(robot).forward(angles)
    np.testing.assert_allclose(feet[:, [1, 3]], feet[:, [0, 2]] * [1, -1, 1], atol=1e-12)


def test_jacobian_is_the_slope_of_forward(robot):
    legs, angles, step = kinematics(robot), random_angles(robot, 50), 1e-6
    slopes = [(legs.forward(angles + d) - legs.forward(angles - d)) / (2 * step) for d in step * np.eye(3)]
    np.testing.assert_allclose(legs.jacobian(angles), np.stack(slopes, axis=-1), atol=1e-8)


def test_batches_of_any_shape_give_what_single_poses_give(robot):
    legs, angles = kinematics(robot), random_angles(robot, 6)
    feet = legs.forward(angles.reshape(2, 3, 4, 3))
    assert feet.shape == (2, 3, 4, 3)
    for i, pose in enumerate(angles):
        np.testing.assert_array_equal(feet.reshape(6, 4, 3)[i], legs.forward(pose))
