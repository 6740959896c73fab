"""One cycle of a gait as a table of joint angles, within the joint limits and the servos' speeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait.locus import foot_targets
from gaitopt.gait.parameters import GaitParameters
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import RobotSpec

HELD_BACK = 0.01
"""Difference from the wanted angle above which a joint counts as held back by its speed [rad]."""
PLAIN_LAPS = 4
"""Laps that simply follow one another: lag carried into the next cycle usually dies out in two or three."""
MOST_LAPS = 100
"""Upper bound on the laps; with bisection, about 15 close any cycle."""
CLOSED = 1e-9
"""Distance from start to end below which a lap is closed [rad]."""


@dataclass(frozen=True)
class Cycle:
    """The joint angles of one cycle."""

    angles: Array
    """[rad], shape (n, joints): evenly spaced over the cycle, joints in the robot's order."""
    duration: float
    """Time of one cycle [s]."""
    unreachable: float
    """Share of foot targets that were out of reach and clamped."""
    saturated: float
    """Share of joint angles held back by the servos' speed."""

    def at(self, times: Array) -> Array:
        """Return the joint angles at the given times [s], (k,) -> (k, joints), interpolated between frames."""
        n = len(self.angles)
        frame = (times / self.duration % 1.0) * n
        before = np.minimum(frame.astype(int), n - 1)
        part = (frame - before)[:, None]
        return (1 - part) * self.angles[before] + part * self.angles[(before + 1) % n]


def cycle(gait: GaitParameters, robot: RobotSpec, period_s: float, turn: float = 0.0) -> Cycle:
    """Return one cycle of a gait, sampled about every `period_s` seconds.

    Args:
        gait: the twelve parameters.
        robot: the robot, whose joint limits and servo speeds are imposed.
        period_s: time between two commands [s]; the cycle is divided into the nearest whole number of them.
        turn: added to the gait's skew multiplier, to hold a heading.
    """
    return cycles(gait, robot, period_s, (turn,))[0]


def cycles(gait: GaitParameters, robot: RobotSpec, period_s: float, turns: Sequence[float]) -> list[Cycle]:
    """Return one cycle for each turn; computing them together costs little more than one."""
    frames = max(2, round(gait.cycle_time / period_s))
    phase = np.arange(frames) / frames
    feet = np.stack([foot_targets(gait, robot, phase, turn) for turn in turns], axis=1)  # (n, turns, 4, 3)
    legs = kinematics(robot)
    solution = legs.inverse(feet)
    wanted = legs.joints(solution.angles)  # (n, turns, joints)
    step = robot.joint_speeds * gait.cycle_time / frames
    angles = limit_speed(wanted, step)
    missed = 1 - solution.reachable.mean(axis=(0, 2))  # (turns,)
    held_back = (np.abs(angles - wanted) > HELD_BACK).mean(axis=(0, 2))  # (turns,)
    return [
        Cycle(np.ascontiguousarray(angles[:, i]), gait.cycle_time, float(missed[i]), float(held_back[i]))
        for i in range(len(turns))
    ]


def limit_speed(wanted: Array, step: Array, laps: int = MOST_LAPS) -> Array:
    """Return a periodic table that follows `wanted`, (n, ..., joints), by at most `step`, (..., joints), a row.

    The higher a lap starts, the higher it ends: the angle at which the cycle closes is therefore at or above the end of
    a lap that rises, and at or below the end of one that falls. If the laps do not close soon, the interval that is
    left is bisected. Few `laps` are quick, but leave a jump from the last row to the first.
    """
    if (np.abs(wanted - np.roll(wanted, 1, axis=0)) <= step).all():
        return wanted
    table = np.empty_like(wanted)
    start, low, high = wanted[-1], wanted.min(axis=0), wanted.max(axis=0)
    for lap in range(laps):
        before = start
        for i in range(len(table)):
            before = table[i] = np.minimum(np.maximum(wanted[i], before - step), before + step)
        rise = table[-1] - start
        closed = np.abs(rise) <= CLOSED
        if closed.all():
            break
        low, high = np.where(rise > 0, table[-1], low), np.where(rise < 0, table[-1], high)
        halve = ~closed & (lap >= PLAIN_LAPS and lap % 2 == 0)
        start = np.where(halve, (low + high) / 2, table[-1])
    return table
