"""Control tables against those of rustypot, written by others, and against the manual's own arithmetic."""

import itertools
import math

import pytest
import rustypot

from gaitopt.errors import InputError
from gaitopt.hal.dynamixel import tables
from gaitopt.hal.dynamixel.tables import MODELS, find_model, hardware_errors, model_name

THEIRS = {
    "XL330-M077": rustypot.Xl330PyController,
    "XL330-M288": rustypot.Xl330PyController,
    "XL430-W250": rustypot.Xl430PyController,
    "XM430-W350": rustypot.Xl430PyController,
}
OTHER_NAMES = {"present_load": "present_current"}  # theirs for ours


@pytest.mark.parametrize("name", MODELS)
def test_registers_are_where_rustypot_has_them(name):
    theirs = {register.addr: register for register in THEIRS[name].registers()}
    for ours in MODELS[name].registers.values():
        their = theirs[ours.address]
        assert their.size == ours.size, ours.name
        if ours.address not in (38, 44):  # rustypot has older names for the XL330's current and velocity limits
            assert their.name == OTHER_NAMES.get(ours.name, ours.name)


@pytest.mark.parametrize("name", MODELS)
def test_registers_that_rustypot_cannot_write_are_read_only(name):
    theirs = {register.addr: register for register in THEIRS[name].registers()}
    for ours in MODELS[name].registers.values():
        if theirs[ours.address].access == rustypot.RegisterAccess.Read:
            assert not ours.writable, ours.name


@pytest.mark.parametrize("name", MODELS)
def test_registers_are_in_order_and_do_not_overlap(name):
    registers = list(MODELS[name].registers.values())
    assert all(first.end <= second.address for first, second in itertools.pairwise(registers))
    for register in registers:
        if register.lowest is not None and register.name != "secondary_id":
            assert register.lowest <= register.factory <= register.highest, register.name


def test_numbers_of_models_and_baud_rates_are_rustypots():
    numbers = rustypot.Xl330PyController.models() | rustypot.Xl430PyController.models()
    for their_name, number in numbers.items():
        assert model_name(number).replace("-", "").startswith(their_name[:8]) or model_name(number).startswith("2XL430")
    for rate, code in rustypot.Xl330PyController.baudrates().items():
        assert tables.baud_rate_code(rate) == code
    assert rustypot.Xl330PyController.resolution() == tables.TICKS_PER_TURN


def test_an_unknown_model_number_is_reported():
    assert model_name(4711) == "a servo of model number 4711"


def test_units_are_si():
    # The manual: velocity limit 265 of the XL430 is 60.7 rpm.
    speed = 265 * tables.SPEED_UNIT
    assert speed == pytest.approx(60.7 * 2 * math.pi / 60, rel=1e-3)
    # At stall, the current is the stall current: 2.3 A of the XM430 at 12 V in steps of 2.69 mA.
    assert 2.3 / 2.69e-3 * MODELS["XM430-W350"].load_unit == pytest.approx(1.0)


def test_registers_encode_what_they_decode():
    offset = MODELS["XL430-W250"]["homing_offset"]
    assert offset.encode(-1) == b"\xff\xff\xff\xff"
    assert offset.decode(b"\xff\xff\xff\xff") == -1  # dynamixel-sdk's getData says 4294967295
    assert MODELS["XL430-W250"]["bus_watchdog"].decode(b"\xff") == tables.WATCHDOG_TRIPPED


def test_hardware_errors_are_named():
    assert hardware_errors(0x21) == ["input voltage", "overload"]
    assert hardware_errors(0x02) == ["bit 1"]
    assert hardware_errors(0) == []


def test_the_xl430_senses_no_current():
    with pytest.raises(KeyError):
        MODELS["XL430-W250"]["current_limit"]
    assert 5 not in MODELS["XL430-W250"].operating_modes
    assert 5 in MODELS["XM430-W350"].operating_modes


def test_a_misspelled_model_gets_a_hint():
    with pytest.raises(InputError, match="did you mean XL430-W250"):
        find_model("XL430")
