"""A real robot between two lines: its body, its stopwatch and whoever helps it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Protocol

from pydantic import Field, field_validator

from gaitopt.errors import BodyError, InputError
from gaitopt.files import Spec
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.address import parse_address
from gaitopt.hal.body import Lifecycle
from gaitopt.hal.catalog import make_real_body
from gaitopt.hal.light_gate import BAUD, LightGate
from gaitopt.hal.real_body import RealBody
from gaitopt.hal.serial_link import SerialLink
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.deployment import plan
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.controller import Controller, GaitController
from gaitopt.walk.stopwatch import GateStopwatch, Keys, KeyStopwatch, SpoiledError, Stopwatch
from gaitopt.walk.traversal import Status, Traversal, traverse

BLIND_WALKS = 3
"""After so many walks in a row in which the light gate saw nothing, something is wrong with it."""


class DeskSpec(Spec):
    """How a robot walks on the desk."""

    body: str
    """The body's address."""
    stopwatch: Annotated[str, Field(pattern=r"^(key|gate:.+)$")] = "key"
    """`key`, or `gate:PORT`."""
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


class Operator(Protocol):
    """Who helps a robot between two walks."""

    keys: Keys | None
    """The keyboard; None if there is none."""

    def ready(self, trouble: str | None) -> None:
        """Return when the robot stands behind the start line, and what was wrong is mended.

        Raises:
            BodyError: nobody can mend it.
        """


class StageHand:
    """An operator who needs no asking: puts the robot back within a fixed time, and mends nothing."""

    keys: Keys | None = None

    def __init__(self, pause: float, patience: int = 3, sleep: Callable[[float], None] = time.sleep) -> None:
        """Wait `pause` [s] before each walk, and bear so many failures in a row."""
        self._pause, self._patience, self._sleep = pause, patience, sleep
        self._failed = 0

    def ready(self, trouble: str | None) -> None:
        """Return when the robot stands behind the start line."""
        self._failed = self._failed + 1 if trouble else 0
        if trouble and self._failed >= self._patience:
            raise BodyError(f"{trouble}; {self._failed} walks in a row failed: mend it, then go on")
        self._sleep(self._pause)


class Desk:
    """Walks traversals on a real robot; a walk that does not count is walked again."""

    def __init__(self, robot: RobotSpec, scenario: ScenarioSpec, spec: DeskSpec, operator: Operator) -> None:
        self._robot, self._scenario, self._spec, self._operator = robot, scenario, spec, operator
        self._body: RealBody | None = None
        self._gate: LightGate | None = None
        self._blind = 0
        self._checked = False

    def walk(self, gait: GaitParameters, seed: int) -> Traversal:
        """Walk one traversal; waits until the robot has been placed.

        Raises:
            BodyError: the robot or the light gate failed, and the operator cannot mend it.
        """
        trouble: str | None = None
        while True:
            self._operator.ready(trouble)
            try:
                body = self._open_body()
                stopwatch = self._stopwatch()
                traversal = traverse(body, self._controller(gait, body), self._scenario, seed, stopwatch=stopwatch)
            except SpoiledError as error:
                trouble = str(error)
                continue
            except BodyError as error:
                trouble = str(error)
                self._drop_body()
                continue
            if body.lifecycle is not Lifecycle.INACTIVE:  # after a fall, it must be opened anew
                self._drop_body()
            self._check_gate(traversal, stopwatch)
            return traversal

    def close(self) -> None:
        """Let go of robot and gate."""
        self._drop_body()
        if self._gate is not None:
            self._gate.close()
            self._gate = None

    def _open_body(self) -> RealBody:
        if self._body is None:
            body = make_real_body(self._robot, parse_address(self._spec.body))
            body.configure()
            self._body = body
        return self._body

    def _drop_body(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()

    def _controller(self, gait: GaitParameters, body: RealBody) -> Controller:
        if not self._spec.native and self._checked:  # what a link cannot carry of a later gait is left out
            return GaitController(gait, self._robot, self._scenario, body.command_period)
        self._checked = True
        return plan(body, gait, self._robot, self._scenario, self._spec.native).controller

    def _stopwatch(self) -> Stopwatch:
        kind, _, port = self._spec.stopwatch.partition(":")
        if kind == "key":
            if self._operator.keys is None:
                raise InputError("--stopwatch key needs an operator at a terminal; or time by --stopwatch gate:PORT")
            return KeyStopwatch(self._operator.keys)
        if self._gate is None:
            self._gate = LightGate(SerialLink(port, BAUD))
            self._gate.configure()
        return GateStopwatch(self._gate)

    def _check_gate(self, traversal: Traversal, stopwatch: Stopwatch) -> None:
        seen = stopwatch.started is not None or traversal.status is not Status.TIMEOUT
        self._blind = 0 if seen else self._blind + 1
        if self._blind >= BLIND_WALKS:
            raise BodyError(
                f"{self._spec.stopwatch}: no beam was broken in {self._blind} walks of "
                f"{self._scenario.field.time_limit_s:g} s; check that the robot crosses both beams, then go on"
            )
