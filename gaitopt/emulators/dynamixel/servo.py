"""One emulated Dynamixel servo: its registers and the effects of writing them; the bus is in `bus`.

Modeled after the vendor's manual (ROBOTIS-GIT/emanual, docs/en/dxl/x and _includes/en/dxl), not after the driver. Left
out: indirect addresses, profiles (goals take effect at once), reverse and slave mode, and all modes but position
control.
"""

from __future__ import annotations

from gaitopt.emulators.firmware import Plant
from gaitopt.hal.dynamixel.codec import ALERT, ErrorNumber
from gaitopt.hal.dynamixel.tables import (
    GOAL_LIMITS,
    RETURN_DELAY_UNIT,
    RPM,
    SPEED_UNIT,
    TICKS_PER_TURN,
    WATCHDOG_TRIPPED,
    WATCHDOG_UNIT,
    Model,
    Register,
    baud_rate_code,
)

BAUD_RATE = 1_000_000
"""Speed of the line: servos set to another one hear nothing [bit/s]."""
RPM_PER_UNIT = SPEED_UNIT / RPM
"""Unit of velocity registers [rpm]."""
POSITION_MODES = (3, 4, 5)
"""Operating modes that use the goal position."""
SINGLE_TURN_MODE = 3
"""The one of these that enforces the position limits."""
MOST_TICKS = 1_048_575
"""Largest goal in either direction where the position limits are not enforced."""
BOOT_TIME = 0.2
"""Time for which a rebooting servo is deaf [s]; a guess: the vendor publishes none."""


class RefusedError(Exception):
    """The servo refuses an instruction."""

    def __init__(self, number: ErrorNumber) -> None:
        super().__init__(number.name)
        self.number = number


