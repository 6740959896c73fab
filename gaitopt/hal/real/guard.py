"""A real robot kept safe: whatever ends a walk, its servos are left limp. What it does meanwhile is `RealBody`'s."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import numpy as np

from gaitopt.errors import BodyError, ProtocolError
from gaitopt.hal.body import Array, Body, Capabilities, Lifecycle
from gaitopt.hal.driver import DeviceInfo, Driver, Health, NativeSkills
from gaitopt.hal.link import Link
from gaitopt.hal.real import last_resort
from gaitopt.hal.real.health_monitor import Vitals
from gaitopt.hal.real.safety import SafetyLimits
from gaitopt.hal.real.timing import Timing
from gaitopt.hal.real.watchdog import Watchdog
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, ScenarioSpec

Connect = Callable[[], tuple[Driver, Link]]

LOCK_PATIENCE_S = 0.3
"""How long the watchdog waits for a driver that is busy before it cuts the servos past it [s]."""


class GuardedBody(Body):
    """A robot on a serial line; commands come from one thread, `estop` from any."""

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
        self._vitals: Vitals
        self._sent: Array = np.zeros(len(robot.joint_names))
        self._sent_time = self._deadline = self._zero_time = self._alive_time = 0.0
        self._holding = self._powered = self._playing = False
        self._unsure = False  # whether what was sent last may have been lost
        self._start_yaw: float | None = None

    @property
    def command_period(self) -> float:
        """Time between two commands that the device bears [s].

        Raises:
            ProtocolError: nobody knows yet which device that is.
        """
        if self.lifecycle is Lifecycle.DISCONNECTED:
            raise ProtocolError("command_period: the body is disconnected; call configure first")
        return self._driver.period

    def configure(self) -> None:
        """Open the line and find out who answers; nothing moves."""
        self._require(Lifecycle.DISCONNECTED, call="configure")
        self._driver, self._link = self._connect()
        self._vitals = Vitals(self._driver, self._link, self.limits)
        self.capabilities = _capabilities(self._driver)
        try:
            self.info = self._driver.open()
        except BaseException:
            self._driver.close()
            raise
        self._halted, self._why = None, ""
        self.lifecycle = Lifecycle.INACTIVE

    def prepare(self, scenario: ScenarioSpec, conditions: Conditions) -> None:
        """Do nothing: the ground is what it is, and an operator places the robot."""
        self._require(Lifecycle.INACTIVE, call="prepare")

    def health(self) -> Health:
        """Return how the robot is."""
        self._require(Lifecycle.ACTIVE, Lifecycle.INACTIVE, call="health")
        with self._fatal():
            return self._vitals.look()

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

    def _start_from_here(self) -> None:
        """Take where the joints are for what was sent last: the device stopped there by itself."""
        self._vitals.seen = self._driver.measure()
        if self._vitals.seen.angles is not None:
            self._sent = self._vitals.seen.angles
        self._sent_time = self._link.now()

    @contextmanager
    def _fatal(self) -> Iterator[None]:
        """Speak to the driver, one thread at a time; an error is a fault, and stops the robot for good."""
        with self._lock:
            try:
                yield
            except BodyError as error:
                self._fault(error)

    def _fault(self, error: BodyError) -> NoReturn:
        self._why = str(error).rstrip(".")
        if self._powered:  # see _stop
            self._driver.cut()
        self._stop(Lifecycle.FAULT)
        raise type(error)(f"{self._why}; {self._ending}") from error

    @property
    def _ending(self) -> str:
        return "its servos may still be on: switch its power off" if self._powered else "its servos are limp"

    def _ready(self, call: str) -> None:
        """Refuse a call that needs an active robot; one that was halted from another thread is left limp first."""
        if self._halted is not None and self.lifecycle is not Lifecycle.DISCONNECTED:
            self._stop(self._halted)
            why = self._why or "the robot was stopped"
            raise BodyError(f"{call}: {why}; {self._ending}; close the body and open it again")
        self._require(Lifecycle.ACTIVE, call=call)

    def _obey_halt(self, call: str) -> None:
        """Cut the servos again if they were halted while something was being sent, which may have come after."""
        if self._halted is not None:
            self._driver.cut()
            self._ready(call)

    def _cut(self) -> None:
        self._halted = Lifecycle.ESTOP
        self._driver.cut()

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
