"""What a robot does at each command of a walk."""

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
from gaitopt.walk.heading import turn_to_hold


class Controller(Protocol):
    """Makes a body walk, some commands at a time."""

    start_pose: Array
    """Joint angles to stand in before the first command [rad], (joints,)."""
    unreachable: float
    """Share of foot targets that are out of reach."""
    saturated: float
    """Share of joint angles that the servos' speed holds back."""

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Let the body walk on for the time of `count` commands, from number `first` on."""


class GaitController:
    """Plays a gait from tables made before the walk, and holds the heading by a small turn.

    There are three tables: straight, and the two sharpest turns; in between, joint angles are blended.
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
            robot: whose legs.
            scenario: how the heading is held.
            period: time between two commands [s]; the robot's own if None.
            duration: how long a walk may last [s]; the scenario's time limit if None.
        """
        self._hold = scenario.heading_hold
        self._period = period = period or robot.servo.command_period_s
        self.duration = duration or scenario.field.time_limit_s
        """How long a walk may last [s]."""
        times = period * np.arange(math.ceil(self.duration / period) + 1, dtype=np.float64)
        left, straight, right = cycles(gait, robot, period, (self._hold.limit, 0.0, -self._hold.limit))
        self._straight = straight.at(times)  # (k, joints)
        self._to_left = left.at(times) - self._straight
        self._to_right = right.at(times) - self._straight
        self.start_pose: Array = self._straight[0]
        self.unreachable = straight.unreachable
        self.saturated = straight.saturated

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Let the body walk on for the time of `count` commands, from number `first` on."""
        body.play(self.angles(first, count, state), self._period)

    def angles(self, first: int, count: int, state: BodyState) -> Array:
        """Return the joint angles of `count` commands from number `first` on [rad], (count, joints)."""
        turn, rows = turn_to_hold(state, self._hold), slice(first, first + count)
        if turn > 0:
            return self._straight[rows] + turn * self._to_left[rows]
        return self._straight[rows] - turn * self._to_right[rows]


class SkillController:
    """Lets a robot play a gait from its own memory; it holds no heading.

    The skill is loaded when the robot stands in the gait's first pose, and starts with the first command.
    """

    def __init__(self, gait: GaitParameters, robot: RobotSpec, period: float) -> None:
        """Make the cycle, to be loaded; `period` is the time between two looks [s]."""
        table = cycle(gait, robot, robot.servo.command_period_s)
        self._table, self._period = table, period
        self.start_pose: Array = table.angles[0]
        self.unreachable = table.unreachable
        self.saturated = table.saturated
        self.lasts = table.duration
        """Time of one cycle as the robot plays it [s]; exact when it is loaded."""

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Let the body walk on for the time of `count` commands, from number `first` on."""
        if first == 0:
            self.lasts = body.load_skill(self._table.angles, self._table.duration)
            body.start_skill()
        for _ in range(count):
            body.advance(self._period)
