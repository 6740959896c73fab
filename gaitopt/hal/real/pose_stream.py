"""The poses that are sent to a real robot: each within all limits, counted from the pose that was sent last."""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import BodyError
from gaitopt.hal.driver import Driver, Measurement, NativeSkills
from gaitopt.hal.link import Link
from gaitopt.hal.real.health_monitor import HealthMonitor
from gaitopt.hal.real.safety import limit_command
from gaitopt.robot.spec import RobotSpec


class PoseStream:
    """Sends poses to a driver, or lets the device play a cycle by itself. Calls are made under the guard's lock."""

    def __init__(self, robot: RobotSpec, driver: Driver, link: Link, monitor: HealthMonitor, largest_lead: float):
        self._robot, self._driver, self._link, self._monitor = robot, driver, link, monitor
        self._low, self._high = robot.joint_limits.T.copy()  # (joints,), (joints,)
        self._largest_lead = largest_lead
        self._sent: Array = np.zeros(len(robot.joint_names))
        self._sent_time = 0.0
        self._uncertain = self._playing = False  # whether the last pose may have been lost; whether a cycle plays

    @property
    def sent(self) -> Array:
        """Pose that was sent last, (joints,) [rad]."""
        return self._sent.copy()

    def power_on(self) -> None:
        """Switch the servos on where they are."""
        self._sent = self._driver.power_on()
        self._monitor.measured = Measurement(angles=self._sent)
        self._sent_time = self._link.now()
        self._uncertain = self._playing = False

    def limit(self, angles: Array, measured: Array | None, now: float) -> Array:
        """Return the pose that may be sent at `now` [s] instead of the wanted angles; see `limit_command`."""
        # A pause does not permit a larger step; a pose that may have been lost is sent again first.
        elapsed = 0.0 if self._uncertain else min(now - self._sent_time, 2 * self._driver.period)
        wanted = np.asarray(angles, dtype=float)
        reach = self._driver.reach(elapsed)
        return limit_command(wanted, self._low, self._high, self._sent, reach, measured, self._largest_lead)

    def send(self, angles: Array, now: float) -> None:
        """Send a pose that was limited at `now` [s].

        Raises:
            BodyError: too many replies in a row were missed, or the driver failed.
        """
        self._uncertain = True
        sent = self._monitor.ask(lambda: self._driver.send(angles))
        if sent is not None:
            self._sent, self._uncertain = sent, False
        done = self._link.now()
        late = done - now > self._driver.period  # the driver had to wait before it could send
        self._sent_time = done if late else now

    def hold(self) -> None:
        """Stop where the robot is."""
        self._driver.hold()
        self._continue_from_measured()

    def load_skill(self, angles: Array, duration: float) -> float:
        """Load a cycle of joint angles, (n, joints) [rad], into the device; return its duration there [s]."""
        return self._skills.load(angles, duration)

    def start_skill(self) -> None:
        """Start to play the loaded cycle."""
        self._skills.start()
        self._playing = True

    def stop_skill(self) -> None:
        """Stop the cycle, if one plays."""
        if self._playing:
            self._playing = False
            self._skills.stop()
            self._continue_from_measured()

    @property
    def _skills(self) -> NativeSkills:
        if not isinstance(self._driver, NativeSkills):
            raise BodyError(f"{self._robot.name} plays no skills of its own; leave out --native")
        return self._driver

    def _continue_from_measured(self) -> None:
        """Take the measured pose for the one sent last: the device stopped there by itself."""
        measured = self._monitor.measured = self._driver.measure()
        if measured.angles is not None:
            self._sent = measured.angles
        self._sent_time = self._link.now()
