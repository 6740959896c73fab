"""Angles of the trunk from its quaternion (x, y, z, w), and the heading hold: a turn to a point on the middle line."""

from __future__ import annotations

import math

import numpy as np

from gaitopt.arrays import Array
from gaitopt.hal.body import BodyState
from gaitopt.scenario.spec import HeadingHold

Quaternion = tuple[float, float, float, float]


def yaw(orientation: Quaternion) -> float:
    """Return the heading, left positive [rad]."""
    x, y, z, w = orientation
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def uprightness(orientation: Quaternion) -> float:
    """Return the cosine of the angle between the trunk's up axis and the vertical."""
    x, y, _, _ = orientation
    return 1 - 2 * (x * x + y * y)


def roll_pitch(orientations: Array) -> tuple[Array, Array]:
    """Return roll and pitch [rad], (n,) each, of quaternions (n, 4)."""
    x, y, z, w = orientations.T
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    return roll, np.arcsin(np.clip(2 * (w * y - z * x), -1, 1))


def roll_pitch_yaw(orientation: Quaternion) -> tuple[float, float, float]:
    """Return roll (right positive), pitch (nose down positive) and heading (left positive) of one quaternion [rad]."""
    x, y, z, w = orientation
    pitch = math.asin(min(1.0, max(-1.0, 2 * (w * y - z * x))))
    return math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)), pitch, yaw(orientation)


def heading_error(state: BodyState, hold: HeadingHold) -> float:
    """Return the angle to the point ahead on the middle line, left positive [rad]; 0 if no heading is measured."""
    if state.orientation is None:
        return 0.0
    sideways = state.position[1] if state.position is not None else 0.0
    return math.atan2(-sideways, hold.look_ahead_m) - yaw(state.orientation)


def turn_to_hold(state: BodyState, hold: HeadingHold) -> float:
    """Return the turn that holds the heading, as a fraction of its limit, left positive, -1 to 1."""
    if hold.limit == 0:
        return 0.0
    return min(1.0, max(-1.0, hold.gain * heading_error(state, hold) / hold.limit))
