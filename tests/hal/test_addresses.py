"""Addresses of bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.hal.address import Address, parse_address
from gaitopt.hal.driver import DRIVERS


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pybullet:", Address("pybullet")),
        ("opencat:/dev/ttyUSB0", Address("opencat", "/dev/ttyUSB0")),
        ("opencat:COM3", Address("opencat", "COM3")),
        ("dynamixel:/dev/ttyUSB0?baud=57600", Address("dynamixel", "/dev/ttyUSB0", 57600)),
        ("dynamixel:/dev/ttyUSB0?id=rex&baud=57600", Address("dynamixel", "/dev/ttyUSB0", 57600, "rex")),
        ("opencat:/dev/serial/by-id/usb-1a86:x-if00", Address("opencat", "/dev/serial/by-id/usb-1a86:x-if00")),
    ],
)
def test_addresses(text, parts):
    assert parse_address(text) == parts
    assert parse_address(text).real == (not text.startswith("pybullet"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "unknown body ''; known: dynamixel, mujoco, opencat, pybullet"),
        ("opncat:/dev/x", "did you mean opencat"),
        ("/dev/ttyUSB0", "unknown body '/dev/ttyUSB0'"),
        ("pybullet", "expected 'pybullet:'"),
        ("pybullet:x", "expected 'pybullet:'"),
        ("opencat", "expected 'opencat:PORT', such as opencat:/dev/ttyUSB0"),
        ("opencat:", "expected 'opencat:PORT'"),
        ("opencat:?baud=9600", "expected 'opencat:PORT'"),
        ("opencat:/dev/x?baud=", "baud: got ''; expected a number such as 115200"),
        ("opencat:/dev/x?baud=0", "baud: got '0'"),
        ("opencat:/dev/x?baud=\u00b2", "baud: got '\u00b2'"),
        ("opencat:/dev/x?baud=99999999999999999999", "baud: got '99999999999999999999'"),
        ("opencat:/dev/x?id=", "id: got nothing; expected the name of a calibration"),
        ("opencat:/dev/x?baud=-9600", "baud: got '-9600'"),
        ("opencat:/dev/x?baud=1e6", "baud: got '1e6'"),
        ("opencat:/dev/x?speed=9600", "unknown option in body address"),
        ("opencat:/dev/x?idd=rex", "did you mean id"),
    ],
)
def test_an_invalid_address_is_refused(text, said):
    with pytest.raises(InputError) as error:
        parse_address(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@given(
    st.sampled_from(list(DRIVERS)),
    st.text("abc/-_.:0123", min_size=1),
    st.none() | st.integers(1, 4_500_000),
    st.none() | st.text("abc-9", min_size=1),
)
def test_a_formatted_address_is_parsed_again(kind, port, baud, name):
    options = "&".join(f"{key}={value}" for key, value in (("baud", baud), ("id", name)) if value is not None)
    text = f"{kind}:{port}" + (f"?{options}" if options else "")
    assert parse_address(text) == Address(kind, port, baud, name)
