"""A real robot: its address, its stopwatch, and the operator who puts it back between two walks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import field_validator

from gaitopt.errors import BodyError, InputError
from gaitopt.hal.address import parse_address
from gaitopt.spec import Spec
from gaitopt.walk.stopwatch import Keys


class Operator(Protocol):
    """Puts a robot back between two walks."""

    keys: Keys | None
    """The keyboard; None if there is none."""

    def ready(self, trouble: str | None) -> None:
        """Return when the robot stands behind the start line, and the trouble with the last walk is fixed.

        Raises:
            BodyError: nobody can fix it.
        """


class RealRobot(Spec):
    """A real robot that walks from line to line."""

    body: str
    """Address: `opencat:PORT` or `dynamixel:PORT`."""
    stopwatch: str = "key"
    """`key`, or `gate:PORT` for a light gate."""
    native: bool = False
    """Whether the robot plays gaits from its own memory."""

    @field_validator("body")
    @classmethod
    def _real(cls, text: str) -> str:
        try:
            real = parse_address(text).real
        except InputError as error:
            raise ValueError(str(error)) from error
        if not real:
            raise ValueError(f"got {text!r}; expected a robot on a serial line")
        return text

    @field_validator("stopwatch")
    @classmethod
    def _known(cls, text: str) -> str:
        if text != "key" and not re.fullmatch(r"gate:.+", text):
            raise ValueError(f"got {text!r}; expected key, or gate:PORT such as gate:/dev/ttyACM0")
        return text

    def operated_by(self, operator: Operator | None) -> OperatedRobot:
        """Return this robot with its operator.

        Raises:
            InputError: there is no operator.
        """
        if operator is None:
            raise InputError(f"{self.body} is a real robot: an operator is needed")
        return OperatedRobot(self, operator)


@dataclass(frozen=True)
class OperatedRobot:
    """A real robot with its operator."""

    robot: RealRobot
    operator: Operator


class UnattendedOperator:
    """An operator that waits for a fixed time, in which the robot is put back, and fixes nothing."""

    keys: Keys | None = None

    def __init__(
        self,
        pause: float,
        patience: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        report: Callable[[str], None] = lambda trouble: None,
    ) -> None:
        """Make an operator.

        Args:
            pause: waiting time before each walk [s].
            patience: number of failed walks in a row that ends walking.
            sleep: waits for a time [s].
            report: called with the trouble after a failed walk.
        """
        self._pause, self._patience, self._sleep, self._report = pause, patience, sleep, report
        self._failed = 0

    def ready(self, trouble: str | None) -> None:
        """Return when the pause is over.

        Raises:
            BodyError: too many walks in a row failed.
        """
        self._failed = self._failed + 1 if trouble else 0
        if trouble and self._failed >= self._patience:
            raise BodyError(f"{trouble}; {self._failed} walks in a row failed: fix it first")
        if trouble:
            self._report(trouble)
        self._sleep(self._pause)