class EmulatedServo:
    """Registers of one servo, and the plant's servo that they drive.

    Args:
        id: id on the bus, and number on the plant.
        model: model of the servo.
        plant: the robot, in ticks.
    """

    def __init__(self, id: int, model: Model, plant: Plant) -> None:
        self.number = id
        self.model = model
        self.dead = False
        """Whether it has failed for good: deaf and limp."""
        self._plant = plant
        self._starts = {register.address: register for register in model.registers.values()}
        self._covers = {a: r for r in model.registers.values() for a in range(r.address, r.end)}
        self._registered: tuple[int, bytes] | None = None
        self.heard_at = 0.0
        """Time of the last instruction on the bus, for whichever servo [s]."""
        self._deaf_until = 0.0
        self.values = {register.name: register.factory for register in model.registers.values()}
        """Stored values by register name; measured values are not included."""
        self.values |= {"id": id, "baud_rate": baud_rate_code(BAUD_RATE)}

    @property
    def return_delay(self) -> float:
        """Delay before a status [s]."""
        return self.values["return_delay_time"] * RETURN_DELAY_UNIT

    @property
    def alert(self) -> int:
        """Alert bit of its error bytes; 0 without an error."""
        return ALERT if self.values["hardware_error_status"] else 0

    @property
    def trip_time(self) -> float | None:
        """Time when the bus watchdog stops it if nothing is received until then [s]; None if never."""
        watchdog = self.values["bus_watchdog"]
        if not self.values["torque_enable"] or watchdog in (0, WATCHDOG_TRIPPED):
            return None
        return self.heard_at + watchdog * WATCHDOG_UNIT

    def listens(self, now: float) -> bool:
        """Return whether it receives what is on the line."""
        return not self.dead and self.values["baud_rate"] == baud_rate_code(BAUD_RATE) and now >= self._deaf_until

    def power_up(self, now: float) -> None:
        """Restart: limp, RAM reset, EEPROM unchanged."""
        self._go_limp()
        self.values |= {
            register.name: register.factory for register in self.model.registers.values() if not register.eeprom
        }
        self.values["goal_position"] = self._position()
        self._registered = None
        self.heard_at = now

    def reboot(self, now: float) -> None:
        """Restart, deaf meanwhile."""
        self.power_up(now)
        self._deaf_until = now + BOOT_TIME

    def die(self) -> None:
        """Fail for good."""
        self._go_limp()
        self.dead = True

    def fail(self, bit: int) -> None:
        """Raise a hardware error; the motor goes limp if the shutdown register has the bit too."""
        self.values["hardware_error_status"] |= 1 << bit
        if self.values["shutdown"] >> bit & 1:
            self._go_limp()

    def check(self, now: float) -> None:
        """Check voltage, temperature and the bus watchdog."""
        tenths = self._plant.voltage() * 10
        if not self.values["min_voltage_limit"] <= tenths <= self.values["max_voltage_limit"]:
            self.fail(0)
        if self._plant.temperature(self.number) > self.values["temperature_limit"]:
            self.fail(2)
        if (trip_time := self.trip_time) is not None and trip_time <= now:
            self.values["bus_watchdog"] = WATCHDOG_TRIPPED
            self.values["goal_position"] = self._position()
            self._aim()

    def read(self, address: int, length: int) -> bytes:
        """Return bytes of registers.

        Raises:
            RefusedError: some do not exist.
        """
        measured = self._measured()
        data = bytearray()
        for place in range(address, address + length):
            register = self._covers.get(place)
            if register is None:
                raise RefusedError(ErrorNumber.ACCESS)
            value = measured.get(register.name, self.values[register.name])
            data.append(register.encode(value)[place - register.address])
        return bytes(data)

    def write(self, address: int, data: bytes) -> None:
        """Write registers; all or none.

        Raises:
            RefusedError: some cannot be written, or a value is invalid.
        """
        writes = self._split(address, data)
        for register, value in writes:
            self._check_write(register, value)
        for register, value in writes:
            self.values[register.name] = value
            if register.name in ("torque_enable", "goal_position"):
                self._aim()

    def register_write(self, address: int, data: bytes) -> None:
        """Store a write for `action`.

        Raises:
            RefusedError: it could not be carried out.
        """
        for register, value in self._split(address, data):
            self._check_write(register, value)
        self._registered = (address, data)
        self.values["registered_instruction"] = 1

    def action(self) -> None:
        """Carry out the stored write.

        Raises:
            RefusedError: there is none.
        """
        if self._registered is None:
            raise RefusedError(ErrorNumber.INSTRUCTION)
        kept, self._registered = self._registered, None
        self.values["registered_instruction"] = 0
        self.write(*kept)

    def _split(self, address: int, data: bytes) -> list[tuple[Register, int]]:
        writes, start, end = [], address, address + len(data)
        while address < end:
            register = self._starts.get(address)
            if register is None:
                raise RefusedError(ErrorNumber.DATA_LENGTH if address in self._covers else ErrorNumber.ACCESS)
            if register.end > end:
                raise RefusedError(ErrorNumber.DATA_LENGTH)
            writes.append((register, register.decode(data, start)))
            address = register.end
        return writes

    def _check_write(self, register: Register, value: int) -> None:
        tripped = self.values["bus_watchdog"] == WATCHDOG_TRIPPED
        failed = self.values["hardware_error_status"] & self.values["shutdown"]
        if not register.writable or (register.eeprom and self.values["torque_enable"]):
            raise RefusedError(ErrorNumber.ACCESS)
        if register.lowest is not None and not register.lowest <= value <= (register.highest or 0):
            raise RefusedError(ErrorNumber.DATA_RANGE)
        if register.name == "operating_mode" and value not in self.model.operating_modes:
            raise RefusedError(ErrorNumber.DATA_RANGE)
        if tripped and (register.name in GOAL_LIMITS or (register.name == "bus_watchdog" and value)):
            raise RefusedError(ErrorNumber.DATA_RANGE)  # the goals are read-only until the watchdog is cleared
        if register.name in GOAL_LIMITS and not self._within_limits(register.name, value):
            raise RefusedError(ErrorNumber.DATA_LIMIT)
        if register.name == "torque_enable" and value and failed:
            # The manual says that only a reboot enables the torque again, but not which error is returned.
            raise RefusedError(ErrorNumber.RESULT_FAIL)

    def _within_limits(self, goal: str, value: int) -> bool:
        limits = [self.values[name] for name in GOAL_LIMITS[goal]]
        if goal == "goal_position" and self.values["operating_mode"] != SINGLE_TURN_MODE:
            limits = [MOST_TICKS]
        least, greatest = limits if len(limits) == 2 else (-limits[0], limits[0])
        return least <= value <= greatest

    def _aim(self) -> None:
        if not self.values["torque_enable"]:
            self._plant.aim(self.number, None)
        elif self.values["operating_mode"] in POSITION_MODES:
            self._plant.aim(self.number, self.values["goal_position"] - self.values["homing_offset"])

    def _go_limp(self) -> None:
        self.values["torque_enable"] = 0
        self._aim()

    def _position(self) -> int:
        return round(self._plant.position(self.number)) + self.values["homing_offset"]

    def _measured(self) -> dict[str, int]:
        speed = self._plant.speed(self.number) / TICKS_PER_TURN * 60 / RPM_PER_UNIT
        return {
            "present_position": self._position(),
            "present_velocity": round(speed),
            "present_load": round(self._plant.load(self.number) / self.model.load_unit),
            "present_input_voltage": round(self._plant.voltage() * 10),
            "present_temperature": round(self._plant.temperature(self.number)),
            "moving": int(abs(speed) > self.values["moving_threshold"]),
        }
