"""A real robot: any driver behind the safety rules, with the interface of every body."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gaitopt.errors import BodyError, FallError, MissedReplyError
from gaitopt.hal import last_resort
from gaitopt.hal.body import Array, Body, BodyState, Capabilities, Lifecycle
from gaitopt.hal.driver import DeviceInfo, Driver, Health, Measurement, NativeSkills
from gaitopt.hal.link import Link
from gaitopt.hal.safety import SafetyLimits, admit, ailment, ease, tilt_of
from gaitopt.hal.streaming import Follow, follow
from gaitopt.hal.watchdog import Watchdog
from gaitopt.hal.wiring import rest_pose
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, ScenarioSpec

Connect = Callable[[], tuple[Driver, Link]]

HEALTH_PERIOD_S = 0.75
"""Time between two looks at battery, heat and servo errors [s]."""
SIT_S = 1.0
"""Time to ease into the rest pose [s]."""
LOCK_PATIENCE_S = 0.3
"""How long the watchdog waits for a driver that is busy before it cuts the servos past it [s]."""


@dataclass
class Timing:
    """How punctual commands were."""

    period: float
    """Time between two commands [s]."""
    lateness: list[float] = field(default_factory=list)
    """Of each command [s]."""

    @property
    def missed(self) -> int:
        """How many commands came when the next one was due already."""
        return sum(late > self.period for late in self.lateness)

    def quantile(self, share: float) -> float:
        """Return the lateness that a share of the commands kept within [s]; nan without commands."""
        return float(np.quantile(self.lateness, share)) if self.lateness else math.nan


class RealBody(Body):
    """A robot on a serial line; see the module's text. Commands come from one thread, `estop` from any."""

    def __init__(
        self,
        robot: RobotSpec,
        connect: Connect,
        limits: SafetyLimits | None = None,
        threaded: bool = True,
    ) -> None:
        """Describe the body; `configure` opens it.

        Args:
            robot: which robot.
            connect: opens the line and returns it with its driver; called at every `configure`.
            limits: when the robot is held or stopped.
            threaded: whether a thread watches over it; without, `watch` must be called.
        """
        super().__init__(robot)
        self.limits = limits or SafetyLimits()
        self.info: DeviceInfo | None = None
        self.timing = Timing(math.nan)
        self._connect, self._threaded = connect, threaded
        self._driver: Driver
        self._link: Link
        self._lock = threading.RLock()
        self._watchdog: Watchdog | None = None
        self._ticket = 0
        self._halted: Lifecycle | None = None  # set by estop and the watchdog, from any thread
        self._why = ""
        self._missed = 0
        self._seen = Measurement()
        self._health, self._health_time = Health(), -math.inf
        self._sent: Array = np.zeros(len(robot.joint_names))
        self._sent_time = self._deadline = self._zero_time = self._alive_time = 0.0
        self._holding = self._powered = self._playing = False
        self._unsure = False  # whether what was sent last may have been lost
        self._start_yaw: float | None = None

    @property
    def command_period(self) -> float:
        """Time between two commands that the device bears [s]."""
        return self._driver.period

    def configure(self) -> None:
        """Open the line and find out who answers; nothing moves."""
        self._require(Lifecycle.DISCONNECTED, call="configure")
        self._driver, self._link = self._connect()
        self.capabilities = _capabilities(self._driver)
        try:
            self.info = self._driver.open()
        except BaseException:
            self._driver.close()
            raise
        self._halted, self._why, self._missed = None, "", 0
        self._health_time = -math.inf
        self.lifecycle = Lifecycle.INACTIVE

    def prepare(self, scenario: ScenarioSpec, conditions: Conditions) -> None:
        """Do nothing: the ground is what it is, and an operator places the robot."""
        self._require(Lifecycle.INACTIVE, call="prepare")

    def activate(self, pose: Array, duration: float) -> None:
        """Power the servos where they are, and ease into `pose` within `duration`, or as much longer as is gentle."""
        self._require(Lifecycle.INACTIVE, call="activate")
        self._within_limits(pose)
        self._look_after_health(at_once=True)
        self._ticket = last_resort.arm(self._cut)
        try:
            self._powered, self.lifecycle = True, Lifecycle.ACTIVE
            with self._lock:
                self._sent = self._driver.power_on()
                self._seen = Measurement(angles=self._sent)
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
        if self.lifecycle not in (Lifecycle.ACTIVE, Lifecycle.INACTIVE):
            self._require(Lifecycle.ACTIVE, Lifecycle.INACTIVE, call="read")
        self._measure()
        seen = self._seen
        return BodyState(
            time=self._link.now() - self._zero_time,
            position=None,
            orientation=self._orientation(),
            joint_angles=None if seen.angles is None else tuple(seen.angles.tolist()),
            joint_speeds=None if seen.speeds is None else tuple(seen.speeds.tolist()),
            joint_torques=(
                None if seen.loads is None else tuple((seen.loads * self.robot.servo.stall_torque_nm).tolist())
            ),
        )

    def _orientation(self) -> tuple[float, float, float, float] | None:
        if self._seen.roll_pitch_yaw is None:
            return None
        roll, pitch, yaw = self._seen.roll_pitch_yaw
        if self._start_yaw is None:
            self._start_yaw = yaw
        return _quaternion(roll, pitch, yaw - self._start_yaw)

    def health(self) -> Health:
        """Return how the robot is."""
        self._require(Lifecycle.ACTIVE, Lifecycle.INACTIVE, call="health")
        self._look_after_health(at_once=True, may_move=False)
        return self._health

    def command(self, angles: Array) -> Array:
        """Send joint angles and return what was really sent, after all limits."""
        with self._lock:
            self._ready("command")
            if self._playing:
                self._stop_skill()
            if self._driver.feedback == "measured":
                self._measure()
            now = self._link.now()
            # A pause gives no right to a leap; what may have been lost is sent anew first.
            elapsed = 0.0 if self._unsure else min(now - self._sent_time, 2 * self._driver.period)
            present = self._seen.angles if self._driver.feedback == "measured" else None
            wanted = admit(
                np.asarray(angles, dtype=float),
                self._low,
                self._high,
                self._sent,
                self._driver.reach(elapsed),
                present,
                self.limits.largest_lead,
            )
            self._unsure = True
            self._answered(self._send, wanted)
            self._alive_time, self._holding = self._link.now(), False
            late = self._alive_time - now > self._driver.period  # it had to wait before it could be sent
            self._sent_time = self._alive_time if late else now
        self._obey_halt("command")
        return self._sent.copy()

    def advance(self, duration: float) -> None:
        """Wait for the deadline, `duration` after the last one, and look after battery, heat and tilt meanwhile."""
        self._ready("advance")
        self._deadline += duration
        self._look_after_health()
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

    def deactivate(self) -> None:
        """Leave the servos limp."""
        if self.lifecycle is Lifecycle.ACTIVE:
            self._stop(Lifecycle.INACTIVE)

    def estop(self) -> None:
        """Cut the servos at once; every later call but `close` is refused."""
        if self.lifecycle is Lifecycle.DISCONNECTED:
            return
        self._cut()
        self.lifecycle = Lifecycle.ESTOP

    def close(self) -> None:
        """Leave the servos limp and let go of the line."""
        if self.lifecycle is not Lifecycle.DISCONNECTED:
            self._stop(Lifecycle.DISCONNECTED)
            self._driver.close()

    def __exit__(self, kind, error, trace) -> None:  # type: ignore[no-untyped-def]
        """Cut the servos first if an error brought us here, then leave in order."""
        if error is not None and self.lifecycle is Lifecycle.ACTIVE and self._halted is None:
            self._driver.cut()
        self.close()

    def _cut(self) -> None:
        self._halted = Lifecycle.ESTOP
        self._driver.cut()

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
                self._driver.hold()
                self._start_from_here()
            except BodyError:
                pass  # the line is lost or slow: the next command tells, or the longer limit ends it
            finally:
                self._lock.release()

    def _abandon(self, why: str) -> None:
        self._halted, self._why = Lifecycle.FAULT, why
        if self._lock.acquire(timeout=LOCK_PATIENCE_S):
            try:
                self.lifecycle = Lifecycle.FAULT
                self._driver.limp()
                self._powered = False
            except BodyError:
                self._driver.cut()
            finally:
                self._lock.release()
        else:
            self._driver.cut()

    def _stop_skill(self) -> None:
        self._playing = False
        with self._lock:
            self._skills().stop()
            self._start_from_here()

    def _start_from_here(self) -> None:
        """Take where the joints are for what was sent last: the device stopped there by itself."""
        self._seen = self._driver.measure()
        if self._seen.angles is not None:
            self._sent = self._seen.angles
        self._sent_time = self._link.now()

    def _skills(self) -> NativeSkills:
        if not isinstance(self._driver, NativeSkills):
            raise BodyError(f"{self.robot.name} plays no skills of its own; leave out --native")
        return self._driver

    def _send(self, wanted: Array) -> None:
        self._sent = self._driver.send(wanted)
        self._unsure = False

    def _measure(self) -> None:
        def measure() -> None:
            self._seen = self._driver.measure()

        with self._lock:
            self._answered(measure)
        leaning = tilt_of(self._seen)
        if self.lifecycle is Lifecycle.ACTIVE and leaning > self.limits.largest_tilt:
            why = f"the robot is tilted by {math.degrees(leaning):.0f} degrees: it fell, or was picked up"
            self._fault(why, FallError)

    def _answered(self, ask, *args) -> None:  # type: ignore[no-untyped-def]
        """Ask the driver something; some missed replies in a row are borne."""
        try:
            ask(*args)
            self._missed = 0
        except MissedReplyError as error:
            self._missed += 1
            if self._missed > self.limits.missed_replies:
                self._fault(f"{self._missed} replies in a row were missed ({error})")
        except BodyError as error:
            self._fault(str(error))

    def _look_after_health(self, at_once: bool = False, may_move: bool = True) -> None:
        if not at_once and self._link.now() - self._health_time < HEALTH_PERIOD_S:
            return
        self._health_time = self._link.now()

        def look() -> None:
            self._health = self._driver.health()

        with self._lock:
            self._answered(look)
        why = ailment(self._health, self._driver.lowest_voltage, self._driver.highest_temperature)
        if why is not None and may_move:
            self._fault(why)

    def _fault(self, why: str, kind: type[BodyError] = BodyError) -> None:
        """Stop for good and say why."""
        self._why = why
        if self._powered:  # see _stop
            self._driver.cut()
        self._stop(Lifecycle.FAULT)
        raise kind(f"{why}; its servos are limp")

    def _ready(self, call: str) -> None:
        """Refuse a call that needs an active robot; one that was halted from another thread is left limp first."""
        if self._halted is not None and self.lifecycle is not Lifecycle.DISCONNECTED:
            self._stop(self._halted)
            why = self._why or "the robot was stopped"
            raise BodyError(f"{call}: {why}; its servos are limp: close the body and open it again")
        self._require(Lifecycle.ACTIVE, call=call)

    def _obey_halt(self, call: str) -> None:
        """Cut the servos again if they were halted while something was being sent, which may have come after."""
        if self._halted is not None:
            self._driver.cut()
            self._ready(call)

    def _stop(self, state: Lifecycle) -> None:
        """Leave the servos limp, in order if the line allows, and go to `state`; never raises.

        A robot that does not confirm that it is limp is at fault, and stays armed with its last resort.
        """
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.stop()
        self._playing = False
        if self._powered:  # else its servos are not ours: to switch them off would move some robots
            with self._lock:
                try:
                    self._driver.limp()
                    self._powered = False
                except BodyError:
                    self._driver.cut()
        if state is not Lifecycle.DISCONNECTED:
            state = self._halted or (Lifecycle.FAULT if self._powered else state)
        if state is Lifecycle.DISCONNECTED or not self._powered:
            last_resort.disarm(self._ticket)
        self.lifecycle = state


def _capabilities(driver: Driver) -> Capabilities:
    return Capabilities(
        simulated=False,
        position=False,
        joint_torque=False,
        contacts=False,
        camera=False,
        tilt=driver.tilt,
        feedback=driver.feedback,
        native_skills=isinstance(driver, NativeSkills),
    )


def _quaternion(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Return (x, y, z, w) of rotations about the fixed axes x, y, z [rad]."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a / 2), math.cos(a / 2)) for a in (roll, pitch, yaw))
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )
