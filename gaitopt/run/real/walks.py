"""A real robot between two lines: its body, its stopwatch and whoever helps it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Protocol

from pydantic import field_validator

from gaitopt.errors import BodyError, InputError, ProtocolError
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.address import parse_address
from gaitopt.hal.body import Capabilities, Lifecycle
from gaitopt.hal.catalog import make_real_body
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.serial.light_gate import BAUD, LightGate
from gaitopt.hal.serial.serial_link import SerialLink
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.real.deployment import plan_deployment
from gaitopt.run.trained_policy import TrainedPolicy
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.spec import Spec
from gaitopt.walk.controller import Controller, GaitController, SkillController
from gaitopt.walk.evaluation import check_score
from gaitopt.walk.stopwatch import GateStopwatch, Keys, KeyStopwatch, SpoiledError, Stopwatch
from gaitopt.walk.traversal import Status, Traversal, traverse

BLIND_WALKS = 3
"""After so many walks in a row in which the light gate saw nothing, something is wrong with it."""


class DeskSpec(Spec):
    """How a robot walks on the desk."""

    body: str
    """The body's address."""
    stopwatch: str = "key"
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

    @field_validator("stopwatch")
    @classmethod
    def _known(cls, text: str) -> str:
        if text != "key" and not re.fullmatch(r"gate:.+", text):
            raise ValueError(f"got {text!r}; expected key, or gate:PORT such as gate:/dev/ttyACM0")
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

    def __init__(
        self,
        pause: float,
        patience: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda trouble: None,
    ) -> None:
        """Wait `pause` [s] before each walk, and bear fewer failures in a row than `patience`; `tell` of each."""
        self._pause, self._patience, self._sleep, self._tell = pause, patience, sleep, tell
        self._failed = 0

    def ready(self, trouble: str | None) -> None:
        """Return when the robot stands behind the start line."""
        self._failed = self._failed + 1 if trouble else 0
        if trouble and self._failed >= self._patience:
            raise BodyError(f"{trouble}; {self._failed} walks in a row failed: mend it first")
        if trouble:
            self._tell(trouble)
        self._sleep(self._pause)


class Desk:
    """Walks traversals on a real robot; a walk that does not count is walked again."""

    def __init__(
        self,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        spec: DeskSpec,
        operator: Operator,
        trained: TrainedPolicy | None = None,
    ) -> None:
        """Set up a desk.

        Args:
            robot: who walks.
            scenario: the field.
            spec: how it walks.
            operator: who helps.
            trained: a policy, which adjusts its own gait whatever gait is to be walked.
        """
        self._trained = trained
        self._policy: Controller | None = None
        self._robot, self._scenario, self._spec, self._operator = robot, scenario, spec, operator
        self._body: RealBody | None = None
        self._gate: LightGate | None = None
        self._blind = 0
        self._opened = False

    def open(self, gait: GaitParameters) -> None:
        """Make sure that robot and light gate answer, and that the link carries a gait; nothing moves.

        Raises:
            BodyError: one of them does not, or the robot lacks what a policy sees.
            InputError: the gait is too fast for the link.
        """
        if self._spec.stopwatch != "key":
            self._stopwatch()
        walker = self._trained or gait
        plan = plan_deployment(self._open_body(), walker, self._robot, self._scenario, self._spec.native)
        self._policy = plan.controller if self._trained is not None else None
        self._opened = True

    def walk(self, gait: GaitParameters, seed: int) -> Traversal:
        """Walk one traversal; waits until the robot has been placed.

        Raises:
            BodyError: the robot or the light gate failed, and the operator cannot mend it.
            InputError: see `open`, which the first walk begins with.
        """
        if not self._opened:  # what is wrong from the start is no matter of a spoiled walk
            self.open(gait)
        trouble: str | None = None
        while True:
            self._operator.ready(trouble)
            try:
                body, stopwatch = self._open_body(), self._stopwatch()
                traversal = traverse(body, self._controller(gait, body), self._scenario, seed, stopwatch=stopwatch)
            except SpoiledError as error:
                trouble = str(error)
                continue
            except BodyError as error:
                trouble = str(error)
                self.close()
                continue
            if body.lifecycle is not Lifecycle.INACTIVE:  # after a fall, it must be opened anew
                self._drop_body()
            self._check_gate(traversal, stopwatch)
            return traversal

    def close(self) -> None:
        """Let go of robot and gate."""
        self._drop_body()
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.close()

    @property
    def capabilities(self) -> Capabilities:
        """What the robot can measure."""
        return self._open_body().capabilities

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
        if self._spec.native:
            return SkillController(gait, self._robot, body.command_period)
        if self._policy is not None:
            return self._policy
        # What the link cannot carry of a later gait than the first is left out.
        return GaitController(gait, self._robot, self._scenario, body.command_period)

    def _stopwatch(self) -> Stopwatch:
        kind, _, port = self._spec.stopwatch.partition(":")
        if kind == "key":
            if self._operator.keys is None:
                raise InputError("--stopwatch key needs an operator at a terminal; or time by --stopwatch gate:PORT")
            return KeyStopwatch(self._operator.keys)
        if self._gate is None:
            self._gate = _open_gate(port)
        return GateStopwatch(self._gate, self._operator.keys)

    def _check_gate(self, traversal: Traversal, stopwatch: Stopwatch) -> None:
        seen = stopwatch.started is not None or traversal.status is not Status.TIMEOUT
        self._blind = 0 if seen else self._blind + 1
        if self._blind >= BLIND_WALKS:
            raise BodyError(
                f"{self._spec.stopwatch}: no beam was broken in {self._blind} walks of "
                f"{self._scenario.field.time_limit_s:g} s; check that the robot crosses both beams"
            )


def check_desk(
    robot: RobotSpec, scenario: ScenarioSpec, spec: DeskSpec, gait: GaitParameters, score: ScoreSpec = SPEED
) -> None:
    """Open a desk for a look whether a gait can be walked and scored on it; nothing moves. See `Desk.open`."""
    desk = Desk(robot, scenario, spec, _Absent())
    try:
        desk.open(gait)
        if not score.is_speed:  # that, a stopwatch tells
            check_score(score, desk.capabilities)
    finally:
        desk.close()


class _Absent:
    """Nobody is needed yet."""

    keys: Keys | None = None

    def ready(self, trouble: str | None) -> None:
        raise ProtocolError("nobody is at the desk")


def _open_gate(port: str) -> LightGate:
    gate = LightGate(SerialLink(port, BAUD))
    try:
        gate.configure()
    except BaseException:
        gate.close()
        raise
    return gate
