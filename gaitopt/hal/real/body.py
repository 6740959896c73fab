"""A real robot: any driver behind the safety rules, with the interface of every body."""

from __future__ import annotations

import math

import numpy as np

from gaitopt.errors import BodyError
from gaitopt.hal.body import Array, BodyState, Lifecycle
from gaitopt.hal.driver import Measurement, NativeSkills
from gaitopt.hal.real import last_resort
from gaitopt.hal.real.guard import GuardedBody
from gaitopt.hal.real.rotation import quaternion
from gaitopt.hal.real.safety import admit, ease
from gaitopt.hal.real.streaming import Follow, follow
from gaitopt.hal.real.timing import Timing
from gaitopt.hal.real.watchdog import Watchdog
from gaitopt.hal.wiring import rest_pose

SIT_S = 1.0
"""Time to ease into the rest pose [s]."""


class RealBody(GuardedBody):
    """A robot on a serial line; see the module's text. Commands come from one thread, `estop` from any."""

    def activate(self, pose: Array, duration: float) -> None:
        """Power the servos where they are, and ease into `pose` within `duration`, or as much longer as is gentle."""
        self._require(Lifecycle.INACTIVE, call="activate")
        self._within_limits(pose)
        with self._fatal():
            self._vitals.look_closely()
        self._ticket = last_resort.arm(self._cut)
        try:
            self._powered, self.lifecycle = True, Lifecycle.ACTIVE
            with self._lock:
                self._sent = self._driver.power_on()
                self._vitals.seen = Measurement(angles=self._sent)
                self._sent_time = self._alive_time = self._link.now()
            self._obey_halt("activate")
            self._holding = self._unsure = False
            if self._threaded:
                self._watchdog = Watchdog(self.watch)
            self.move(pose, duration)
        except BaseException:
            self.deactivate()
            raise
        self.timing = Timing(self._driver.period)
        self._start_yaw = None  # where it stands now is where the field lies
        self._zero_time = self._link.now()

    def move(self, pose: Array, duration: float) -> None:
        """Ease into `pose` within `duration` [s], or as much longer as is gentle."""
        self._ready("move")
        pose = self._within_limits(pose)
        farthest = float(np.abs(pose - self._sent).max())
        needed = 15 / 8 * farthest / self.limits.gentle_speed  # the peak speed of minimum jerk is 15/8 of the mean
        steps = math.ceil(max(duration, needed) / self._driver.period)
        self._deadline = self._link.now()
        self.play(ease(self._sent.copy(), pose, max(1, steps)), self._driver.period)

    def sit(self) -> None:
        """Ease into the pose in which the servos can be switched off without a fall."""
        self.move(rest_pose(self.robot), SIT_S)

    def read(self) -> BodyState:
        """Return what the robot measures: angles, and its tilt where it has a sensor."""
        self._require(Lifecycle.ACTIVE, Lifecycle.INACTIVE, call="read")
        seen = self._measure()
        return BodyState(
            time=self._link.now() - self._zero_time,
            position=None,
            orientation=self._orientation(seen),
            joint_angles=None if seen.angles is None else tuple(seen.angles.tolist()),
            joint_speeds=None if seen.speeds is None else tuple(seen.speeds.tolist()),
            joint_torques=(
                None if seen.loads is None else tuple((seen.loads * self.robot.servo.stall_torque_nm).tolist())
            ),
        )

    def _orientation(self, seen: Measurement) -> tuple[float, float, float, float] | None:
        if seen.roll_pitch_yaw is None:
            return None
        roll, pitch, yaw = seen.roll_pitch_yaw
        if self._start_yaw is None:
            self._start_yaw = yaw
        return quaternion(roll, pitch, yaw - self._start_yaw)

    def command(self, angles: Array) -> Array:
        """Send joint angles and return what was really sent, after all limits."""
        with self._lock:
            self._ready("command")
            if self._playing:
                self._stop_skill()
            half = self._driver.period / 2  # a look of just now is enough
            present = self._measure(half).angles if self._driver.feedback == "measured" else None
            now = self._link.now()
            # A pause gives no right to a leap; what may have been lost is sent anew first.
            elapsed = 0.0 if self._unsure else min(now - self._sent_time, 2 * self._driver.period)
            wanted = admit(
                np.asarray(angles, dtype=float),
                self._low,
                self._high,
                self._sent,
                self._driver.reach(elapsed),
                present,
                self.limits.largest_lead,
            )
            self._send(wanted)
            self._alive_time, self._holding = self._link.now(), False
            late = self._alive_time - now > self._driver.period  # it had to wait before it could be sent
            self._sent_time = self._alive_time if late else now
        self._obey_halt("command")
        return self._sent.copy()

    def advance(self, duration: float) -> None:
        """Wait for the deadline, `duration` after the last one, and look after battery, heat and tilt meanwhile."""
        self._ready("advance")
        self._deadline += duration
        with self._fatal():
            self._vitals.look_if_due()
        while True:
            self._ready("advance")
            left = self._deadline - self._link.now()
            self._alive_time = self._link.now()
            if left <= 0:
                break
            self._link.sleep(min(left, self.limits.hold_after / 2))
        self.timing.lateness.append(-left)
        if -left > duration:
            self._deadline = self._link.now()  # what was missed is not made up for in a hurry

    def follow(self, angles: Array, duration: float) -> Follow:
        """Return how much of a cycle of joint angles, (n, joints), of `duration` [s] arrives if it is streamed."""
        return follow(angles, duration, self._driver.period, self._driver.reach(self._driver.period))

    def pause(self, duration: float) -> None:
        """Let `duration` [s] pass, servos as they are."""
        self._link.sleep(duration)

    def load_skill(self, angles: Array, duration: float) -> float:
        """Load one cycle of joint angles, (n, joints), of `duration` [s] into the robot's own memory.

        Returns:
            How long the cycle will last, as the robot plays it [s].

        Raises:
            BodyError: the robot plays no skills of its own, or not one like this.
        """
        skills, cycle = self._skills(), self._within_limits(angles)
        with self._lock:
            self._ready("load_skill")
            lasts = skills.load(cycle, duration)
            self._alive_time = self._link.now()
        self._obey_halt("load_skill")
        return lasts

    def start_skill(self) -> None:
        """Let the robot play the loaded cycle by itself, again and again, while `advance` is called."""
        skills = self._skills()
        with self._lock:
            self._ready("start_skill")
            skills.start()
            self._playing = True
            self._deadline = self._alive_time = self._link.now()
        self._obey_halt("start_skill")

    def _stop_skill(self) -> None:
        self._playing = False
        with self._lock:
            self._skills().stop()
            self._start_from_here()

    def _skills(self) -> NativeSkills:
        if not isinstance(self._driver, NativeSkills):
            raise BodyError(f"{self.robot.name} plays no skills of its own; leave out --native")
        return self._driver

    def _send(self, wanted: Array) -> None:
        self._unsure = True
        with self._fatal():
            sent = self._vitals.ask(lambda: self._driver.send(wanted))
        if sent is not None:
            self._sent, self._unsure = sent, False

    def _measure(self, oldest: float = 0.0) -> Measurement:
        with self._fatal():
            seen = self._vitals.measure(oldest)
            if self.lifecycle is Lifecycle.ACTIVE:
                self._vitals.check_tilt()
        return seen
