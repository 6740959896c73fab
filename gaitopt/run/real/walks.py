"""Walks of a real robot from line to line: its body, its stopwatch and its operator."""

from __future__ import annotations

import time

from gaitopt.errors import BodyError, InputError, ProtocolError
from gaitopt.hal.address import parse_address
from gaitopt.hal.body import Capabilities, Lifecycle
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.real.connection import make_real_body
from gaitopt.hal.serial.light_gate import BAUD, LightGate
from gaitopt.hal.serial.serial_link import SerialLink
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.real.deployment import gait_of_skill, plan_deployment
from gaitopt.run.real.robot import OperatedRobot, RealRobot
from gaitopt.run.rollout import RolloutResult, RolloutTask
from gaitopt.run.walkers.walker import Pacing, Walker, WalkerKey
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.controller import Controller, SkillController
from gaitopt.walk.evaluation import check_score
from gaitopt.walk.stopwatch import GateStopwatch, Keys, KeyStopwatch, SpoiledError, Stopwatch
from gaitopt.walk.traversal import Status, Traversal, traverse

BLIND_WALKS = 3
"""Number of walks in a row without a broken beam after which the light gate is taken to be at fault."""


class RealWalks:
    """Walks traversals on a real robot; a walk that does not count is walked again."""

    def __init__(self, robot: RobotSpec, scenario: ScenarioSpec, operated: OperatedRobot) -> None:
        self._robot, self._scenario = robot, scenario
        self._spec, self._operator = operated.robot, operated.operator
        self._body: RealBody | None = None
        self._gate: LightGate | None = None
        self._last: tuple[WalkerKey, Controller] | None = None
        self._blind = 0
        self._opened = False

    def open(self, walker: Walker) -> None:
        """Make sure that robot and light gate answer, and that the robot can walk so; nothing moves.

        Raises:
            BodyError: one of them does not answer, or the robot lacks a sensor that the walker needs.
            InputError: the gait is too fast for the link.
        """
        if self._spec.stopwatch != "key":
            self._stopwatch()
        plan_deployment(self._open_body(), walker, self._robot, self._scenario, self._spec.native)
        self._opened = True

    def walk(self, walker: Walker, seed: int) -> Traversal:
        """Walk one traversal; waits until the robot has been placed.

        Raises:
            BodyError: the robot or the light gate failed, and the operator cannot fix it.
            InputError: see `open`, with which the first walk begins.
        """
        if not self._opened:  # what is wrong from the start is not the trouble of one walk
            self.open(walker)
        trouble: str | None = None
        while True:
            self._operator.ready(trouble)
            try:
                body, stopwatch = self._open_body(), self._stopwatch()
                traversal = traverse(body, self._controller(walker, body), self._scenario, seed, stopwatch=stopwatch)
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

    def __call__(self, task: RolloutTask) -> RolloutResult:
        """Walk the traversal of a task; see `walk`."""
        begun = time.perf_counter()
        traversal = self.walk(task.walker, task.seed)
        return RolloutResult(traversal, time.perf_counter() - begun)

    def close(self) -> None:
        """Close the connections to robot and gate."""
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

    def _controller(self, walker: Walker, body: RealBody) -> Controller:
        """Return a walker's controller; what the link cannot carry of a later gait than the first is left out."""
        key = walker.key
        if self._last is None or self._last[0] != key:
            if self._spec.native:
                self._last = key, SkillController(gait_of_skill(walker), self._robot, body.command_period)
            else:
                self._last = key, walker.controller(self._robot, self._scenario, Pacing(body.command_period))
        return self._last[1]

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


def check_real_robot(
    robot: RobotSpec, scenario: ScenarioSpec, real: RealRobot, walker: Walker, score: ScoreSpec = SPEED
) -> None:
    """Open a real robot to check that a walker can walk and be scored on it; nothing moves. See `RealWalks.open`."""
    walks = RealWalks(robot, scenario, real.operated_by(_Nobody()))
    try:
        walks.open(walker)
        if not score.is_speed:  # a stopwatch measures that
            check_score(score, walks.capabilities)
    finally:
        walks.close()


class _Nobody:
    """The operator where none is needed."""

    keys: Keys | None = None

    def ready(self, trouble: str | None) -> None:
        raise ProtocolError("there is no operator")


def _open_gate(port: str) -> LightGate:
    gate = LightGate(SerialLink(port, BAUD))
    try:
        gate.configure()
    except BaseException:
        gate.close()
        raise
    return gate
