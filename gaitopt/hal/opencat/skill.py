"""Gaits as OpenCat stores and plays them: a skill array of signed bytes.

Sources: docs.petoi.com, Skill Creation (form of the array); PetoiCamp OpenCatEsp32 src/skill.h (sizes, angle ratio);
PetoiCamp OpenCat pyUI/SkillComposer.py (the text that Petoi Desktop's Skill Composer imports).

A gait is `period, roll, pitch, ratio` and `period` rows of 8 angles, upper then lower legs, each left front, right
front, right back, left back. The firmware plays one row per turn of its main loop, so the period sets the cycle time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.hal.cycle_table import interpolate
from gaitopt.hal.opencat.codec import LARGEST
from gaitopt.hal.opencat.dialect import Dialect
from gaitopt.hal.servo_map import ServoMap

FIRST_LEG_JOINT = 8
"""First joint that a gait moves."""
LEG_JOINTS = 8
"""Angles in a row of a gait: joints 8 to 15."""
FEWEST_FRAMES = 2
"""A period of 1 would be a posture."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")


@dataclass(frozen=True, eq=False)
class GaitSkill:
    """A gait as the firmware plays it."""

    stored: NDArray[np.int8]
    """Rows of the array, (n, 8) [degrees / ratio]."""
    ratio: int
    """1, or 2 where angles go beyond 125 degrees and are stored halved."""

    @property
    def array(self) -> bytes:
        """Whole array, header included."""
        return bytes([len(self.stored), 0, 0, self.ratio]) + self.stored.tobytes()

    def cycle_time(self, dialect: Dialect) -> float:
        """Return the approximate duration of one cycle on that firmware [s]."""
        return len(self.stored) / dialect.frame_rate


def skill_of(angles: Array, duration: float, servos: ServoMap, dialect: Dialect) -> GaitSkill:
    """Return the skill that plays a cycle of joint angles.

    Args:
        angles: angles evenly spaced over the cycle, (n, joints) [rad].
        duration: duration of the cycle [s].
        servos: map from joint angles to degrees of OpenCat's joints.
        dialect: dialect of the firmware.

    Raises:
        InputError: the robot's legs are not OpenCat's eight, or the cycle does not fit the firmware.
    """
    columns = [servo - FIRST_LEG_JOINT for servo in servos.ids]
    if sorted(columns) != list(range(LEG_JOINTS)):
        raise InputError(f"servos {list(servos.ids)}: OpenCat's skills move joints 8 to 15, each once")
    table = np.empty((len(angles), LEG_JOINTS))
    table[:, columns] = angles * servos.units_per_radian + servos.zero
    return gait_skill(table, duration, dialect)


def gait_skill(table_deg: ArrayLike, cycle_time: float, dialect: Dialect) -> GaitSkill:
    """Return the skill that plays a gait; see its `cycle_time` for the duration after rounding to frames.

    Args:
        table_deg: angles evenly spaced over one cycle, (n, 8), joints 8 to 15 of OpenCat [degrees].
        cycle_time: duration of the cycle [s].
        dialect: dialect of the firmware.

    Raises:
        InputError: the table is malformed, an angle too large, or the cycle too long or too short.
    """
    table = np.asarray(table_deg, dtype=float)
    if table.ndim != 2 or table.shape[1] != LEG_JOINTS or len(table) < 1 or not np.all(np.isfinite(table)):
        raise InputError(f"gait table of shape {table.shape}: expected (n, {LEG_JOINTS}) finite angles")
    frames = frames_of(cycle_time, dialect)
    angles = interpolate(table, np.arange(frames) / frames)
    ratio = 1 if np.abs(np.rint(angles)).max() <= LARGEST else 2
    stored = np.rint(angles / ratio)
    if np.abs(stored).max() > LARGEST:
        raise InputError(
            f"gait with an angle of {np.abs(angles).max():.0f} degrees: at most {2 * LARGEST} can be stored"
        )
    return GaitSkill(stored.astype(np.int8), ratio)


def frames_of(cycle_time: float, dialect: Dialect) -> int:
    """Return the number of frames in which the firmware plays a cycle [s].

    Raises:
        InputError: more than it can store, or fewer than two.
    """
    if not np.isfinite(cycle_time) or cycle_time <= 0:
        raise InputError(f"cycle time {cycle_time} s: expected a positive number")
    frames = round(cycle_time * dialect.frame_rate)
    if frames > dialect.gait_frames:
        raise InputError(
            f"a cycle of {cycle_time:.2f} s takes {frames} frames, but {dialect.name} stores {dialect.gait_frames}; "
            f"the longest cycle is {dialect.gait_frames / dialect.frame_rate:.2f} s"
        )
    if frames < FEWEST_FRAMES:
        shortest = FEWEST_FRAMES / dialect.frame_rate
        raise InputError(f"a cycle of {cycle_time:.3f} s takes {frames} frames; the shortest is {shortest:.3f} s")
    return frames


def to_text(skill: GaitSkill, name: str) -> str:
    """Return the skill as a C array, for the Import of Petoi's Skill Composer or an Instinct header file.

    Raises:
        InputError: the name is not letters and digits, a letter first.
    """
    if _NAME.fullmatch(name) is None:
        raise InputError(f"skill name {name!r}: expected letters and digits, a letter first")
    rows = "".join("  " + " ".join(f"{angle:4d}," for angle in row) + "\n" for row in skill.stored)
    return f"const int8_t {name}[] PROGMEM = {{\n  {len(skill.stored)}, 0, 0, {skill.ratio},\n{rows}}};\n"
