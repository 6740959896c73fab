"""The health of a real robot: measurements, battery, temperatures; and when it must be stopped for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from gaitopt.errors import BodyError, FallError, MissedReplyError
from gaitopt.hal.driver import Driver, Health, Measurement
from gaitopt.hal.link import Link
from gaitopt.hal.real.safety import SafetyLimits, reason_not_to_move, tilt_of

Reply = TypeVar("Reply")

HEALTH_PERIOD_S = 0.75
"""Time between two checks of battery, temperatures and servo errors [s]."""


class HealthMonitor:
    """Queries a driver, and tolerates a few missed replies in a row. Calls are made under the guard's lock."""

    def __init__(self, driver: Driver, link: Link, limits: SafetyLimits) -> None:
        self.measured = Measurement()
        """Latest measurement."""
        self._health = Health()
        self._driver, self._link, self._limits = driver, link, limits
        self._missed = 0
        self._health_time = self._measured_time = -math.inf

    def ask(self, query: Callable[[], Reply]) -> Reply | None:
        """Return the reply to a query, None if it was missed.

        Raises:
            BodyError: too many were missed in a row, or the driver failed.
        """
        try:
            reply = query()
        except MissedReplyError as error:
            self._missed += 1
            if self._missed > self._limits.missed_replies:
                raise BodyError(f"{self._missed} replies in a row were missed ({error})") from error
            return None
        self._missed = 0
        return reply

    def measure(self, max_age: float = 0.0) -> Measurement:
        """Return a measurement that is at most `max_age` [s] old, or older if a reply was missed."""
        if max_age == 0.0 or self._link.now() - self._measured_time > max_age:
            now, reply = self._link.now(), self.ask(self._driver.measure)
            if reply is not None:
                self.measured, self._measured_time = reply, now
        return self.measured

    def check_tilt(self) -> None:
        """Check that the robot stands upright.

        Raises:
            FallError: it does not.
        """
        tilt = tilt_of(self.measured)
        if tilt > self._limits.largest_tilt:
            raise FallError(f"the robot is tilted by {math.degrees(tilt):.0f} degrees: it fell, or was picked up")

    def read_health(self) -> Health:
        """Return the robot's health, good or bad."""
        self._health_time = self._link.now()
        self._health = self.ask(self._driver.health) or self._health
        return self._health

    def check_health_if_due(self) -> None:
        """Check battery, temperatures and servo errors, if the last check was some time ago.

        Raises:
            BodyError: the robot must not move.
        """
        if self._link.now() - self._health_time >= HEALTH_PERIOD_S:
            self.read_health()
            self._check_health()

    def check_before_motion(self) -> None:
        """Check the health before the robot moves: here a missed reply is requested again, not tolerated.

        Raises:
            BodyError: the robot must not move.
        """
        for _ in range(self._limits.missed_replies):
            with suppress(MissedReplyError):
                self._health = self._driver.health()
                break
        else:
            self._health = self._driver.health()
        self._health_time = self._link.now()
        self._check_health()

    def _check_health(self) -> None:
        reason = reason_not_to_move(self._health, self._driver.lowest_voltage, self._driver.highest_temperature)
        if reason is not None:
            raise BodyError(reason)
