"""Commands and replies of the OpenCat serial protocol as pure functions.

Sources: PetoiCamp OpenCatEsp32 src/OpenCat.h (tokens), src/moduleManager.h (framing), src/reaction.h and src/imu.h
(replies); PetoiCamp OpenCat src/reaction.h and src/imu.h for the NyBoard.

A command is one token and its payload. Upper-case tokens carry signed bytes and end with `~`; the others carry text
and end with a newline. The firmware has no checksum, treats what arrives together as one command, and confirms a
command with its token on a line of its own once it is carried out; so only one command may be in progress.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import radians

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gaitopt.errors import InputError
from gaitopt.hal.opencat.dialect import VERSION_LINE, Dialect

JOINTS = 16
"""Joints that OpenCat numbers, present or not: 4 of head and tail, 4 shoulders, 4 upper and 4 lower legs."""
LARGEST = 125
"""Largest angle that fits into one byte; 126 is the terminator `~` [degrees]."""
ANGLE_LIMITS_DEG = np.array(
    [(-120, 120), (-85, 85), (-120, 120), (-120, 120), (-90, 60), (-90, 60), (-90, 90), (-90, 90)]
    + [(-200, 80)] * 2
    + [(-80, 200)] * 6
)
"""Bittle's limits, (16, 2), beyond which the firmware clamps silently; far wider than the legs' [degrees]."""
TERMINATOR = b"~"
"""End of a binary command."""

IDENTIFY = b"?\n"
"""Query model and version."""
JOINT_ANGLES = b"j\n"
"""Query the commanded angles of all joints."""
REST = b"d\n"
"""Move to the rest pose, then switch the servos off."""
VOLTAGE = b"P~"
"""Query the battery's voltage."""
REPLAY = b"T~"
"""Play the last uploaded skill."""
HEAD_STILL = b"i0 0 1 0 2 0\n"
"""Hold the joints of head and tail, which a gait would swing, at 0 degrees."""

MODEL_LINE = re.compile(r"(Bittle|Nybble|DoF16|Chero).*")
RESTART_LINE = "* Start *"
"""Printed whenever the board boots."""
READY_LINE = "Ready!"
"""Printed at the end of the boot."""
_DECIMAL = re.compile(r"-?\d+\.\d+")
_LISTED = re.compile(r"-?\d+(?=,)")
_VOLTAGE = re.compile(r"Voltage: (\d+(?:\.\d+)?) V")
_TILT_HEAD = re.compile(r"(ICM|MCU):")
_ASYNCHRONOUS = re.compile(r"EXCEPTION|Low power|Got \d|Long-press|Reactivating|FPS:|\* Start \*|Ready!")


def pose(angles: ArrayLike) -> bytes:
    """Return the command `L`: all 16 joints at once, (16,) whole degrees, limited to +-125.

    Raises:
        InputError: the wrong number of angles; the firmware would take the rest from an earlier command.
    """
    data = np.clip(np.asarray(angles), -LARGEST, LARGEST).astype(np.int8).tobytes()
    if len(data) != JOINTS:
        raise InputError(f"a pose has {JOINTS} angles, got {len(data)}")
    return b"L" + data + TERMINATOR


def upload(skill: bytes) -> bytes:
    """Return the command `K`: store a skill (its array of signed bytes) and play it.

    Raises:
        InputError: the skill holds a byte that ends the command.
    """
    if TERMINATOR in skill:
        raise InputError(
            f"byte {skill.index(TERMINATOR)} of the skill is 126, which ends the upload; at most {LARGEST}"
        )
    return b"K" + skill + TERMINATOR


class LineReader:
    """Assembles lines from bytes as they arrive; bytes that are not ASCII become '?'."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that are now complete, without line ends; empty lines are left out."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        texts = (line.decode("ascii", "replace").strip("\r\0") for line in lines)
        return [text for text in texts if text]

    def clear(self) -> None:
        """Discard an incomplete line."""
        self._rest = b""


def is_asynchronous(line: str) -> bool:
    """Return whether the firmware sends a line unprompted."""
    return _ASYNCHRONOUS.match(line.strip()) is not None


def parse_identity(lines: Sequence[str]) -> tuple[str, str] | None:
    """Return model and version from the reply to `?`; None if one of them is missing."""
    texts = [line.strip() for line in lines]
    models = [text for text in texts if MODEL_LINE.fullmatch(text)]
    versions = [text for text in texts if VERSION_LINE.fullmatch(text)]
    return (models[-1], versions[-1]) if models and versions else None


def parse_joints(lines: Sequence[str]) -> NDArray[np.int64] | None:
    """Return the angles from the reply to `j`, (16,) [degrees]; None if there are not 16.

    The lines before it (`=` and the joints' numbers, in one line on NyBoard, in two on BiBoard) hold no commas.
    """
    for line in reversed(lines):
        values = _LISTED.findall(line)
        if len(values) == JOINTS:
            return np.array(values, dtype=np.int64)
    return None


def parse_voltage(lines: Sequence[str]) -> float | None:
    """Return the voltage from the reply to `P` [V]; None if it is not reported."""
    found = [match for line in lines if (match := _VOLTAGE.search(line))]
    return float(found[-1].group(1)) if found else None


def parse_tilt(lines: Sequence[str], dialect: Dialect) -> tuple[float, float, float] | None:
    """Return roll to the right, pitch nose down, yaw to the left [rad]; None if no line reports them.

    The firmware's pitch is nose down (its sitting pose expects -30 degrees). Its IMU is mounted with x to the tail, so
    its roll is to the left; that follows from the sign of the pitch, and no page of the vendor says it. NyBoard reports
    no yaw; it is 0 here.
    """
    headed = len(dialect.tilt_fields) > 2
    for line in reversed(lines):
        numbers = _DECIMAL.findall(line)
        fits = _TILT_HEAD.match(line.strip()) is not None if headed else not line.strip(" \t-0123456789.")
        if fits and (len(numbers) == len(dialect.tilt_fields) or (not headed and len(numbers) == 5)):
            values = {name: radians(float(text)) for name, text in zip(dialect.tilt_fields, numbers, strict=False)}
            yaw = values.get("yaw", 0.0) * (1 if dialect.yaw_to_the_left else -1)
            return 0.0 - values["roll"], values["pitch"], yaw + 0.0  # no negative zeros
    return None
