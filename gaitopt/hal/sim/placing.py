"""Placement of a robot on level ground in a given pose, for any engine."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gaitopt.arrays import Array
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import RobotSpec


class TrunkPlacement(NamedTuple):
    """Position of the trunk above level ground."""

    height: float
    """Height of the body's origin [m]."""
    roll: float
    """Roll to the right [rad]."""
    pitch: float
    """Pitch, nose down positive [rad]."""


def place_trunk(robot: RobotSpec, pose: Array) -> TrunkPlacement:
    """Return where the trunk is when all four paws touch the ground.

    Args:
        robot: which robot.
        pose: joint angles [rad], (joints,).
    """
    legs = kinematics(robot)
    feet = legs.forward(legs.pose(pose))
    # The plane z = c + a x + b y through the paws' centers, by least squares, becomes level.
    (c, a, b), *_ = np.linalg.lstsq(np.column_stack([np.ones(4), feet[:, :2]]), feet[:, 2], rcond=None)
    up = np.array([-a, -b, 1.0]) / math.sqrt(a * a + b * b + 1)  # the vertical, in the body's frame
    return TrunkPlacement(robot.paw_radius - c * up[2], math.atan2(up[1], up[2]), math.asin(-up[0]))
