"""What an OpenCat robot reports: its joint angles; and tilt, battery and problems, queried rarely and cached.

Source: PetoiCamp OpenCatEsp32 src/imu.h (print6Axis and its pace), src/reaction.h (voltage, low power, exceptions).
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from gaitopt.errors import MissedReplyError
from gaitopt.hal.link import Link
from gaitopt.hal.opencat import codec
from gaitopt.hal.opencat.dialect import Dialect
from gaitopt.hal.opencat.exchange import Exchange

VOLTAGE_PERIOD = 2.0
"""Time between two queries of the battery [s]."""
WARNING_LASTS = 15.0
"""Time for which a warning of a low battery counts; the firmware repeats it every 10 s [s]."""
OLDEST_TILT = 1.0
"""Largest age of a tilt measurement that is returned [s]."""


JOINT_READINGS = 5

Degrees = NDArray[np.int64]


def read_joints(exchange: Exchange) -> Degrees:
    """Return the angles of all joints, (16,), as commanded last: OpenCat measures none.

    Raises:
        MissedReplyError: the robot did not answer, or not so that it can be understood.
    """
    for _ in range(2):
        angles = codec.parse_joints(exchange.query(codec.JOINT_ANGLES, "j"))
        if angles is not None:
            return angles
    raise MissedReplyError(f"{exchange.name}: joint angles cannot be read")


def agreed_joints(exchange: Exchange) -> Degrees:
    """Read the joints until two readings agree: one garbled digit would throw a leg at the next pose.

    Raises:
        MissedReplyError: none did, or the robot did not answer.
    """
    before: Degrees | None = None
    for _ in range(JOINT_READINGS):
        angles = read_joints(exchange)
        if before is not None and np.array_equal(angles, before):
            return angles
        before = angles
    raise MissedReplyError(f"{exchange.name}: no two readings of the joint angles agree")


class Sensors:
    """Latest values, with their ages."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._tilt: tuple[float, float, float] | None = None
        self._tilt_time = self._tilt_asked = -inf
        self._voltage: float | None = None
        self._voltage_asked = -inf
        self._low_power = ""
        self._low_power_time = -inf
        self._exceptions: list[str] = []
        self.restarted = False
        """Whether the board has booted; the driver clears it when it opens the board again."""
        self.ready = False
        """Whether it reported the end of its boot."""

    def hear(self, line: str) -> None:
        """Process an unprompted line of the firmware."""
        if line.startswith("Low power"):
            self._low_power = f'battery low: the board says "{line}"; charge it'
            self._low_power_time = self._link.now()
        elif line.startswith("Got"):
            self._low_power_time = -inf
        elif line.startswith("EXCEPTION"):
            self._exceptions.append(line)
        elif line in (codec.RESTART_LINE, codec.READY_LINE):  # either may be lost
            self.restarted, self.ready = True, line == codec.READY_LINE

    def tilt(self, exchange: Exchange, dialect: Dialect) -> tuple[float, float, float] | None:
        """Return roll to the right, pitch nose down, yaw to the left [rad], at most a second old, or None.

        Raises:
            MissedReplyError: it was due, and the robot did not answer.
        """
        now = self._link.now()
        if now - self._tilt_asked >= dialect.tilt_period:
            self._tilt_asked = now
            tilt = codec.parse_tilt(exchange.query(dialect.tilt_query, dialect.tilt_echo), dialect)
            if tilt is not None:
                self._tilt, self._tilt_time = tilt, self._link.now()
        return self._tilt if self._link.now() - self._tilt_time <= OLDEST_TILT else None

    def voltage(self, exchange: Exchange, dialect: Dialect) -> float | None:
        """Return the battery's voltage [V], or None where the firmware does not report it.

        Raises:
            MissedReplyError: it was due, and the robot did not answer.
        """
        now = self._link.now()
        if dialect.reports_voltage and now - self._voltage_asked >= VOLTAGE_PERIOD:
            self._voltage_asked = now
            self._voltage = codec.parse_voltage(exchange.query(codec.VOLTAGE, "P"))
        return self._voltage

    def problems(self) -> tuple[str, ...]:
        """Return the problems that the firmware reported; a fall is returned once, a low battery while it is low."""
        problems = [self._low_power] if self._link.now() - self._low_power_time < WARNING_LASTS else []
        problems += self._exceptions
        problems += ["the board restarted by itself"] if self.restarted else []
        self._exceptions.clear()
        return tuple(problems)
