"""Adjustments that a policy makes to a gait while the robot walks: of its parameters and of the joints' targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.gait.parameters import GaitParameters
from gaitopt.gait.variation import GaitVariation
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import HeadingHold
from gaitopt.spec import Positive, Spec


class Adjustments(Spec):
    """How far a policy may change its gait. Actions are fractions of these reaches, -1 to 1."""

    parameters: bool = True
    """Whether the policy changes the gait's parameters."""
    parameter_reach: Annotated[Positive, Field(le=1)] = 0.2
    """Reach of each parameter, as a fraction of its range."""
    change_s: Positive = 0.2
    """Shortest time in which a parameter moves from the gait's value to the end of its reach [s]."""
    residuals: bool = True
    """Whether the policy adds to the joints' targets."""
    residual_reach_rad: Annotated[Positive, Field(le=1)] = 0.1
    """Reach of each joint's target [rad]."""


class AdjustedGait:
    """A gait that is adjusted while it is walked."""

    def __init__(
        self, gait: GaitParameters, robot: RobotSpec, hold: HeadingHold, adjustments: Adjustments, period: float
    ) -> None:
        """Make the tables.

        Args:
            gait: the gait to adjust.
            robot: the robot.
            hold: the heading hold, which acts in addition.
            adjustments: what may be changed.
            period: time between two commands [s].

        Raises:
            InputError: nothing may be changed.
        """
        self._variation = GaitVariation(gait, robot, adjustments.parameter_reach, hold.limit)
        self._adjustments, self._period = adjustments, period
        changed = self._variation.names if adjustments.parameters else ()
        moved = robot.joint_names if adjustments.residuals else ()
        self.action_names = (*changed, *(f"{joint} target" for joint in moved))
        """Meaning of each number of an action."""
        if not self.action_names:
            raise InputError("adjustments: parameters and residuals are both off; a policy needs one of them")
        reach = adjustments.residual_reach_rad
        self.parameter_ends = self._variation.ends
        """Values of each parameter at offset -1 and at offset 1, in its unit."""
        self.action_ends = (*(self.parameter_ends[name] for name in changed), *((-reach, reach) for _ in moved))
        """Ends of each number of an action: values of a parameter, in its unit; additions to a joint's target [rad]."""
        self.parameter_names = self._variation.names
        """Names of the parameters that have an offset."""
        self._parameters = len(changed)
        self.unreachable, self.saturated = self._variation.unreachable, self._variation.saturated
        self.begin()

    def begin(self) -> None:
        """Return to the beginning of the gait's cycle, with nothing changed."""
        self.phase = 0.0
        """Fraction of the cycle that has passed, 0 to 1."""
        self.offsets: Sequence[float] = [0.0] * len(self._variation.names)
        """Current offsets of the parameters, as fractions of their reach, (active,)."""

    @property
    def pace(self) -> float:
        """Change of the step rate from the gait's, faster positive, as a fraction of the reach, -1 to 1."""
        return 0.0 - self.offsets[self.parameter_names.index("cycle_time")]

    @property
    def start_pose(self) -> Array:
        """Joint angles to stand in before the first command [rad], (joints,)."""
        return self._variation.angles([0.0], [0.0] * len(self._variation.names))[0]

    def angles(self, action: Array, count: int, turn: float) -> Array:
        """Return the joint angles of the next commands [rad], (count, joints).

        Args:
            action: wanted changes as fractions of their reach, (actions,); clipped to -1 and 1.
            count: number of commands.
            turn: turn of the heading hold, as a fraction of its limit.
        """
        wanted = [min(1.0, max(-1.0, part)) for part in action.tolist()]
        if self._parameters:
            step = count * self._period / self._adjustments.change_s
            pairs = zip(self.offsets, wanted, strict=False)  # the parameters come first
            self.offsets = [min(offset + step, max(offset - step, part)) for offset, part in pairs]
        phase_step = self._period / self._variation.cycle_time(self.offsets)
        angles = self._variation.angles([self.phase + i * phase_step for i in range(count)], self.offsets, turn)
        self.phase = (self.phase + phase_step * count) % 1.0
        if self._adjustments.residuals:
            reach = self._adjustments.residual_reach_rad
            angles += np.array([reach * part for part in wanted[self._parameters :]])
        return angles
