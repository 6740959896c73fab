"""Nine ways to steer a gait, for policies that choose between a few actions.

| action | does |
|---|---|
| 0 to 2 | straight |
| 3 to 5 | left: the gait turns as sharply as the heading hold could |
| 6 to 8 | right |
| of each three, the first | keeps the pace |
| the second | slower: the cycle takes longer, by one step of its reach |
| the third | faster: it takes less time |

So action 0 walks straight on as before. A policy's steering stands in place of the scenario's heading hold. The pace
stays where it was put; it changes the time of a cycle and not its strokes, because longer strokes make some gaits
slower. Turn and pace change by at most a step at a time, so that no joint jumps: a step is the control period over
`change_s`, as for continuous actions. What is observed is `perception`'s group `course`.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait.parameters import GaitParameters
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import HeadingHold
from gaitopt.walk.adjustment import AdjustedGait, Adjustments

TURNS = {"straight": 0.0, "left": 1.0, "right": -1.0}
"""The turn that each way to steer wants, as a part of its limit."""
PACES = {"same": 0, "slower": -1, "faster": 1}
"""By how many steps each changes the pace."""
ACTIONS = tuple(f"{turn}, {pace}" for turn in TURNS for pace in PACES)
"""What each action does, by its number."""

_EFFECTS = [(turn, pace) for turn in TURNS.values() for pace in PACES.values()]


class SteeredGait(AdjustedGait):
    """A gait that is steered while it is walked."""

    def __init__(
        self, gait: GaitParameters, robot: RobotSpec, hold: HeadingHold, adjustments: Adjustments, period: float
    ) -> None:
        """Make the tables; of the adjustments, `parameter_reach` bounds the pace and `change_s` makes the steps."""
        own = adjustments.model_copy(update={"parameters": True, "residuals": False})
        super().__init__(gait, robot, hold, own, period)
        self.action_names = ACTIONS
        self._cycle_time = self.parameter_names.index("cycle_time")

    def begin(self) -> None:
        """Stand at the beginning of the gait's cycle, straight, at its own pace."""
        super().begin()
        self._turn = 0.0

    def angles(self, action: Array, count: int, turn: float) -> Array:
        """Return the joint angles of the next commands [rad], (count, joints).

        Args:
            action: the number of an action, (), 0 to 8.
            count: how many commands.
            turn: of the heading hold; the policy's own stands in its place.
        """
        wanted_turn, faster = _EFFECTS[int(action)]
        step = count * self._period / self._adjustments.change_s
        self._turn += min(step, max(-step, wanted_turn - self._turn))
        offsets = np.zeros(len(self.parameter_names))
        offsets[self._cycle_time] = -(self.pace + faster * step)  # cut off at the end of the reach
        return super().angles(offsets, count, self._turn)
