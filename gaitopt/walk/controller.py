"""Controllers: they choose the joint angles of each command of a walk."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait.cycle import cycle, cycles
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.body import Body, BodyState
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.attitude import turn_to_hold


class Controller(Protocol):
    """Makes a body walk, a few commands at a time."""

    start_pose: Array
    """Joint angles to stand in before the first command [rad], (joints,)."""
    unreachable: float
    """Share of foot targets out of reach."""
    saturated: float
    """Share of joint angles limited by the servos' speed."""

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Walk on for `count` commands, starting with number `first`."""


class GaitController:
    """Plays a gait from tables made before the walk, and holds the heading by a small turn.

    There are three tables: straight, and the sharpest turn to either side; joint angles in between are interpolated.
    """

    def __init__(
        self,
        gait: GaitParameters,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        period: float | None = None,
        duration: float | None = None,
    ) -> None:
        """Make the tables.

        Args:
            gait: the twelve parameters.
            robot: the robot.
            scenario: the scenario, which says how the heading is held.
            period: time between two commands [s]; the robot's own if None.
            duration: longest walk [s]; the scenario's time limit if None.
        """
        self._hold = scenario.heading_hold
        self._period = period = period or robot.servo.command_period_s
        self.duration = duration or scenario.field.time_limit_s
        """Longest walk [s]."""
        times = period * np.arange(math.ceil(self.duration / period) + 1, dtype=np.float64)
        left, straight, right = cycles(gait, robot, period, (self._hold.limit, 0.0, -self._hold.limit))
        self._straight = straight.at(times)  # (k, joints)
        self._to_left = left.at(times) - self._straight
        self._to_right = right.at(times) - self._straight
        self.start_pose: Array = self._straight[0]
        self.unreachable = straight.unreachable
        self.saturated = straight.saturated

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Walk on for `count` commands, starting with number `first`."""
        body.play(self.angles(first, count, state), self._period)

    def angles(self, first: int, count: int, state: BodyState) -> Array:
        """Return the joint angles of `count` commands, starting with number `first` [rad], (count, joints)."""
        turn, rows = turn_to_hold(state, self._hold), slice(first, first + count)
        if turn > 0:
            return self._straight[rows] + turn * self._to_left[rows]
        return self._straight[rows] - turn * self._to_right[rows]


class SkillController:
    """Makes a robot play a gait from its own memory; the heading is not held.

    The skill is loaded when the robot stands in the gait's first pose, and starts with the first command.
    """

    def __init__(self, gait: GaitParameters, robot: RobotSpec, period: float) -> None:
        """Compute the cycle that will be loaded; `period` is the time between two commands [s]."""
        table = cycle(gait, robot, robot.servo.command_period_s)
        self._table, self._period = table, period
        self.start_pose: Array = table.angles[0]
        self.unreachable = table.unreachable
        self.saturated = table.saturated
        self.lasts = table.duration
        """Duration of one cycle as the robot plays it [s]; exact once the skill is loaded."""

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Walk on for `count` commands, starting with number `first`."""
        if first == 0:
            self.lasts = body.load_skill(self._table.angles, self._table.duration)
            body.start_skill()
        for _ in range(count):
            body.advance(self._period)
