"""A real robot behind a guard, with the interface of every body."""

from __future__ import annotations

import math
from types import TracebackType

import numpy as np

from gaitopt.arrays import Array
from gaitopt.hal.body import Body, BodyState, Lifecycle
from gaitopt.hal.driver import DeviceInfo, Health, Measurement
from gaitopt.hal.real.guard import Connect, Guard
from gaitopt.hal.real.safety import SafetyLimits, minimum_jerk
from gaitopt.hal.real.timing import Timing
from gaitopt.hal.real.tracking import Tracking, tracking
from gaitopt.hal.wiring import rest_pose
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, ScenarioSpec

SIT_S = 1.0
"""Time to ease into the rest pose [s]."""


class RealBody(Body):
    """A robot on a serial line; commands come from one thread, `estop` from any."""

    def __init__(
        self, robot: RobotSpec, connect: Connect, limits: SafetyLimits | None = None, threaded: bool = True
    ) -> None:
        """Describe the body; `configure` opens it. For the arguments, see `Guard`."""
        super().__init__(robot)
        self.guard = Guard(robot, connect, limits, threaded)
        self.info: DeviceInfo | None = None
        self.timing = Timing(math.nan)
        self._deadline = self._zero_time = 0.0
        self._start_yaw: float | None = None

    @property
    def lifecycle(self) -> Lifecycle:  # type: ignore[override]  # the guard's to change
        """State of the robot."""
        return self.guard.lifecycle

    @property
    def command_period(self) -> float:
        """Shortest time between two commands [s].

        Raises:
            ProtocolError: the device is not known yet.
        """
        return self.guard.period

    def configure(self) -> None:
        """Open the line and identify the device; nothing moves."""
        self.info = self.guard.open()
        self.capabilities = self.guard.capabilities

    def prepare(self, scenario: ScenarioSpec, conditions: Conditions) -> None:
        """Do nothing: the ground is what it is, and an operator places the robot."""
        self._require(Lifecycle.INACTIVE, call="prepare")

    def activate(self, pose: Array, duration: float) -> None:
        """Power the servos where they are, and ease into `pose` within `duration`, or as much longer as is gentle."""
        self._require(Lifecycle.INACTIVE, call="activate")
        self._within_limits(pose)
        self.guard.power_on()
        try:
            self.move(pose, duration)
        except BaseException:
            self.deactivate()
            raise
        self.timing = Timing(self.command_period)
        self._start_yaw = None  # the first heading measured from now on is the field's
        self._zero_time = self.guard.now()

    def move(self, pose: Array, duration: float) -> None:
        """Ease into `pose` within `duration` [s], or as much longer as is gentle."""
        self.guard.require_running("move")
        pose, start = self._within_limits(pose), self.guard.sent
        farthest = float(np.abs(pose - start).max())
        # The peak speed of minimum jerk is 15/8 of the mean.
        needed = 15 / 8 * farthest / self.guard.limits.gentle_speed
        steps = math.ceil(max(duration, needed) / self.command_period)
        self._deadline = self.guard.now()
        self.play(minimum_jerk(start, pose, max(1, steps)), self.command_period)

    def sit(self) -> None:
        """Ease into the pose in which the servos can be switched off without a fall."""
        self.move(rest_pose(self.robot), SIT_S)

    def read(self) -> BodyState:
        """Return what the robot measures: angles, and its tilt where it has a sensor."""
        self._require(Lifecycle.ACTIVE, Lifecycle.INACTIVE, call="read")
        measured = self.guard.measure()
        loads = None if measured.loads is None else measured.loads * self.robot.servo.stall_torque_nm
        return BodyState(
            time=self.guard.now() - self._zero_time,
            position=None,
            orientation=self._orientation(measured),
            joint_angles=_as_tuple(measured.angles),
            joint_speeds=_as_tuple(measured.speeds),
            joint_torques=_as_tuple(loads),
        )

    def health(self) -> Health:
        """Return the robot's health."""
        return self.guard.health()

    def command(self, angles: Array) -> Array:
        """Send joint angles and return what was really sent, after all limits."""
        return self.guard.send(angles)

    def advance(self, duration: float) -> None:
        """Wait for the deadline, `duration` after the last one; check battery, temperatures and tilt meanwhile."""
        self.guard.require_running("advance")
        self._deadline += duration
        self.guard.check_health_if_due()
        while (left := self._deadline - self.guard.keep_alive("advance")) > 0:
            self.guard.sleep(min(left, self.guard.limits.hold_after / 2))
        self.timing.lateness.append(-left)
        if -left > duration:
            self._deadline = self.guard.now()  # do not hurry to make up for what was missed

    def tracking(self, angles: Array, duration: float) -> Tracking:
        """Return how much of a cycle of joint angles, (n, joints), of `duration` [s] arrives if it is streamed."""
        return tracking(angles, duration, self.command_period, self.guard.reach)

    def pause(self, duration: float) -> None:
        """Let `duration` [s] pass, servos as they are."""
        self.guard.sleep(duration)

    def load_skill(self, angles: Array, duration: float) -> float:
        """Load one cycle of joint angles, (n, joints), of `duration` [s] into the robot's own memory.

        Returns:
            Duration of the cycle as the robot plays it [s].

        Raises:
            BodyError: the robot plays no skills of its own, or cannot hold this one.
        """
        return self.guard.load_skill(self._within_limits(angles), duration)

    def start_skill(self) -> None:
        """Let the robot play the loaded cycle by itself, again and again, while `advance` is called."""
        self.guard.start_skill()
        self._deadline = self.guard.now()

    def deactivate(self) -> None:
        """Leave the servos limp."""
        self.guard.power_off()

    def estop(self) -> None:
        """Cut the servos at once; every later call but `close` is refused."""
        self.guard.estop()

    def close(self) -> None:
        """Leave the servos limp and close the line."""
        self.guard.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the body; after an error, the servos are cut first."""
        self.guard.close(after_error=error is not None)

    def _orientation(self, measured: Measurement) -> tuple[float, float, float, float] | None:
        if measured.roll_pitch_yaw is None:
            return None
        roll, pitch, yaw = measured.roll_pitch_yaw
        if self._start_yaw is None:
            self._start_yaw = yaw
        return _quaternion(roll, pitch, yaw - self._start_yaw)


def _quaternion(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Return (x, y, z, w) of rotations about the fixed axes x, y, z, in this order [rad]."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a / 2), math.cos(a / 2)) for a in (roll, pitch, yaw))
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def _as_tuple(values: Array | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(values.tolist())
