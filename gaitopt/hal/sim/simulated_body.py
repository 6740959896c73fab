"""What simulated bodies have in common: life cycle, delay of commands, pushes, and measuring while they play."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections import deque

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, ProtocolError
from gaitopt.hal.body import Body, BodyState, Capabilities, Lifecycle, Meter
from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.sim.placing import TrunkPlacement, place_trunk
from gaitopt.hal.sim.servo import servo_model
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.urdf_check import check_urdf
from gaitopt.scenario.spec import Conditions, ScenarioSpec

GRAVITY = 9.81
"""Acceleration of gravity [m/s^2]."""
DROP = 0.001
"""Gap under the paws when the robot is placed [m]."""


class SimulatedBody(Body):
    """A simulated robot on its field; an engine fills in the methods at the end."""

    capabilities = Capabilities(simulated=True, position=True, joint_torque=True, contacts=True, camera=True)

    def __init__(self, robot: RobotSpec, engine: EngineSpec, window: bool = False, camera: bool = False) -> None:
        """Describe the body; `configure` opens it.

        Args:
            robot: which robot.
            engine: time step and solver.
            window: whether to show a window, at the pace of real time.
            camera: whether to add the field's marks, for pictures.

        Raises:
            BodyError: the command period or the servos' delay is not a whole number of time steps.
        """
        super().__init__(robot)
        self.engine = engine
        self._servos = servo_model(robot)
        self._window, self._camera = window, camera
        self._scenario: ScenarioSpec | None = None
        self._conditions: Conditions | None = None
        self._stopped = False
        self._steps(self.command_period, "command period")
        self._delay = self._steps(robot.servo.delay_s, "servos' delay")

    def _steps(self, duration: float, name: str) -> int:
        """Return a duration of the servos as a number of time steps."""
        step = self.engine.time_step_s
        if abs(duration / step - round(duration / step)) > 1e-6:
            raise BodyError(
                f"engine.time_step_s: got {step:g}; expected a whole fraction of the {name}, {duration:g} s"
            )
        return round(duration / step)

    def configure(self) -> None:
        """Check the robot's URDF and open the engine."""
        self._require(Lifecycle.DISCONNECTED, call="configure")
        check_urdf(self.robot)
        self._open()
        self._stopped = False
        self.lifecycle = Lifecycle.INACTIVE

    def prepare(self, scenario: ScenarioSpec, conditions: Conditions) -> None:
        """Set up the next traversal; the robot is placed when it is activated."""
        self._require(Lifecycle.INACTIVE, call="prepare")
        self._conditions = None
        if scenario != self._scenario:
            self._scenario = None
            self._build(scenario)
            self._scenario = scenario
        self._reset(conditions)
        self._conditions = conditions

    def activate(self, pose: Array, duration: float) -> None:
        """Stand the robot on the ground in `pose`, servos on, and let it settle for `duration`."""
        self._require(Lifecycle.INACTIVE, call="activate")
        conditions = self._require_world("activate")
        assert self._scenario is not None
        pose = self._within_limits(pose)
        at = -self._scenario.field.run_up_m, conditions.start_side
        self._place(pose, place_trunk(self.robot, pose), at, conditions.start_heading)
        self._pushes = conditions.pushes
        self._power(conditions.servo_strength, np.ones(len(pose)))
        self.lifecycle = Lifecycle.ACTIVE
        self._time, self._wall = -duration, time.perf_counter()
        self._waiting: deque[tuple[int, list[float]]] = deque()
        self._done = 0
        self._aim(pose.tolist())
        self.advance(duration)
        self._time = 0.0

    def command(self, angles: Array) -> Array:
        """Set the servos' target angles and return them, after joint limits; the servos follow after their delay."""
        self._require(Lifecycle.ACTIVE, call="command")
        sent = self._within_limits(angles)
        self._send(sent.tolist())
        return sent

    def play(self, angles: Array, period: float) -> Array:
        """Send rows of joint angles, one every `period`; limiting all rows at once is faster."""
        self._require(Lifecycle.ACTIVE, call="play")
        sent = self._within_limits(angles)
        steps, meter = round(period / self.engine.time_step_s), self.meter
        for row in sent.tolist():
            self._send(row)
            self._pass(steps, period, meter if meter is not None and meter.due() else None)
        return sent

    def advance(self, duration: float) -> None:
        """Step the physics; with a window, at the pace of real time."""
        self._pass(round(duration / self.engine.time_step_s), duration)

    def set_strength(self, shares: Array) -> None:
        """Limit each joint to a share of its servo's torque, (joints,), until the next activation: 0 leaves it limp."""
        self._require(Lifecycle.ACTIVE, call="set_strength")
        self._power(self._require_world("set_strength").servo_strength, shares)

    def deactivate(self) -> None:
        """Leave the servos limp."""
        if self.lifecycle is Lifecycle.ACTIVE:
            self._limp()
            self.lifecycle = Lifecycle.INACTIVE

    def estop(self) -> None:
        """Request limp servos: engines are not thread-safe, so the walking thread acts at its next step."""
        self._stopped = True

    def close(self) -> None:
        """Release the engine."""
        self._release()
        self._scenario = self._conditions = None
        self.lifecycle = Lifecycle.DISCONNECTED

    def _send(self, row: list[float]) -> None:
        if self._delay:
            self._waiting.append((self._done + self._delay, row))
        else:
            self._aim(row)

    def _pass(self, steps: int, duration: float, meter: Meter | None = None) -> None:
        """Let `steps` time steps pass; commands reach the servos when their delay is over."""
        if self._stopped and self.lifecycle is Lifecycle.ACTIVE:
            self._limp()
            self.lifecycle = Lifecycle.ESTOP
        self._require(Lifecycle.ACTIVE, call="advance")
        end = self._done + steps
        while self._done < end:
            while self._waiting and self._waiting[0][0] <= self._done:
                self._aim(self._waiting.popleft()[1])
            until = min(end, self._waiting[0][0]) if self._waiting else end
            self._run(until - self._done, self._time + duration - (end - self._done) * self.engine.time_step_s, meter)
            self._done = until
        self._time += duration
        if self._window:
            self._follow()
            self._wall += duration
            time.sleep(max(0.0, self._wall - time.perf_counter()))

    def _run(self, steps: int, start: float, meter: Meter | None) -> None:
        """Take steps from the time `start` [s] on, one by one where there is something to do in between."""
        if meter is None and not self._pushes:
            self._step(steps)
            return
        for i in range(steps):
            now = start + i * self.engine.time_step_s
            self._push([push.force for push in self._pushes if push.start <= now < push.end])
            self._step(1)
            if meter is not None:
                meter.take()

    def _unstable(self) -> BodyError:
        """Return the error of a state that means nothing; the body then is at fault."""
        self.lifecycle = Lifecycle.FAULT
        return BodyError(
            f"{self.engine.name}: the simulation became unstable {max(self._time, 0.0):.2f} s after the start; "
            f"use a shorter engine.time_step_s than {self.engine.time_step_s:g}"
        )

    def _require_world(self, call: str) -> Conditions:
        if self._conditions is None:
            raise ProtocolError(f"{call}: the body has no world yet; call configure and prepare first")
        return self._conditions

    @abstractmethod
    def show(self, state: BodyState) -> None:
        """Show another body's state in the window, without physics.

        Raises:
            BodyError: the window was closed.
        """

    @abstractmethod
    def _open(self) -> None:
        """Connect to the engine."""

    @abstractmethod
    def _build(self, scenario: ScenarioSpec) -> None:
        """Build the world of a scenario, with the robot in it."""

    @abstractmethod
    def _reset(self, conditions: Conditions) -> None:
        """Bring the world back to its first state, nothing of an earlier walk left, and set the conditions."""

    @abstractmethod
    def _place(self, pose: Array, trunk: TrunkPlacement, at: tuple[float, float], heading: float) -> None:
        """Place the robot at rest, its trunk above `at` [m], turned by `heading` [rad]."""

    @abstractmethod
    def _power(self, strength: float, shares: Array) -> None:
        """Set the servos' supply over the rated one, and the share of each that acts, (joints,)."""

    @abstractmethod
    def _aim(self, row: list[float]) -> None:
        """Set the angles that the servos now go to [rad]."""

    @abstractmethod
    def _push(self, forces: list[tuple[float, float]]) -> None:
        """Push the trunk's center of mass during the next step [N]."""

    @abstractmethod
    def _step(self, steps: int) -> None:
        """Take time steps.

        Raises:
            BodyError: the engine failed, or its state means nothing any more.
        """

    @abstractmethod
    def _limp(self) -> None:
        """Switch the servos off."""

    @abstractmethod
    def _follow(self) -> None:
        """Show the present state in the window."""

    @abstractmethod
    def _release(self) -> None:
        """Disconnect from the engine; harmless when repeated."""
