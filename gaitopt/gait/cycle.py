"""One cycle of a gait as a table of joint angles, within the joints' limits and the servos' speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gaitopt.gait.locus import foot_targets
from gaitopt.gait.parameters import GaitParameters
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import RobotSpec

Array = NDArray[np.float64]

LAPS = 4
"""Laps until the speed-limited angles repeat: lag carried from one cycle into the next dies out in two or three."""


@dataclass(frozen=True)
class Cycle:
    """The joint angles of one cycle."""

    angles: Array
    """[rad], shape (n, 12): evenly spaced over the cycle, joints in the order of JOINT_NAMES."""
    duration: float
    """Time of one cycle [s]."""
    unreachable: float
    """Share of foot targets that were out of reach and clamped."""
    saturated: float
    """Share of joint angles that the servos' speed held back by more than 0.01 rad."""

    def at(self, times: Array) -> Array:
        """Return the joint angles at the given times [s], (k,) -> (k, 12), between frames by a straight line."""
        n = len(self.angles)
        frame = (times / self.duration % 1.0) * n
        before = np.minimum(frame.astype(int), n - 1)
        part = (frame - before)[:, None]
        return (1 - part) * self.angles[before] + part * self.angles[(before + 1) % n]


def cycle(gait: GaitParameters, robot: RobotSpec, period_s: float, turn: float = 0.0) -> Cycle:
    """Return one cycle of a gait, sampled about every `period_s` seconds.

    Args:
        gait: the twelve parameters.
        robot: whose legs; its joint limits and servo speeds are imposed.
        period_s: time between two commands [s]; a frame lasts the nearest whole part of the cycle.
        turn: added to the gait's skew multiplier, to hold a heading.
    """
    frames = max(2, round(gait.cycle_time / period_s))
    solution = kinematics(robot).inverse(foot_targets(gait, robot, np.arange(frames) / frames, turn))
    wanted = solution.angles.reshape(frames, -1)  # (n, 12)
    step = np.tile(robot.joint_speeds, 4) * gait.cycle_time / frames
    angles = limit_speed(wanted, step)
    return Cycle(
        angles=angles,
        duration=gait.cycle_time,
        unreachable=float(1 - solution.reachable.mean()),
        saturated=float((np.abs(angles - wanted) > 0.01).mean()),
    )


def limit_speed(wanted: Array, step: Array) -> Array:
    """Return a periodic table that follows `wanted`, (n, joints), by at most `step`, (joints,), from row to row."""
    if (np.abs(wanted - np.roll(wanted, 1, axis=0)) <= step).all():
        return wanted
    table = wanted.copy()
    for _ in range(LAPS):
        for i in range(len(table)):
            previous = table[i - 1]
            table[i] = previous + np.clip(wanted[i] - previous, -step, step)
    return table
