"""Skills of emulated OpenCat firmware: the vendor's postures, and invented gaits as long as the stock ones.

Sources: docs.petoi.com, Skill Creation (postures, array form); PetoiCamp OpenCatEsp32 src/skill.h and
src/InstinctBittleESP.h (frames of each gait; their angles are not copied but replaced by a plain trot).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gaitopt.hal.opencat.codec import JOINTS

GAIT_JOINTS = 8
BEHAVIOR_ROW = JOINTS + 4
"""Numbers in a behavior's row: 16 angles, speed, delay, trigger axis, trigger angle."""

Rows = NDArray[np.int64]


@dataclass
class LoadedSkill:
    """A skill in memory."""

    name: str
    """Name of the skill."""
    period: int
    """Number of rows: 1 for a posture, more for a gait, negative for a behavior."""
    ratio: int
    """Factor of the stored angles."""
    rows: Rows
    """Rows, (|period|, 8 for gaits, 16 for postures, 20 for behaviors)."""
    loop: tuple[int, int, int] = (0, 0, 0)
    """Loop of a behavior: first row, last row and number of repeats."""

    def frame(self, index: int) -> Rows:
        """Return a row's angles [degrees]."""
        return self.rows[index, :JOINTS] * self.ratio


def posture(name: str, angles: ArrayLike) -> LoadedSkill:
    """Return a posture, (16,) [degrees]."""
    return LoadedSkill(name, 1, 1, np.array(angles, dtype=np.int64)[None])


def from_array(data: bytes, name: str = "tmp") -> LoadedSkill:
    """Parse a skill array; missing rows are zero."""
    signed = np.frombuffer(data, dtype=np.int8).astype(np.int64)
    period = int(signed[0]) or 1
    header, width = (4, GAIT_JOINTS if period > 1 else JOINTS) if period > 0 else (7, BEHAVIOR_ROW)
    padded = np.zeros(header + abs(period) * width, dtype=np.int64)
    padded[: min(len(padded), len(signed))] = signed[: len(padded)]
    loop = (int(padded[4]), int(padded[5]), int(padded[6])) if period < 0 else (0, 0, 0)
    return LoadedSkill(name, period, int(padded[3]) & 0xFF, padded[header:].reshape(abs(period), width), loop)


def array_length(period: int) -> int:
    """Return the length of a skill array with this period [bytes]."""
    if period < 0:
        return 7 - period * BEHAVIOR_ROW
    return 4 + (GAIT_JOINTS * period if period > 1 else JOINTS)


def _legs(upper: ArrayLike, lower: ArrayLike) -> Rows:
    return np.concatenate([np.zeros(8), np.broadcast_to(upper, 4), np.broadcast_to(lower, 4)]).astype(np.int64)


def _trot(name: str, frames: int, swing: float) -> LoadedSkill:
    phase = 2 * np.pi * np.arange(frames)[:, None] / frames + np.pi * np.array([0, 1, 0, 1])
    upper = 45 + swing * np.sin(phase)
    lower = 5 - 15 * np.maximum(np.cos(phase), 0)
    return LoadedSkill(name, frames, 1, np.hstack([upper, lower]).astype(np.int64))


def _behavior(name: str, *poses: Rows) -> LoadedSkill:
    rows = np.array([[*pose, 8, 1, 0, 0] for pose in poses])
    return LoadedSkill(name, -len(poses), 1, rows)


_UP = _legs(30, 30)
_REST = np.array([-30, -80, -45, 0, -3, -3, 3, 3, 75, 75, 75, 75, -55, -55, -55, -55])

_SKILLS = (
    posture("up", _UP),
    posture("balance", _UP),
    posture("rest", _REST),
    posture("sit", _legs([45, 45, 105, 105], [45, 45, -45, -45])),
    posture("zero", np.zeros(JOINTS)),
    posture("calib", np.zeros(JOINTS)),
    posture("lifted", _legs(60, 0)),
    posture("dropped", _legs(10, 60)),
    _trot("wkF", 116, 15),
    _trot("wkL", 116, 10),
    _trot("trF", 48, 15),
    _trot("vtF", 37, 0),
    _trot("crF", 103, 12),
    _trot("bkF", 43, -12),
    _behavior("hi", _UP, _legs([-60, 30, 105, 105], [60, 45, -45, -45]), _UP),
    _behavior("rc", _REST, _legs([80, -80, -80, 80], 0), _REST, _UP),
    _behavior("knock", _legs(45, 30), _UP),
)
LIBRARY = {skill.name: skill for skill in _SKILLS}
"""Skills by name."""


def resolve(name: str) -> LoadedSkill | None:
    """Return a copy of the named skill; a turn to the right is the one to the left, mirrored later."""
    key = {"bk": "bkF"}.get(name, name)
    skill = LIBRARY.get(key) or (LIBRARY.get(key[:-1] + "L") if key[-1:] in ("R", "X") else None)
    return None if skill is None else LoadedSkill(skill.name, skill.period, skill.ratio, skill.rows.copy(), skill.loop)


def mirror(skill: LoadedSkill) -> None:
    """Swap left and right."""
    if skill.period <= 1:
        skill.rows[:, [0, 2]] *= -1
    first = 0 if skill.period > 1 else 4
    last = GAIT_JOINTS if skill.period > 1 else JOINTS
    for left in range(first, last, 2):
        skill.rows[:, [left, left + 1]] = skill.rows[:, [left + 1, left]]
