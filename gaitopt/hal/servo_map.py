"""From joint angles to servo units and back: sign, zero and limits of each servo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gaitopt.arrays import Array
from gaitopt.errors import InputError

Units = NDArray[np.int64]


@dataclass(frozen=True)
class ServoSlot:
    """The servo that drives one joint. Its units are the device's: ticks for Dynamixel, degrees for OpenCat."""

    id: int
    """Its number on the device."""
    sign: int
    """1 if the servo counts up where the joint angle grows, else -1."""
    zero: float
    """Position at joint angle 0 [device units]."""
    lowest: int
    """Lowest position that may be sent [device units]."""
    highest: int
    """Highest position that may be sent [device units]."""

    def __post_init__(self) -> None:
        """Refuse impossible values.

        Raises:
            InputError: the sign is not 1 or -1, the zero is not a number, or the limits are in the wrong order.
        """
        if self.sign not in (1, -1):
            raise InputError(f"servo {self.id}: sign {self.sign}, expected 1 or -1")
        if not np.isfinite(self.zero):
            raise InputError(f"servo {self.id}: zero {self.zero}, expected a finite number")
        if self.lowest > self.highest:
            raise InputError(f"servo {self.id}: lowest {self.lowest} is above highest {self.highest}; swap them")


class ServoMap:
    """Joint angles [rad] to servo units and back, for all joints at once: units = sign * angle * scale + zero."""

    def __init__(self, slots: Sequence[ServoSlot], units_per_turn: int) -> None:
        """Store one slot for each joint, in the order of the joints; `units_per_turn` is 4096 for Dynamixel.

        Raises:
            InputError: two joints have the same servo.
        """
        self.slots = tuple(slots)
        self.ids = tuple(slot.id for slot in slots)
        if len(set(self.ids)) < len(self.ids):
            raise InputError(f"servo ids {list(self.ids)}: expected a different servo for each joint")
        self.units_per_radian = np.array([slot.sign for slot in slots]) * (units_per_turn / (2 * pi))  # (joints,)
        """Change of each servo's units with its joint's angle, (joints,)."""
        self.zero = np.array([slot.zero for slot in slots], dtype=float)
        """Each servo's units at joint angle 0, (joints,)."""
        self._lowest = np.array([slot.lowest for slot in slots], dtype=np.int64)  # (joints,)
        self._highest = np.array([slot.highest for slot in slots], dtype=np.int64)  # (joints,)

    def to_units(self, angles: ArrayLike) -> Units:
        """Return the nearest whole units within each servo's limits, (joints,), for joint angles [rad], (joints,).

        Raises:
            InputError: the wrong number of angles, or one that is not finite.
        """
        wanted = np.asarray(angles, dtype=float)
        if wanted.shape != self.zero.shape or not np.all(np.isfinite(wanted)):
            raise InputError(f"joint angles {wanted.tolist()}: expected {len(self.slots)} finite numbers [rad]")
        return self.within_limits(np.rint(wanted * self.units_per_radian + self.zero))

    def within_limits(self, units: ArrayLike) -> Units:
        """Return the nearest units within each servo's limits, (joints,)."""
        # Limited as floats, if they are: a huge angle would wrap around as an integer.
        return np.clip(np.asarray(units), self._lowest, self._highest).astype(np.int64)

    def to_angles(self, units: ArrayLike) -> Array:
        """Return joint angles [rad], (joints,), for servo units, (joints,)."""
        return (np.asarray(units, dtype=float) - self.zero) / self.units_per_radian

    def to_speeds(self, units_per_second: ArrayLike) -> Array:
        """Return joint speeds [rad/s], (joints,), for servo speeds [units/s], (joints,)."""
        return np.asarray(units_per_second, dtype=float) / self.units_per_radian
