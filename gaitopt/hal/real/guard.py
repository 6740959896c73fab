"""The guard of a real robot: whatever ends a walk, its servos are left limp.

It owns the driver and its line. All that a body wants of the robot goes through here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, ProtocolError
from gaitopt.hal.body import Capabilities, Lifecycle, require_state
from gaitopt.hal.driver import DeviceInfo, Driver, Health, Measurement, NativeSkills
from gaitopt.hal.link import Link
from gaitopt.hal.real import last_resort
from gaitopt.hal.real.health_monitor import HealthMonitor
from gaitopt.hal.real.pose_stream import PoseStream
from gaitopt.hal.real.safety import SafetyLimits
from gaitopt.hal.real.watchdog import Watchdog
from gaitopt.robot.spec import RobotSpec

Connect = Callable[[], tuple[Driver, Link]]

LOCK_TIMEOUT_S = 0.3
"""Time that the watchdog waits for a busy driver before it cuts the servos past it [s]."""


class Guard:
    """Keeps a robot on a serial line safe; commands come from one thread, `estop` from any."""

    def __init__(
        self, robot: RobotSpec, connect: Connect, limits: SafetyLimits | None = None, threaded: bool = True
    ) -> None:
        """Store what is needed; `open` opens the line.

        Args:
            robot: which robot.
            connect: opens the line and returns it with its driver; called at every `open`.
            limits: when the robot is held or stopped.
            threaded: whether a thread runs the watchdog; without it, `watch` must be called.
        """
        self.limits = limits or SafetyLimits()
        self.lifecycle = Lifecycle.DISCONNECTED
        self._robot, self._connect, self._threaded = robot, connect, threaded
        self._driver: Driver
        self._link: Link
        self._monitor: HealthMonitor
        self._stream: PoseStream
        self._lock = threading.RLock()
        self._watchdog: Watchdog | None = None
        self._ticket = 0
        self._halted: Lifecycle | None = None  # set by estop and the watchdog, from any thread
        self._why = ""
        self._alive_time = 0.0
        self._holding = self._powered = False

    # Opening and closing.

    def open(self) -> DeviceInfo:
        """Open the line and identify the device; nothing moves."""
        require_state(self.lifecycle, Lifecycle.DISCONNECTED, call="configure")
        self._driver, self._link = self._connect()
        self._monitor = HealthMonitor(self._driver, self._link, self.limits)
        self._stream = PoseStream(self._robot, self._driver, self._link, self._monitor, self.limits.largest_lead)
        try:
            info = self._driver.open()
        except BaseException:
            self._driver.close()
            raise
        self._halted, self._why = None, ""
        self.lifecycle = Lifecycle.INACTIVE
        return info

    def power_on(self) -> None:
        """Switch the servos on where they are, and start to watch over them.

        Raises:
            BodyError: the robot's health forbids it, or the driver failed; the servos are limp.
        """
        require_state(self.lifecycle, Lifecycle.INACTIVE, call="activate")
        with self._errors_are_fatal():
            self._monitor.check_before_motion()
        self._ticket = last_resort.arm(self._cut)
        try:
            self._powered, self.lifecycle = True, Lifecycle.ACTIVE
            with self._lock:
                self._stream.power_on()
                self._alive_time = self._link.now()
            self._enforce_halt("activate")
            self._holding = False
            if self._threaded:
                self._watchdog = Watchdog(self.watch)
        except BaseException:
            self.power_off()
            raise

    def power_off(self) -> None:
        """Leave the servos of an active robot limp."""
        if self.lifecycle is Lifecycle.ACTIVE:
            self._stop(Lifecycle.INACTIVE)

    def estop(self) -> None:
        """Cut the servos at once, from any thread; every later call but `close` is refused."""
        if self.lifecycle is Lifecycle.DISCONNECTED:
            return
        self._cut()
        self.lifecycle = Lifecycle.ESTOP

    def close(self, after_error: bool = False) -> None:
        """Leave the servos limp and close the line; after an error, cut them before anything else."""
        if after_error and self.lifecycle is Lifecycle.ACTIVE and self._halted is None:
            self._driver.cut()
        if self.lifecycle is not Lifecycle.DISCONNECTED:
            self._stop(Lifecycle.DISCONNECTED)
            self._driver.close()

    # State and time.

    def require_running(self, call: str) -> None:
        """Refuse a call unless the robot is active; one that was halted from another thread is left limp first."""
        if self._halted is not None and self.lifecycle is not Lifecycle.DISCONNECTED:
            self._stop(self._halted)
            why = self._why or "the robot was stopped"
            raise BodyError(f"{call}: {why}; {self._servo_state}; close the body and open it again")
        require_state(self.lifecycle, Lifecycle.ACTIVE, call=call)

    def keep_alive(self, call: str) -> float:
        """Refuse the call unless the robot is active, else note that somebody is in control; return the time [s]."""
        self.require_running(call)
        self._alive_time = self._link.now()
        return self._alive_time

    def now(self) -> float:
        """Return the line's time [s]."""
        return self._link.now()

    def sleep(self, duration: float) -> None:
        """Let `duration` [s] pass."""
        self._link.sleep(duration)

    # What the device can do.

    @property
    def capabilities(self) -> Capabilities:
        """What the device can measure and play."""
        return Capabilities(
            tilt=self._driver.tilt,
            feedback=self._driver.feedback,
            native_skills=isinstance(self._driver, NativeSkills),
        )

    @property
    def period(self) -> float:
        """Shortest time between two commands [s].

        Raises:
            ProtocolError: the device is not known yet.
        """
        if self.lifecycle is Lifecycle.DISCONNECTED:
            raise ProtocolError("command_period: the body is disconnected; call configure first")
        return self._driver.period

    @property
    def reach(self) -> Array:
        """Largest change of each joint from one command to the next, (joints,) [rad]."""
        return self._driver.reach(self._driver.period)

    # Measuring.

    def measure(self, max_age: float = 0.0) -> Measurement:
        """Return a measurement, `max_age` [s] old at most; an active robot must stand upright, or is stopped."""
        with self._errors_are_fatal():
            measured = self._monitor.measure(max_age)
            if self.lifecycle is Lifecycle.ACTIVE:
                self._monitor.check_tilt()
        return measured

    def health(self) -> Health:
        """Return the robot's health; nothing is stopped for it."""
        require_state(self.lifecycle, Lifecycle.ACTIVE, Lifecycle.INACTIVE, call="health")
        with self._errors_are_fatal():
            return self._monitor.read_health()

    def check_health_if_due(self) -> None:
        """Check battery, temperatures and servo errors from time to time."""
        with self._errors_are_fatal():
            self._monitor.check_health_if_due()

    # Moving.

    @property
    def sent(self) -> Array:
        """Pose that was sent last, (joints,) [rad]."""
        return self._stream.sent

    def send(self, angles: Array) -> Array:
        """Send one pose and return what was really sent, after all limits, both (joints,) [rad]."""
        with self._commanding("command"):
            self._stream.stop_skill()
            half = self._driver.period / 2  # a measurement of this age is recent enough
            measured = self.measure(half).angles if self._driver.feedback == "measured" else None
            now = self._link.now()
            allowed = self._stream.limit(angles, measured, now)
            with self._errors_are_fatal():
                self._stream.send(allowed, now)
            self._holding = False
        return self._stream.sent

    def load_skill(self, angles: Array, duration: float) -> float:
        """Load a cycle of joint angles, (n, joints) [rad], into the device; return its duration there [s]."""
        with self._commanding("load_skill"):
            return self._stream.load_skill(angles, duration)

    def start_skill(self) -> None:
        """Start to play the loaded cycle; the next command stops it."""
        with self._commanding("start_skill"):
            self._stream.start_skill()

    @contextmanager
    def _commanding(self, call: str) -> Iterator[None]:
        """Let one thread command an active robot, note that somebody is in control, and enforce a halt meanwhile."""
        with self._lock:
            self.require_running(call)
            yield
            self._alive_time = self._link.now()
        self._enforce_halt(call)

    # Stopping.

    def watch(self) -> None:
        """Hold the pose if no command came for a while; leave the servos limp if none came for long."""
        if self.lifecycle is not Lifecycle.ACTIVE:
            return
        silent = self._link.now() - self._alive_time
        if silent > self.limits.stop_after:
            self._abandon(f"no command came for {self.limits.stop_after:g} s")
        elif silent > self.limits.hold_after and not self._holding and self._lock.acquire(blocking=False):
            try:
                self._holding = True
                self._stream.hold()
            except BodyError:
                pass  # the line is lost or slow: the next command reports it, or the longer limit ends it
            finally:
                self._lock.release()

    def _abandon(self, why: str) -> None:
        self._halted, self._why = Lifecycle.FAULT, why
        if self._lock.acquire(timeout=LOCK_TIMEOUT_S):
            try:
                self.lifecycle = Lifecycle.FAULT
                self._make_limp()
            finally:
                self._lock.release()
        else:
            self._driver.cut()

    @contextmanager
    def _errors_are_fatal(self) -> Iterator[None]:
        """Use the driver, one thread at a time; an error is a fault, and stops the robot for good."""
        with self._lock:
            try:
                yield
            except BodyError as error:
                self._why = str(error).rstrip(".")
                if self._powered:  # see _stop
                    self._driver.cut()
                self._stop(Lifecycle.FAULT)
                raise type(error)(f"{self._why}; {self._servo_state}") from error

    @property
    def _servo_state(self) -> str:
        return "its servos may still be on: switch its power off" if self._powered else "its servos are limp"

    def _enforce_halt(self, call: str) -> None:
        """Cut the servos again if they were halted while something was being sent, which may have arrived later."""
        if self._halted is not None:
            self._driver.cut()
            self.require_running(call)

    def _cut(self) -> None:
        self._halted = Lifecycle.ESTOP
        self._driver.cut()

    def _make_limp(self) -> None:
        """Switch the servos off in order if the line allows, else cut them."""
        try:
            self._driver.limp()
            self._powered = False
        except BodyError:
            self._driver.cut()

    def _stop(self, state: Lifecycle) -> None:
        """Leave the servos limp and go to `state`; never raises.

        A robot that does not confirm that it is limp is at fault, and its last resort stays armed.
        """
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.stop()
        if self._powered:  # else nobody switched them on, and to switch them off would move some robots
            with self._lock:
                self._make_limp()
        if state is not Lifecycle.DISCONNECTED:
            state = self._halted or (Lifecycle.FAULT if self._powered else state)
        if state is Lifecycle.DISCONNECTED or not self._powered:
            last_resort.disarm(self._ticket)
        self.lifecycle = state
