"""Control tables of Dynamixel servos: addresses, limits and units of their registers.

Source: the vendor's manual, ROBOTIS-GIT/emanual docs/en/dxl/x/xl330-m077.md, xl330-m288.md, xl430-w250.md and
xm430-w350.md. Indirect addresses are left out: the manual and other libraries disagree on where they are in the XL330.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import pi

from gaitopt.errors import InputError, unknown_name

TICKS_PER_TURN = 4096
RPM = 2 * pi / 60
"""One revolution per minute [rad/s]."""
SPEED_UNIT = 0.229 * RPM
"""Unit of velocity registers [rad/s]."""
RETURN_DELAY_UNIT = 2e-6
"""Unit of the return delay time [s]."""
WATCHDOG_UNIT = 0.02
"""Unit of the bus watchdog [s]."""
WATCHDOG_TRIPPED = 0xFF
"""Value of the bus watchdog after it stopped the servo (-1 in the manual)."""
POSITION_MODE = 3
"""The operating mode in which the goal is a position within one turn."""
BAUD_RATES = (9600, 57_600, 115_200, 1_000_000, 2_000_000, 3_000_000, 4_000_000, 4_500_000)
"""Baud rates, by the value of the baud rate register [bit/s]."""
FACTORY_BAUD_RATE = 57_600
"""Default of new servos [bit/s]."""
HARDWARE_ERRORS = {0: "input voltage", 2: "overheating", 3: "motor encoder", 4: "electrical shock", 5: "overload"}
"""Meanings of the bits of the hardware error register."""


@dataclass(frozen=True)
class Register:
    """One entry of a control table."""

    name: str
    """Name in the manual, in lower case."""
    address: int
    """Address of its first byte."""
    size: int
    """Size [bytes]."""
    factory: int = 0
    """Default value; in RAM, the value after power-up."""
    lowest: int | None = None
    """Lowest value that may be written; None for any."""
    highest: int | None = None
    """Highest value that may be written; None for any."""
    unit: str = ""
    """Unit of its value."""
    signed: bool = False
    """Whether it is two's complement."""
    writable: bool = True
    """Whether it may be written at all."""

    @property
    def end(self) -> int:
        """Address after its last byte."""
        return self.address + self.size

    @property
    def eeprom(self) -> bool:
        """Whether it survives power-down; then it is locked while the torque is on."""
        return self.address < 64

    def encode(self, value: int) -> bytes:
        """Return a value as stored."""
        return (value % (1 << 8 * self.size)).to_bytes(self.size, "little")

    def decode(self, data: bytes, start: int | None = None) -> int:
        """Return the value in stored bytes, of which the first is at address `start`; None is this register's own."""
        first = 0 if start is None else self.address - start
        return int.from_bytes(data[first : first + self.size], "little", signed=self.signed)


def _read_only(name: str, address: int, size: int, unit: str = "", signed: bool = False, factory: int = 0) -> Register:
    return Register(name, address, size, factory, unit=unit, signed=signed, writable=False)


_GAIN = (0, 16_383)
COMMON = (
    _read_only("model_number", 0, 2),
    _read_only("model_information", 2, 4),
    _read_only("firmware_version", 6, 1, factory=46),
    Register("id", 7, 1, 1, 0, 252),
    Register("baud_rate", 8, 1, 1, 0, 7),
    Register("return_delay_time", 9, 1, 250, 0, 254, "2 us"),
    Register("drive_mode", 10, 1, 0, 0, 13),
    Register("operating_mode", 11, 1, POSITION_MODE, 0, 16),
    Register("secondary_id", 12, 1, 255, 0, 255),
    Register("protocol_type", 13, 1, 2, 1, 22),
    Register("homing_offset", 20, 4, 0, -1_044_479, 1_044_479, "tick", signed=True),
    Register("moving_threshold", 24, 4, 10, 0, 1023, "0.229 rpm"),
    Register("temperature_limit", 31, 1, 80, 0, 100, "degree Celsius"),
    Register("max_voltage_limit", 32, 2, 160, 95, 160, "0.1 V"),
    Register("min_voltage_limit", 34, 2, 95, 95, 160, "0.1 V"),
    Register("pwm_limit", 36, 2, 885, 0, 885, "0.113 %"),
    Register("current_limit", 38, 2, 1193, 0, 1193, "mA or 2.69 mA"),
    Register("velocity_limit", 44, 4, 200, 0, 1023, "0.229 rpm"),
    Register("max_position_limit", 48, 4, 4095, 0, 4095, "tick"),
    Register("min_position_limit", 52, 4, 0, 0, 4095, "tick"),
    Register("startup_configuration", 60, 1, 0, 0, 3),
    Register("shutdown", 63, 1, 52, 0, 63),
    Register("torque_enable", 64, 1, 0, 0, 1),
    Register("led", 65, 1, 0, 0, 1),
    Register("status_return_level", 68, 1, 2, 0, 2),
    _read_only("registered_instruction", 69, 1),
    _read_only("hardware_error_status", 70, 1),
    Register("velocity_i_gain", 76, 2, 1920, *_GAIN),
    Register("velocity_p_gain", 78, 2, 100, *_GAIN),
    Register("position_d_gain", 80, 2, 0, *_GAIN),
    Register("position_i_gain", 82, 2, 0, *_GAIN),
    Register("position_p_gain", 84, 2, 800, *_GAIN),
    Register("feedforward_2nd_gain", 88, 2, 0, *_GAIN),
    Register("feedforward_1st_gain", 90, 2, 0, *_GAIN),
    Register("bus_watchdog", 98, 1, 0, 0, 127, "20 ms"),
    Register("goal_pwm", 100, 2, 885, unit="0.113 %", signed=True),
    Register("goal_current", 102, 2, 1193, unit="mA or 2.69 mA", signed=True),
    Register("goal_velocity", 104, 4, 0, unit="0.229 rpm", signed=True),
    Register("profile_acceleration", 108, 4, 0, 0, 32_767, "214.577 rpm/min"),
    Register("profile_velocity", 112, 4, 0, 0, 32_767, "0.229 rpm"),
    Register("goal_position", 116, 4, 0, unit="tick", signed=True),
    _read_only("realtime_tick", 120, 2, "ms"),
    _read_only("moving", 122, 1),
    _read_only("moving_status", 123, 1),
    _read_only("present_pwm", 124, 2, "0.113 %", signed=True),
    _read_only("present_load", 126, 2, "mA, 2.69 mA or 0.1 %", signed=True),
    _read_only("present_velocity", 128, 4, "0.229 rpm", signed=True),
    _read_only("present_position", 132, 4, "tick", signed=True),
    _read_only("velocity_trajectory", 136, 4, "0.229 rpm", signed=True),
    _read_only("position_trajectory", 140, 4, "tick", signed=True),
    _read_only("present_input_voltage", 144, 2, "0.1 V"),
    _read_only("present_temperature", 146, 1, "degree Celsius"),
    _read_only("backup_ready", 147, 1),
)
"""The XM430's table; others are defined by their differences. The present load is a current where it is sensed."""
GOAL_LIMITS = {
    "goal_pwm": ("pwm_limit",),
    "goal_current": ("current_limit",),
    "goal_velocity": ("velocity_limit",),
    "goal_position": ("min_position_limit", "max_position_limit"),
}
"""Registers that limit a goal: one of magnitude, or a lowest and a highest value."""


@dataclass(frozen=True)
class Model:
    """A kind of servo."""

    name: str
    """Name by the vendor."""
    number: int
    """Model number in its reply to a ping."""
    registers: Mapping[str, Register]
    """Control table by name, in the order of addresses."""
    operating_modes: tuple[int, ...]
    """Operating modes: 0 current, 1 velocity, 3 position, 4 extended, 5 current-based position, 16 PWM."""
    load_unit: float
    """Unit of the present load or current register, as a share of the stall torque."""

    def __getitem__(self, name: str) -> Register:
        return self.registers[name]


def _table(number: int, without: tuple[str, ...] = (), **changes: dict[str, int]) -> dict[str, Register]:
    changes["model_number"] = {"factory": number}
    return {r.name: replace(r, **changes.get(r.name, {})) for r in COMMON if r.name not in without}  # type: ignore[arg-type]


def _xl330(name: str, number: int, gear: dict[str, int]) -> Model:
    pwm_slope = Register("pwm_slope", 62, 1, 140, 1, 255, "1.977 mV/ms")
    table = _table(
        number,
        baud_rate={"highest": 6},
        temperature_limit={"factory": 70},
        max_voltage_limit={"factory": 70, "lowest": 31, "highest": 70},
        min_voltage_limit={"factory": 35, "lowest": 31, "highest": 70},
        current_limit={"factory": 1750, "highest": 1750},
        goal_current={"factory": 1750},
        velocity_limit={"factory": gear["velocity_limit"], "highest": 2047},
        shutdown={"factory": 53},
        velocity_i_gain={"factory": gear["velocity_i_gain"]},
        velocity_p_gain={"factory": gear["velocity_p_gain"]},
        position_i_gain={"factory": gear["position_i_gain"]},
        position_p_gain={"factory": 400},
    )
    registers = dict(sorted((table | {"pwm_slope": pwm_slope}).items(), key=lambda item: item[1].address))
    # The current register counts mA; the motor stalls at 1.47 A.
    return Model(name, number, registers, (0, 1, 3, 4, 5, 16), 1 / 1470)


_XL330_M077 = {"velocity_limit": 1620, "velocity_i_gain": 400, "velocity_p_gain": 40, "position_i_gain": 400}
_XL330_M288 = {"velocity_limit": 445, "velocity_i_gain": 1600, "velocity_p_gain": 180, "position_i_gain": 0}
_XL430_TABLE = _table(
    1060,
    without=("current_limit", "goal_current"),
    temperature_limit={"factory": 72},
    max_voltage_limit={"factory": 140, "lowest": 60, "highest": 140},
    min_voltage_limit={"factory": 60, "lowest": 60, "highest": 140},
    velocity_limit={"factory": 265},
    velocity_i_gain={"factory": 1000},
    position_d_gain={"factory": 4000},
    position_p_gain={"factory": 640},
)

MODELS = {
    model.name: model
    for model in (
        _xl330("XL330-M077", 1190, _XL330_M077),
        _xl330("XL330-M288", 1200, _XL330_M288),
        # Its register 126 is a load, 0.1 %, inferred from the motor's voltage: there is no current sensor.
        Model("XL430-W250", 1060, _XL430_TABLE, (1, 3, 4, 16), 0.001),
        Model("XM430-W350", 1020, _table(1020), (0, 1, 3, 4, 5, 16), 2.69e-3 / 2.3),
    )
}
"""Servos that can be driven, by name."""
OTHER_NUMBERS = {
    1030: "XM430-W210",
    1070: "XC430-W150",
    1090: "2XL430-W250",
    1110: "XH540-W150",
    1120: "XM540-W270",
    1210: "XC330-T181",
    1220: "XC330-T288",
}
"""Servos that are recognized but cannot be driven, by model number."""


def find_model(name: str) -> Model:
    """Return a model by name.

    Raises:
        InputError: no such model.
    """
    if name not in MODELS:
        raise unknown_name("Dynamixel model", name, MODELS)
    return MODELS[name]


def model_name(number: int) -> str:
    """Return the name of a model number, for errors."""
    names = OTHER_NUMBERS | {model.number: model.name for model in MODELS.values()}
    return names.get(number, f"a servo of model number {number}")


def baud_rate_code(baud_rate: int) -> int:
    """Return the value of the baud rate register for a rate [bit/s].

    Raises:
        InputError: servos do not have this rate.
    """
    if baud_rate not in BAUD_RATES:
        raise InputError(f"baud rate {baud_rate}: Dynamixel servos have {', '.join(map(str, BAUD_RATES))}")
    return BAUD_RATES.index(baud_rate)


def hardware_errors(bits: int) -> list[str]:
    """Return the names of the bits that are set in a hardware error register."""
    return [HARDWARE_ERRORS.get(bit, f"bit {bit}") for bit in range(8) if bits >> bit & 1]
