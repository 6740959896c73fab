"""Nine ways to steer a gait, for policies that choose between a few actions.

| action | effect |
|---|---|
| 0 to 2 | straight |
| 3 to 5 | left: the gait turns as sharply as the heading hold could |
| 6 to 8 | right |
| first of each three | same pace |
| second | slower: the cycle takes longer, by one step of its reach |
| third | faster: the cycle takes less time |

So action 0 walks straight on as before. The policy's steering replaces the scenario's heading hold. The pace stays
where it was set; it changes the time of a cycle, not its strokes, because longer strokes make some gaits slower. Turn
and pace change by at most one step at a time, so that no joint jumps: a step is the control period over `change_s`, as
for continuous actions. The observation is `perception`'s group `course`.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait.parameters import GaitParameters
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import HeadingHold
from gaitopt.walk.adjustment import AdjustedGait, Adjustments

TURNS = {"straight": 0.0, "left": 1.0, "right": -1.0}
"""Turn of each direction, as a fraction of its limit."""
PACES = {"same": 0, "slower": -1, "faster": 1}
"""Change of the pace, in steps."""
ACTIONS = tuple(f"{turn}, {pace}" for turn in TURNS for pace in PACES)
"""Effect of each action, by number."""

_EFFECTS = [(turn, pace) for turn in TURNS.values() for pace in PACES.values()]


class SteeredGait(AdjustedGait):
    """A gait that is steered while it is walked."""

    def __init__(
        self, gait: GaitParameters, robot: RobotSpec, hold: HeadingHold, adjustments: Adjustments, period: float
    ) -> None:
        """Make the tables; of the adjustments, `parameter_reach` bounds the pace and `change_s` sets the step size."""
        own = adjustments.model_copy(update={"parameters": True, "residuals": False})
        super().__init__(gait, robot, hold, own, period)
        self.action_names = ACTIONS
        self._cycle_time = self.parameter_names.index("cycle_time")

    def begin(self) -> None:
        """Return to the beginning of the gait's cycle, straight, at its own pace."""
        super().begin()
        self._turn = 0.0

    def angles(self, action: Array, count: int, turn: float) -> Array:
        """Return the joint angles of the next commands [rad], (count, joints).

        Args:
            action: number of an action, (), 0 to 8.
            count: number of commands.
            turn: turn of the heading hold; not used, the policy steers.
        """
        wanted_turn, faster = _EFFECTS[int(action)]
        step = count * self._period / self._adjustments.change_s
        self._turn += min(step, max(-step, wanted_turn - self._turn))
        offsets = np.zeros(len(self.parameter_names))
        offsets[self._cycle_time] = -(self.pace + faster * step)  # clipped to the reach
        return super().angles(offsets, count, self._turn)
