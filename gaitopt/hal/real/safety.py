"""What may be sent to a real robot, and when it must be stopped: pure functions of numbers, no device and no clock.

The rules follow lerobot (goals capped against the measured pose, torque off on every exit path), Quad-SDK (stale input
leads to a safe mode that is left only by hand) and ros2_control (limits enforced on what is sent, errors are sticky).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import BodyError
from gaitopt.hal.driver import Health, Measurement


@dataclass(frozen=True)
class SafetyLimits:
    """When a real robot is held or stopped."""

    hold_after: float = 0.2
    """Time without a command after which it holds its pose [s]."""
    stop_after: float = 1.0
    """Time without a command after which its servos go limp [s]."""
    missed_replies: int = 3
    """Number of missed replies in a row that is tolerated; more are a fault."""
    largest_tilt: float = math.radians(60)
    """Tilt of the trunk beyond which the robot has fallen [rad]."""
    largest_lead: float = 0.6
    """Largest distance of a commanded joint angle from the measured one [rad]."""
    gentle_speed: float = 1.5
    """Joint speed in timed moves, such as into the first pose [rad/s]."""


def limit_command(
    angles: Array, low: Array, high: Array, last: Array, reach: Array, measured: Array | None, lead: float
) -> Array:
    """Return what may be sent instead of the wanted joint angles [rad], all of shape (joints,).

    Args:
        angles: wanted angles.
        low: lower joint limits.
        high: upper joint limits.
        last: angles that were sent last.
        reach: largest change from there.
        measured: measured angles; None where they are not measured.
        lead: largest distance from there.

    Raises:
        BodyError: the wrong number of angles, or one that is not a number.
    """
    if angles.shape != low.shape:
        raise BodyError(f"command: got angles of shape {angles.shape}; expected {low.shape}")
    if not np.isfinite(angles).all():
        raise BodyError("command: got an angle that is not a number; the robot was not moved")
    sent = np.clip(angles, last - reach, last + reach)
    if measured is not None:
        sent = np.clip(sent, measured - lead, measured + lead)
    # A joint beyond its limits comes back within the slew rate, and never goes further out.
    return np.clip(sent, np.minimum(low, last), np.maximum(high, last))


def tilt_of(measurement: Measurement) -> float:
    """Return the angle between the trunk's vertical and the world's [rad]; 0 where it is not measured."""
    if measurement.roll_pitch_yaw is None:
        return 0.0
    roll, pitch, _ = measurement.roll_pitch_yaw
    return math.acos(max(-1.0, min(1.0, math.cos(roll) * math.cos(pitch))))


def reason_not_to_move(health: Health, lowest_voltage: float | None, highest_temperature: float | None) -> str | None:
    """Return why a robot in this state must not move, fit for a user; None if it may."""
    if health.problems:
        return health.problems[0]
    if health.voltage is not None and lowest_voltage is not None and health.voltage < lowest_voltage:
        return f"battery low: {health.voltage:.1f} V, expected at least {lowest_voltage:.1f} V; charge it"
    if health.temperatures is not None and highest_temperature is not None:
        hottest = int(np.argmax(health.temperatures))
        if health.temperatures[hottest] > highest_temperature:
            temperature = f"{health.temperatures[hottest]:.0f} degrees Celsius"
            return f"joint {hottest} is at {temperature}, expected at most {highest_temperature:.0f}; let it cool"
    return None


def minimum_jerk(start: Array, end: Array, steps: int) -> Array:
    """Return poses from `start` to `end`, both (joints,), the last being `end`, (steps, joints)."""
    share = np.arange(1, steps + 1) / steps
    smooth = share**3 * (10 - 15 * share + 6 * share**2)  # Flash & Hogan 1985, equation 2
    return start + smooth[:, None] * (end - start)
