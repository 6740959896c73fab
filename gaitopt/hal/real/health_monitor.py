"""How a real robot is: what it measures, its battery, its heat; and when it must be stopped for that."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from gaitopt.errors import BodyError, FallError, MissedReplyError
from gaitopt.hal.driver import Driver, Health, Measurement
from gaitopt.hal.link import Link
from gaitopt.hal.real.safety import SafetyLimits, ailment, tilt_of

Answer = TypeVar("Answer")

HEALTH_PERIOD_S = 0.75
"""Time between two looks at battery, heat and servo errors [s]."""


class Vitals:
    """Asks a driver, and bears some missed replies in a row. Calls are made under the body's lock."""

    def __init__(self, driver: Driver, link: Link, limits: SafetyLimits) -> None:
        self.seen = Measurement()
        """What was measured last."""
        self.health = Health()
        """How the robot was when it was asked last."""
        self._driver, self._link, self._limits = driver, link, limits
        self._missed = 0
        self._looked = self._measured = -math.inf

    def ask(self, question: Callable[[], Answer]) -> Answer | None:
        """Return the answer to a question, None if it was missed.

        Raises:
            BodyError: too many were missed in a row, or the driver failed.
        """
        try:
            answer = question()
        except MissedReplyError as error:
            self._missed += 1
            if self._missed > self._limits.missed_replies:
                raise BodyError(f"{self._missed} replies in a row were missed ({error})") from error
            return None
        self._missed = 0
        return answer

    def measure(self, oldest: float = 0.0) -> Measurement:
        """Return what the robot measures, or measured up to `oldest` [s] ago, or before a missed reply."""
        if oldest == 0.0 or self._link.now() - self._measured > oldest:
            now, answer = self._link.now(), self.ask(self._driver.measure)
            if answer is not None:
                self.seen, self._measured = answer, now
        return self.seen

    def check_tilt(self) -> None:
        """Check that the robot stands.

        Raises:
            FallError: it does not.
        """
        leaning = tilt_of(self.seen)
        if leaning > self._limits.largest_tilt:
            raise FallError(f"the robot is tilted by {math.degrees(leaning):.0f} degrees: it fell, or was picked up")

    def look(self) -> Health:
        """Return how the robot is, however that may be."""
        self._looked = self._link.now()
        self.health = self.ask(self._driver.health) or self.health
        return self.health

    def look_if_due(self) -> None:
        """Look after battery, heat and servo errors now and then; see `check_health`."""
        if self._link.now() - self._looked >= HEALTH_PERIOD_S:
            self.look()
            self.check_health()

    def look_closely(self) -> None:
        """Look before the robot moves: here a missed reply is asked for again, and not borne."""
        for _ in range(self._limits.missed_replies):
            with suppress(MissedReplyError):
                self.health = self._driver.health()
                break
        else:
            self.health = self._driver.health()
        self._looked = self._link.now()
        self.check_health()

    def check_health(self) -> None:
        """Check that nothing forbids to move.

        Raises:
            BodyError: something does.
        """
        why = ailment(self.health, self._driver.lowest_voltage, self._driver.highest_temperature)
        if why is not None:
            raise BodyError(why)
