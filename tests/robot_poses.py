"""Poses in proportion to each robot."""

import numpy as np

from gaitopt.gait.gait_file import load_gait
from gaitopt.robot.kinematics import kinematics


def hip_height(robot):
    """Return how high above its paws' centers a robot carries its hips, by hand-tuned gait [m]: 11 cm on the ERS-7."""
    gait = load_gait("hand-tuned", robot).parameters
    return (gait.body_height_front + gait.body_height_rear) / 2


def pose_over_feet(robot, height=None, ahead=0.0):
    """Return the angles that put every paw this far below (its hip height if None) and ahead of its hip [m], (joints,).

    Legs without elevators keep to their own planes.
    """
    legs = kinematics(robot)
    below = hip_height(robot) if height is None else height
    solution = legs.inverse(legs.hip + np.array([ahead, 0.0, -below]))
    assert solution.reachable.all()
    return legs.joints(solution.angles)


def in_their_planes(robot, feet):
    """Return the feet, (..., 4, 3), moved sideways to where they must be if the robot has no elevators."""
    if not robot.planar:
        return feet
    legs = kinematics(robot)
    moved = feet.copy()
    moved[..., 1] = legs.hip[:, 1] + legs.side * (legs.upper[:, 1] + legs.lower[:, 1])
    return moved
