"""The robot that emulated firmware drives: simulated physics, seen through its servos.

An emulated operator puts the robot back behind the start line when its servos have gone limp on the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from gaitopt.emulators.window import RobotWindow
from gaitopt.hal.body import BodyState
from gaitopt.hal.catalog import make_body
from gaitopt.hal.sim.simulated_body import SimulatedBody
from gaitopt.hal.wiring import rest_pose, servo_map
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec

Trip = Callable[[Literal["S", "F"], float], None]

PUT_BACK_AFTER = 0.5
"""Time that the servos must be limp before the robot is put back [s]."""
MOVED = 0.05
"""Distance from the start beyond which the robot is put back [m]."""
SETTLE = 0.2
"""Time that the robot stands when it is put down, before its servos go limp [s]."""
GEAR_FRICTION = 0.1
"""Torque that turns a limp servo through its gears, as a share of its stall torque; assumed."""
LONGEST_LEAP = 0.5
"""Largest leap of the clock that is made up for; a laptop that slept leaps further [s]."""
TEMPERATURE = 35.0
"""Temperature of every servo [degrees Celsius]."""


class EmulatedRobot:
    """A `Plant`: servos by number, angles in the device's units; see `gaitopt.emulators.firmware`."""

    def __init__(
        self,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        rng: np.random.Generator,
        voltage: float,
        window: bool = False,
    ) -> None:
        """Put the robot behind the start line, limp.

        Args:
            robot: which robot; it must have a wiring.
            scenario: the field, and the noise each time the robot is put down.
            rng: random generator of that noise.
            voltage: voltage of the charged battery [V].
            window: whether to show a window.
        """
        self.battery = voltage
        self._scenario, self._rng, self._rest = scenario, rng, rest_pose(robot)
        self._map = servo_map(robot)
        self._index = {servo: i for i, servo in enumerate(self._map.ids)}
        body = make_body(robot)
        assert isinstance(body, SimulatedBody)  # as gaitopt's own engines make
        self._body = body
        self._time_step = self._body.engine.time_step_s
        self._targets = self._rest.copy()
        self._powered = np.zeros(len(self._rest), dtype=bool)
        self._alive = np.ones(len(self._rest), dtype=bool)
        self._trip: Trip | None = None
        self._now: float | None = None
        self._limp_for = 0.0
        self._seen: BodyState | None = None
        self._body.configure()
        self._put_down()
        self._window = RobotWindow(robot, scenario, scenario.sample(rng)) if window else None

    def watch_lines(self, trip: Trip) -> None:
        """Call `trip` with `S` or `F` and the time when the trunk crosses the start or finish line."""
        self._trip = trip

    def kill(self, servo: int) -> None:
        """Make a servo fail: it stays limp."""
        self._alive[self._index[servo]] = False
        self._changed = True

    def close(self) -> None:
        """End the physics."""
        if self._window is not None:
            self._window.close()
        self._body.close()

    def advance(self, now: float) -> None:
        """Advance the physics to `now` [s]."""
        if self._now is None or now - self._now > LONGEST_LEAP:
            self._now = now
        while now - self._now >= self._time_step:
            if self._changed:
                self._drive()
            before = self.place[0]
            self._body.advance(self._time_step)
            self._now += self._time_step
            self._seen = None
            self._trip_lines(before)
            self._put_back_if_limp()
        if self._window is not None:
            self._window.show(self._state, now)

    def aim(self, servo: int, target: float | None) -> None:
        """Set a servo's target; None leaves it limp."""
        i = self._index[servo]
        self._powered[i] = target is not None
        if target is not None:
            self._targets[i] = (target - self._map.zero[i]) / self._map.units_per_radian[i]
        self._changed = True

    def position(self, servo: int) -> float:
        """Return a servo's angle."""
        i = self._index[servo]
        return float(self._joints("joint_angles")[i] * self._map.units_per_radian[i] + self._map.zero[i])

    def speed(self, servo: int) -> float:
        """Return a servo's speed [units/s]."""
        i = self._index[servo]
        return float(self._joints("joint_speeds")[i] * self._map.units_per_radian[i])

    def load(self, servo: int) -> float:
        """Return a servo's torque as a share of its stall torque, -1 to 1."""
        i = self._index[servo]
        if not self._powered[i]:
            return 0.0
        part = self._joints("joint_torques")[i] / self._body.robot.servo.stall_torque_nm
        return float(np.clip(part * np.sign(self._map.units_per_radian[i]), -1.0, 1.0))

    def roll_pitch_yaw(self) -> tuple[float, float, float]:
        """Return the trunk's roll to the right, pitch nose down, yaw to the left [rad]."""
        roll, pitch, yaw = Rotation.from_quat(self._state.orientation).as_euler("xyz")
        return float(roll), float(pitch), float(yaw)

    def voltage(self) -> float:
        """Return the battery's voltage [V]."""
        return self.battery

    def temperature(self, servo: int) -> float:
        """Return a servo's temperature [degrees Celsius]."""
        return TEMPERATURE

    @property
    def place(self) -> tuple[float, float, float]:
        """Position of the trunk on the field [m]."""
        position = self._state.position
        assert position is not None  # simulated bodies always measure it
        return position

    @property
    def _state(self) -> BodyState:
        if self._seen is None:
            self._seen = self._body.read()
        return self._seen

    def _joints(self, what: str) -> tuple[float, ...]:
        values: tuple[float, ...] = getattr(self._state, what)
        return values

    def _put_down(self) -> None:
        self._body.deactivate()
        self._body.prepare(self._scenario, self._scenario.sample(self._rng))
        self._body.activate(self._rest, SETTLE)
        self._seen = None
        self._limp_for, self._changed = 0.0, True
        self._put_at = self.place

    def _drive(self) -> None:
        self._changed = False
        driven = self._powered & self._alive
        self._body.command(np.where(driven, self._targets, self._joints("joint_angles")))
        self._body.set_strength(np.where(driven, 1.0, GEAR_FRICTION))

    def _trip_lines(self, before: float) -> None:
        if self._trip is None or self._now is None:
            return
        after = self.place[0]
        lines: dict[Literal["S", "F"], float] = {"S": 0.0, "F": self._scenario.field.length_m}
        for name, line in lines.items():
            if before < line <= after:
                self._trip(name, self._now - self._time_step * (after - line) / (after - before))

    def _put_back_if_limp(self) -> None:
        self._limp_for = 0.0 if self._powered.any() else self._limp_for + self._time_step
        if self._limp_for > PUT_BACK_AFTER and np.hypot(*np.subtract(self.place, self._put_at)[:2]) > MOVED:
            self._put_down()
