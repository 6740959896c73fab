"""From a cycle of joint angles to a skill of OpenCat's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gaitopt.errors import InputError
from gaitopt.hal.opencat.dialect import Dialect
from gaitopt.hal.opencat.skill import LEG_JOINTS, GaitSkill, gait_skill
from gaitopt.hal.servo_map import ServoMap

FIRST_LEG_JOINT = 8
"""Skills move joints 8 to 15."""


def skill_of(angles: NDArray[np.float64], duration: float, servos: ServoMap, dialect: Dialect) -> GaitSkill:
    """Return the skill that plays a cycle.

    Args:
        angles: evenly spaced over the cycle, (n, joints) [rad].
        duration: of the cycle [s].
        servos: of the robot, in degrees.
        dialect: of its firmware.

    Raises:
        InputError: the robot's legs are not OpenCat's eight, or the cycle does not fit the firmware.
    """
    columns = [servo - FIRST_LEG_JOINT for servo in servos.ids]
    if sorted(columns) != list(range(LEG_JOINTS)):
        raise InputError(f"servos {list(servos.ids)}: OpenCat's skills move joints 8 to 15, each once")
    table = np.empty((len(angles), LEG_JOINTS))
    table[:, columns] = angles * servos.units_per_radian + servos.zero
    return gait_skill(table, duration, dialect)
