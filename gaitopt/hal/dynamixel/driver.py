"""Driver of robots with Dynamixel X-series servos, in position control over Protocol 2.0.

The servos' own bus watchdog stops the robot if the computer or the cable fails: it holds, and accepts no goals until
`power_on` clears it. Sources: the vendor's manual, ROBOTIS-GIT/emanual docs/en/dxl; goal := present before torque on,
and torque off in up to five tries, as in pypot and lerobot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, InputError, ProtocolError
from gaitopt.hal.driver import DeviceInfo, Driver, Health, Measurement
from gaitopt.hal.dynamixel.bus import ServoBus, sync_write_packet
from gaitopt.hal.dynamixel.setup import find_servos, listed, set_up
from gaitopt.hal.dynamixel.tables import (
    SPEED_UNIT,
    TICKS_PER_TURN,
    WATCHDOG_TRIPPED,
    WATCHDOG_UNIT,
    baud_rate_code,
    find_model,
    hardware_errors,
)
from gaitopt.hal.link import Link
from gaitopt.hal.servo_map import ServoMap, Units
from gaitopt.hal.wiring import servo_map, wiring_of
from gaitopt.robot.spec import RobotSpec

SHORTEST_PERIOD_S = 0.02
"""Shortest time between two commands [s]."""
SET_TRIES = 3
LIMP_TRIES = 5
LIMP_PAUSE_S = 0.01
"""Pause between two tries to switch the torque off [s]."""
BEYOND_LIMITS_TICKS = 20
"""Largest distance of a servo beyond its limits at power on; it then moves to them."""
COOLER_THAN_LIMIT = 5.0
"""Margin below the servos' own temperature limit [degrees Celsius]."""
ABOVE_LOWEST_VOLTAGE = 1.05
"""Factor by which the voltage must be above the servos' own limit."""
TICK_RAD = 2 * np.pi / TICKS_PER_TURN
"""Angle of one tick [rad]."""


