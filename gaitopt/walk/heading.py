"""Heading hold: the robot heads for a point ahead of it on the middle line."""

from __future__ import annotations

import math

from gaitopt.hal.body import BodyState
from gaitopt.scenario.spec import HeadingHold
from gaitopt.walk.attitude import yaw


def heading_error(state: BodyState, hold: HeadingHold) -> float:
    """Return the angle by which the robot should turn, left positive [rad]; 0 if its heading is not measured."""
    if state.orientation is None:
        return 0.0
    sideways = state.position[1] if state.position is not None else 0.0
    return math.atan2(-sideways, hold.look_ahead_m) - yaw(state.orientation)


def turn_to_hold(state: BodyState, hold: HeadingHold) -> float:
    """Return the turn that holds the heading, as a fraction of its limit, left positive, -1 to 1."""
    if hold.limit == 0:
        return 0.0
    return min(1.0, max(-1.0, hold.gain * heading_error(state, hold) / hold.limit))
