"""Board of emulated OpenCat firmware, and the motion of its servos.

Source: PetoiCamp OpenCatEsp32 src/motion.h (calibratedPWM, transform), src/OpenCat.h (angle limits, rest pose).

The firmware is one loop that blocks while it moves. Here it is a generator that yields the pauses of the real code; its
caller lets that much time pass.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from dataclasses import dataclass
from math import cos, floor, pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gaitopt.emulators.firmware import Plant
from gaitopt.hal.opencat.codec import ANGLE_LIMITS_DEG, JOINTS
from gaitopt.hal.opencat.dialect import Dialect

BITTLE_SERVOS = frozenset({0, *range(8, 16)})
"""Joints of Bittle with a servo: head pan, upper and lower legs."""
FIRST_LEG_JOINT = 8
"""First joint that gaits drive."""
REST_DEG = (0, 0, 0, 0, 0, 0, 0, 0, 75, 75, 75, 75, -55, -55, -55, -55)
"""Joint angles that the firmware assumes at power-on [degrees]."""
STEP_OVERHEAD = 0.0002
"""Duration of a motion's step beyond its programmed delay, by the measured reply times [s]."""


@dataclass(frozen=True)
class Delay:
    """The firmware is busy for a time."""

    seconds: float
    """Duration [s]."""


@dataclass(frozen=True)
class Listen:
    """The firmware continues when bytes have arrived, or after a time."""

    seconds: float
    """Longest duration [s]."""


Program = Generator[Delay | Listen, None, None]
"""A piece of firmware that takes time."""


class Board:
    """Clock, serial port and sensors."""

    def __init__(
        self, plant: Plant, rng: np.random.Generator, dialect: Dialect, model: str, servos: Collection[int]
    ) -> None:
        self.plant = plant
        self.rng = rng
        self.dialect = dialect
        self.model = model
        self.servos = frozenset(servos)
        self.time = 0.0
        """Time now [s]."""
        self.flash = b""
        """Skill uploaded last; it survives a reset."""
        self.received = bytearray()
        """Bytes that have arrived and the firmware has not read."""
        self.sent = bytearray()
        """Bytes that the firmware printed and nobody has read."""

    def say(self, text: str = "", end: str = "\r\n") -> None:
        """Print a line."""
        self.sent += (text + end).encode("latin-1")

    @property
    def nyboard(self) -> bool:
        """Whether this is the older board, whose firmware differs in places."""
        return self.dialect.name == "nyboard"

    def tilt_deg(self) -> tuple[float, float, float]:
        """Return roll to the right, pitch nose down, yaw to the left [degrees]."""
        self.plant.advance(self.time)
        roll, pitch, yaw = np.degrees(self.plant.roll_pitch_yaw())
        return float(roll), float(pitch), float(yaw)


def round_half_up(value: float) -> int:
    """Round as C does for positive numbers; Python would round 2.5 to 2."""
    return floor(value + 0.5)


class Motion:
    """The servos: their commanded angles in whole degrees, and how the firmware moves them."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.angles: NDArray[np.int64] = np.array(REST_DEG)
        """Commanded angles, (16,), truncated to whole degrees [degrees]."""
        self.low_battery = False
        """Whether the firmware refuses to drive servos; it records commanded angles as if it did."""

    def write(self, joint: int, angle: float) -> None:
        """Send one joint to an angle [degrees], without a pause; a limp servo switches on."""
        lowest, highest = ANGLE_LIMITS_DEG[joint]
        self.angles[joint] = int(max(lowest, min(highest, angle)))
        if joint in self._board.servos and not self.low_battery:
            self._board.plant.aim(joint, float(self.angles[joint]))

    def shut(self, joint: int | None = None) -> None:
        """Switch one servo off, or all."""
        self._board.plant.advance(self._board.time)
        for servo in self._board.servos if joint is None else self._board.servos & {joint}:
            self._board.plant.aim(servo, None)

    def transform(self, target: ArrayLike, speed: float, first: int = 0) -> Program:
        """Move the joints from `first` on to angles [degrees] at `speed` [degrees per step], on a cosine profile.

        Joints 4 to 7, which a robot with eight leg servos lacks, are not moved, but count for the duration.
        """
        goal = np.asarray(target, dtype=np.int64)
        change = self.angles[first:] - goal
        steps = round_half_up(int(np.abs(change).max()) / speed) if speed > 0 else 0
        pause = self._board.dialect.step_time * (JOINTS - first) / JOINTS + STEP_OVERHEAD
        for step in range(steps + 1):
            left = 0.0 if steps == 0 else (1 + cos(pi * step / steps)) / 2
            self._board.plant.advance(self._board.time)
            for joint in range(first, JOINTS):
                if not 4 <= joint < FIRST_LEG_JOINT:
                    self.write(joint, goal[joint - first] + left * change[joint - first])
            yield Delay(pause)