class DynamixelDriver(Driver):
    """A robot with Dynamixel servos of one model on one line.

    Args:
        link: the line.
        servos: map from joint angles to ticks, within one turn.
        model: model of the servos, a name of `tables.MODELS`.
        rated_speeds: rated speeds of the joints, (joints,) [rad/s].
        baud_rate: speed of the link [bit/s].
        watchdog: silence after which the servos stop by themselves [s].
        lowest_voltage: lowest voltage of the battery, if higher than the servos' own limit [V].

    Raises:
        InputError: no such model or baud rate, limits outside one turn, or the wrong number of speeds.
    """

    usual_baud = 1_000_000
    units_per_turn = TICKS_PER_TURN
    feedback = "measured"
    tilt = False

    def __init__(
        self,
        link: Link,
        servos: ServoMap,
        model: str,
        rated_speeds: ArrayLike,
        baud_rate: int = 1_000_000,
        watchdog: float = 0.3,
        lowest_voltage: float | None = None,
    ) -> None:
        baud_rate_code(baud_rate)  # raises if no servo has it
        self.model = find_model(model)
        self._lowest_of_battery = lowest_voltage or 0.0
        self.changed: tuple[str, ...] = ()
        """Changes that `open` made in the servos' permanent memory, such as 'servo 3: return_delay_time 250 -> 0'."""
        self._link = link
        self._bus = ServoBus(link, baud_rate)
        self._map = servos
        self._ids = servos.ids
        self._rated_speeds = np.array(rated_speeds, dtype=float)  # (joints,)
        self._check_arguments()
        self._watchdog = max(1, min(127, round(watchdog / WATCHDOG_UNIT)))
        self._off = sync_write_packet(self.model["torque_enable"], dict.fromkeys(self._ids, 0))
        self._powered = self._guarded = self._tripped = False
        asked = 14 + 5 * len(self._ids) + 14 + len(self._ids)  # bytes of goals, and of the query for measurements
        self.period = max(SHORTEST_PERIOD_S, 1.25 * self._bus.duration(asked, len(self._ids), 10))

    @classmethod
    def for_robot(cls, robot: RobotSpec, link: Link, baud: int) -> Self:
        """Return the driver of a robot on a link."""
        wiring = wiring_of(robot)
        speeds = robot.joint_speeds
        return cls(link, servo_map(robot), wiring.model, speeds, baud, lowest_voltage=wiring.lowest_voltage_v)

    def open(self) -> DeviceInfo:
        """Find all servos, check what they are and set them up for position control; nothing moves.

        A servo that is not set up yet goes limp; `changed` lists what was written.

        Raises:
            BodyError: servos are missing, of another model, or too old.
        """
        self._powered = self._guarded = self._tripped = False
        found = find_servos(self._bus, self._ids, self.model)
        self._write_all("status_return_level", 2)
        self.changed = tuple(change for slot in self._map.slots for change in set_up(self._bus, slot, self.model))
        # Servos run down to voltages at which a lithium battery is ruined.
        lowest = ABOVE_LOWEST_VOLTAGE * max(self._read_all("min_voltage_limit")) / 10
        self.lowest_voltage = max(lowest, self._lowest_of_battery)
        self.highest_temperature = min(self._read_all("temperature_limit")) - COOLER_THAN_LIMIT
        versions = sorted({reply.firmware for reply in found})
        return DeviceInfo(self.model.name, ", ".join(map(str, versions)), "Dynamixel Protocol 2.0")

    def power_on(self) -> Array:
        """Switch the torque on where the servos are.

        Raises:
            BodyError: a servo stands outside its limits, or does not switch on.
            MissedReplyError: a servo does not answer.
        """
        self._set_all("bus_watchdog", 0)
        present = self._read_all("present_position")
        goals = self._near_limits(present)
        self._set_all("profile_acceleration", 0)  # none: poses arrive as a smooth stream already
        self._set_all("profile_velocity", 0)
        if wrong := self._set_all("goal_position", goals):
            raise BodyError(f"{self._link.name}: servos {listed(wrong)} did not accept their positions as goals")
        self._powered, self._tripped = True, False
        if off := self._set_all("torque_enable", 1):
            problems = "; ".join(self._errors_of(off)) or "no hardware error is set"
            raise BodyError(f"{self._link.name}: the torque of servos {listed(off)} did not switch on: {problems}")
        self._guard()
        return self._map.to_angles(present)

    def send(self, angles: Array) -> Array:
        """Send one pose in one packet.

        Raises:
            ProtocolError: the servos are not powered.
            BodyError: the servos stopped by themselves and accept no goals.
        """
        if not self._powered:
            raise ProtocolError("send: the servos are off; call power_on first")
        if self._tripped:
            raise BodyError(f"{self._link.name}: {self._trip_text()}")
        units = self._map.to_units(angles)
        self._write_all("goal_position", units)
        if not self._guarded:
            self._guard()
        return self._map.to_angles(units)

    def reach(self, elapsed: float) -> Array:
        """Return the largest change of each joint after `elapsed` [s], (joints,) [rad]."""
        return self._rated_speeds * elapsed

    def measure(self) -> Measurement:
        """Return angles, speeds and loads of the joints.

        Raises:
            MissedReplyError: some servo did not answer, twice.
        """
        load, speed, position = (self.model[f"present_{name}"] for name in ("load", "velocity", "position"))
        replies = self._bus.sync_read(self._ids, load, position)
        loads, speeds, units = (
            np.array([register.decode(replies[id].parameters, load.address) for id in self._ids])
            for register in (load, speed, position)
        )
        return Measurement(
            angles=self._map.to_angles(units),
            speeds=self._map.to_speeds(speeds * SPEED_UNIT / TICK_RAD),
            loads=np.clip(loads * self.model.load_unit, -1.0, 1.0) * np.sign(self._map.units_per_radian),
        )

    def health(self) -> Health:
        """Return the lowest voltage, the temperatures, and the errors that the servos report.

        Raises:
            MissedReplyError: some servo did not answer, twice.
        """
        voltage, temperature = self.model["present_input_voltage"], self.model["present_temperature"]
        replies = self._bus.sync_read(self._ids, voltage, temperature)
        rows = [replies[id].parameters for id in self._ids]
        problems = self._errors_of([id for id in self._ids if replies[id].error])
        problems += self._watchdog_problems()
        return Health(
            voltage=min(voltage.decode(row) for row in rows) / 10,
            temperatures=np.array([temperature.decode(row, voltage.address) for row in rows], dtype=float),
            problems=tuple(problems),
        )

    def hold(self) -> None:
        """Stop where the servos are. Their watchdog is off until the next `send`: it could only hold, too."""
        if self._powered:
            self._guarded = False
            self._set_all("bus_watchdog", 0)
            self._write_all("goal_position", self._map.within_limits(self._read_all("present_position")))

    def limp(self) -> None:
        """Switch the torque off, and read it back.

        Raises:
            BodyError: some servo did not confirm it.
        """
        torque, unsure = self.model["torque_enable"], list(self._ids)
        for _ in range(LIMP_TRIES):
            self._link.write(self._off)
            unsure = [id for id in unsure if not self._confirms_off(id)]
            if not unsure:
                self._powered = self._guarded = self._tripped = False
                return
            self._link.sleep(LIMP_PAUSE_S)
        text = f"servos {listed(unsure)} did not confirm that their {torque.name} is 0"
        raise BodyError(f"{self._link.name}: {text}; cut the robot's power")

    def cut(self) -> None:
        """Put torque-off on the wire twice: a packet in transit may swallow the first."""
        self._link.cut(self._off)
        self._link.cut(self._off)

    def close(self) -> None:
        """Close the line."""
        self._link.close()

    def _check_arguments(self) -> None:
        if self._rated_speeds.shape != (len(self._ids),):
            raise InputError(f"rated speeds of shape {self._rated_speeds.shape}: expected ({len(self._ids)},)")
        for slot in self._map.slots:
            if slot.lowest < 0 or slot.highest >= TICKS_PER_TURN:
                limits = f"{slot.lowest} to {slot.highest}"
                raise InputError(f"servo {slot.id}: limits {limits} ticks, expected within 0 to {TICKS_PER_TURN - 1}")

    def _near_limits(self, present: Sequence[int]) -> Units:
        """Return the nearest positions within the limits, (joints,) [ticks]."""
        for slot, ticks in zip(self._map.slots, present, strict=True):
            if not slot.lowest - BEYOND_LIMITS_TICKS <= ticks <= slot.highest + BEYOND_LIMITS_TICKS:
                limits = f"{slot.lowest} to {slot.highest}"
                where = f"{self._link.name}: servo {slot.id} stands at tick {ticks}"
                raise BodyError(f"{where}, expected {limits}; turn its joint by hand")
        return self._map.within_limits(present)

    def _read_all(self, name: str) -> list[int]:
        return self._bus.sync_read_values(self._ids, self.model[name])

    def _write_all(self, name: str, values: int | Units) -> None:
        """Set a register of all servos, to one value or to one of each, (joints,); there is no reply."""
        each = np.broadcast_to(values, len(self._ids)).tolist()
        self._bus.sync_write(self.model[name], dict(zip(self._ids, each, strict=True)))

    def _set_all(self, name: str, values: int | Units) -> list[int]:
        """Set a register of all servos, read it back, and return the ids that have another value after some tries."""
        for _ in range(SET_TRIES):
            self._write_all(name, values)
            wrong: list[int] = np.extract(np.not_equal(self._read_all(name), values), self._ids).tolist()
            if not wrong:
                break
        return wrong

    def _guard(self) -> None:
        self._write_all("bus_watchdog", self._watchdog)
        self._guarded = True

    def _confirms_off(self, id: int) -> bool:
        try:
            return self._bus.read(id, self.model["torque_enable"]) == 0
        except BodyError:  # it was silent, or refused
            return False

    def _errors_of(self, ids: Sequence[int]) -> list[str]:
        """Return the problems in the hardware error registers of some servos."""
        errors = {id: self._bus.read(id, self.model["hardware_error_status"]) for id in ids}
        cure = "let it cool or free it, then switch the servos' power off and on again"
        return [f"servo {id}: {', '.join(hardware_errors(bits))}; {cure}" for id, bits in errors.items() if bits]

    def _watchdog_problems(self) -> list[str]:
        """Return the problems that the servos' watchdogs show, if they are on: the servos stopped, or restarted."""
        states = self._read_all("bus_watchdog") if self._guarded else []
        self._tripped = self._tripped or WATCHDOG_TRIPPED in states
        if self._tripped:
            return [self._trip_text()]
        unguarded = [id for id, state in zip(self._ids, states, strict=False) if state != self._watchdog]
        limp = [id for id in unguarded if not self._bus.read(id, self.model["torque_enable"])]
        if unguarded and not limp:
            self._guard()  # the packet that should have done it was lost
        return [f"servos {listed(limp)} restarted and are limp; check battery and cables"] if limp else []

    def _trip_text(self) -> str:
        silence = self._watchdog * WATCHDOG_UNIT
        return f"the servos received nothing for {silence:g} s and stopped; leave them limp and power them on again"
