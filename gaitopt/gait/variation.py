"""A gait and its neighbors: joint angles of gaits near one, fast enough to change the gait at every step.

Tables of the gait itself and of its neighbors, each with one parameter at one end of its reach, are computed before
the walk; gaits in between are interpolated. The interpolation is exact at a neighbor, and of first order where several
parameters differ. The cycle time changes no table, only the rate of the phase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait.cycle import cycle, cycles
from gaitopt.gait.parameters import GaitParameters
from gaitopt.gait.space import GaitSpace
from gaitopt.robot.spec import RobotSpec

FRAMES = 512
"""Rows of a table: a cycle of 0.5 s is resolved to a millisecond."""
TURN = "skew"
"""Parameter that turns the robot; its reach is the limit of the heading hold."""


class GaitVariation:
    """A gait whose parameters can be offset.

    An offset is a fraction of a parameter's reach, -1 to 1; 0 is the gait itself. There is one for each active
    parameter. A turn, left positive, works even on robots whose skew is inactive.
    """

    def __init__(self, gait: GaitParameters, robot: RobotSpec, reach: float, turn: float) -> None:
        """Compute the tables.

        Args:
            gait: the gait at offset 0.
            robot: the robot.
            reach: reach of each parameter to either side, as a fraction of its range; cut off at the ends of the range.
            turn: reach of the skew [1].
        """
        space = GaitSpace(robot)
        self.names = space.active
        """Parameters that the offsets belong to."""
        self._cycle_time = gait.cycle_time
        self.ends = _ends(gait, space, reach)
        """Value of each parameter at offsets -1 and 1, in its unit."""
        if TURN in self.ends:
            self.ends[TURN] = (gait.skew - turn, gait.skew + turn)
        quickest, slowest = self.ends["cycle_time"]
        self._longer, self._shorter = slowest - gait.cycle_time, gait.cycle_time - quickest
        period = gait.cycle_time / FRAMES
        straight, left, right = cycles(gait, robot, period, (0.0, turn, -turn))
        self.unreachable, self.saturated = straight.unreachable, straight.saturated
        up, down = [left.angles], [right.angles]
        self._columns = [i for i, name in enumerate(self.names) if name not in (TURN, "cycle_time")]
        for i in self._columns:
            for tables, end in zip((down, up), self.ends[self.names[i]], strict=True):
                tables.append(cycle(replace(gait, **{self.names[i]: end}), robot, period).angles)
        changes = [table - straight.angles for table in (*up, *down)]
        self._tables = np.stack([straight.angles, *changes], axis=1)  # (FRAMES, 1 + 2 k, joints)
        self._time_column = self.names.index("cycle_time")
        self._turn_column = self.names.index(TURN) if TURN in self.names else None

    def cycle_time(self, offsets: Sequence[float]) -> float:
        """Return the duration of one cycle [s] at offsets (active,)."""
        offset = offsets[self._time_column]
        return self._cycle_time + offset * (self._longer if offset > 0 else self._shorter)

    def angles(self, phases: Sequence[float], offsets: Sequence[float], turn: float = 0.0) -> Array:
        """Return joint angles [rad], (n, joints).

        Args:
            phases: phases as fractions of a cycle, (n,).
            offsets: offsets of the parameters, (active,).
            turn: added to the skew, as a fraction of its reach.
        """
        # With a dozen numbers at every step of a walk, plain Python is faster than numpy.
        if self._turn_column is not None:
            turn += offsets[self._turn_column]
        signed = [min(1.0, max(-1.0, turn)), *(offsets[i] for i in self._columns)]
        parts = [1.0, *(max(part, 0.0) for part in signed), *(max(-part, 0.0) for part in signed)]
        rows = [int(phase * FRAMES) % FRAMES for phase in phases]
        angles: Array = np.array(parts) @ self._tables[rows]
        return angles


def _ends(gait: GaitParameters, space: GaitSpace, reach: float) -> dict[str, tuple[float, float]]:
    """Return the lowest and highest value of each active parameter."""
    ends = {}
    for name, least, most in zip(space.active, space.low, space.high, strict=True):
        value, way = getattr(gait, name), reach * (most - least)
        ends[name] = max(value - way, float(least)), min(value + way, float(most))
    return ends
