"""The traversal as a reinforcement-learning environment: one step is one control period.

| reward | |
|---|---|
| distance gained along the field, in centimeters | minus that of a walk at the pace to beat, if one is given |
| minus the scenario's `fall_cost` times the field's length in centimeters | if it fell, left the field, or is stuck |

An episode terminates at a fall. It is truncated at the time limit, at the finish line (the walk could go on beyond it),
at the side lines, and when the robot is stuck: no new centimeter gained for the scenario's `stuck_s`, if any.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.body import BodyState, Camera
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.policy_controller import Interface, PolicyWalk
from gaitopt.walk.stopwatch import PositionStopwatch
from gaitopt.walk.traversal import SETTLE_S, Status, commands_per_reading, status_of

UNIT_M = 0.01
"""Distance that is worth a reward of 1 [m]."""


class TraversalEnvironment:
    """One robot on one field; its body is opened at the first reset."""

    def __init__(
        self,
        gait: GaitParameters,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        interface: Interface | None = None,
        pace: float = 0.0,
        engine: EngineSpec | None = None,
        window: bool = False,
        camera: bool = False,
    ) -> None:
        """Make the tables of the gait.

        Args:
            gait: the gait that the policy adjusts.
            robot: the robot.
            scenario: where it walks.
            interface: what the policy observes and changes.
            pace: pace to beat [m/s].
            engine: physics engine; the robot's default if None.
            window: show a window.
            camera: prepare the field for `render`.
        """
        self.robot, self.scenario, self._pace = robot, scenario, pace
        self._walk = PolicyWalk(gait, robot, scenario, interface or Interface())
        self.observation_names = self._walk.perception.names
        self.observation_bounds = self._walk.perception.bounds
        """Lower and upper bounds of observations, (d,) each; see `Perception.bounds`."""
        self.action_names = self._walk.gait.action_names
        self.observation_size, self.actions = len(self.observation_names), len(self.action_names)
        self._count = commands_per_reading(self._walk.period)
        self.step_s = self._count * self._walk.period
        """Time of one step [s]."""
        self._last = round(scenario.field.time_limit_s / self.step_s)
        self._patience = round(scenario.stuck_s / self.step_s) if scenario.stuck_s else self._last
        self._body = make_body(robot, engine=engine, window=window, camera=camera)
        self._stopwatch = PositionStopwatch(scenario.field.length_m)
        self._open, self._steps = False, 0
        self._farthest, self._gained = 0.0, 0  # farthest place so far [m], and the step at which it was reached
        self.state: BodyState
        """The body's last measured state."""
        self._block: Array
        self.status: Status | None = None
        """How the episode ended; None while it goes on."""

    @property
    def time(self) -> float | None:
        """Time from start line to finish line [s]; None unless finished."""
        return self._stopwatch.elapsed

    def reset(self, rng: np.random.Generator) -> Array:
        """Put the robot behind the start line; return the first observation, (d,)."""
        if not self._open:
            self._body.configure()
            self._open = True
        self._body.deactivate()
        self._body.prepare(self.scenario, self.scenario.sample(rng))
        self._walk.begin()
        self._body.activate(self._walk.start_pose, SETTLE_S)
        self._stopwatch.begin()
        self._steps, self.status = 0, None
        self.state = self._body.read()
        self._stopwatch.update(self.state)
        self._farthest, self._gained = self._x, 0
        return self._walk.see(self.state)

    def step(self, action: Array) -> tuple[Array, float, bool, bool]:
        """Walk for one control period.

        Args:
            action: changes as fractions of their reach, (actions,), clipped to -1 and 1; or the number of a discrete
                action.

        Returns:
            Observation (d,), reward, terminated (it fell), truncated.
        """
        self.begin_step(action)
        self.compute_step()
        return self.end_step()

    def begin_step(self, action: Array) -> None:
        """Compute the joint angles of the next control period: the first part of `step`."""
        self._block = self._walk.angles(np.asarray(action), self._count, self.state)

    def compute_step(self) -> None:
        """Simulate the body: the second part of `step`, and nearly all of its time."""
        self._body.play(self._block, self._walk.period)

    def end_step(self) -> tuple[Array, float, bool, bool]:
        """Read the body and return what `step` returns: the last part of `step`."""
        before = self._x
        self.state = self._body.read()
        self._steps += 1
        self.status = status = status_of(self.state, self._stopwatch, self.scenario) or self._out_of_time()
        reward = (self._x - before - self._pace * self.step_s) / UNIT_M
        if status in (Status.FELL, Status.LEFT_FIELD, Status.STUCK):
            reward -= self.scenario.fall_cost * self.scenario.field.length_m / UNIT_M
        fell = status is Status.FELL
        return self._walk.see(self.state), reward, fell, status is not None and not fell

    def _out_of_time(self) -> Status | None:
        """Return `TIMEOUT` at the time limit, `STUCK` without progress; None otherwise."""
        if self._x > self._farthest + UNIT_M:  # rocking on the spot gains millimeters, too
            self._farthest, self._gained = self._x, self._steps
        if self._steps >= self._last:
            return Status.TIMEOUT
        return Status.STUCK if self._steps - self._gained >= self._patience else None

    def render(self, camera: Camera) -> NDArray[np.uint8]:
        """Return a picture, (height, width, 3)."""
        return self._body.render(camera)

    def close(self) -> None:
        """Close the body."""
        if self._open:
            self._body.close()
            self._open = False

    @property
    def _x(self) -> float:
        assert self.state.position is not None  # it is simulated
        return self.state.position[0]
