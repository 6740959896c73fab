"""OpenCat commands and replies against bytes taken from the vendor's own code."""

from itertools import pairwise
from math import radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import BodyError, InputError
from gaitopt.hal.opencat import codec
from gaitopt.hal.opencat.dialect import BIBOARD, BIBOARD_2025, DIALECTS, NYBOARD, dialect_named, recognize

POSE = [0] * 8 + [30] * 8


def test_commands_of_the_vendor_s_code():
    assert codec.pose(POSE) == bytes.fromhex("4C 00 00 00 00 00 00 00 00 1E 1E 1E 1E 1E 1E 1E 1E 7E")
    assert bytes.fromhex("3F 0A") == codec.IDENTIFY
    assert bytes.fromhex("6A 0A") == codec.JOINT_ANGLES
    assert bytes.fromhex("54 7E") == codec.REPLAY
    assert len(codec.upload(bytes(36))) == 38


@given(st.lists(st.integers(-1000, 1000), min_size=16, max_size=16))
def test_no_pose_holds_the_terminator(angles):
    command = codec.pose(angles)
    assert len(command) == 18
    assert command.index(b"~") == 17
    decoded = np.frombuffer(command[1:17], dtype=np.int8)
    assert list(decoded) == [max(-125, min(125, angle)) for angle in angles]


@pytest.mark.parametrize("angles", [[], [0] * 15, [0] * 17])
def test_a_pose_has_sixteen_angles(angles):
    with pytest.raises(InputError, match="16 angles"):
        codec.pose(angles)


def test_an_upload_with_the_terminator_inside_is_refused():
    with pytest.raises(InputError, match="byte 2 of the skill is 126"):
        codec.upload(bytes([4, 0, 126, 1]))


REPLIES = b"Bittle X\r\nB10_260717\r\n?\r\n\r\n=\r\nj\r\nICM:  0.00\t\r\ng\r\n"


@given(st.lists(st.integers(0, len(REPLIES)), max_size=12))
def test_lines_do_not_depend_on_how_bytes_arrive(cuts):
    bounds = [0, *sorted(cuts), len(REPLIES)]
    reader = codec.LineReader()
    lines = [line for a, b in pairwise(bounds) for line in reader.feed(REPLIES[a:b])]
    assert lines == ["Bittle X", "B10_260717", "?", "=", "j", "ICM:  0.00\t", "g"]


def test_lines_of_noise_and_a_forgotten_rest():
    reader = codec.LineReader()
    assert reader.feed(b"\xff\xfeL\r\nhalf") == ["\ufffd\ufffdL"]
    reader.clear()
    assert reader.feed(b"L\r\n") == ["L"]


@pytest.mark.parametrize(
    "line",
    [
        "EXCEPTION: Fall over",
        "EXCEPTION free fall",
        "Low power: 6.60V. The robot won't move.",
        "Got 7.5 V power",
        "FPS:\t80",
        "* Start *",
    ],
)
def test_lines_that_may_come_at_any_time(line):
    assert codec.is_asynchronous(line)


@pytest.mark.parametrize("line", ["L", "g", "G", "Voltage: 7.53 V", "Bittle X", "rest", "=", "ICM:  0.00"])
def test_lines_that_were_asked_for(line):
    assert not codec.is_asynchronous(line)


def test_identity():
    assert codec.parse_identity(["G", "Bittle X+Arm", "B10_260717"]) == ("Bittle X+Arm", "B10_260717")
    assert codec.parse_identity(["Bittle", "N_250224"]) == ("Bittle", "N_250224")
    assert codec.parse_identity(["Nybble Q", "B02_240101"]) == ("Nybble Q", "B02_240101")
    assert codec.parse_identity(["Bittle X"]) is None
    assert codec.parse_identity(["B10_260717"]) is None
    assert codec.parse_identity([]) is None


def test_joint_angles_of_both_boards():
    indices = "".join(f"{i}\t" for i in range(16))
    values = "-2,\t2,\t-2,\t2,\t0,\t0,\t0,\t0,\t32,\t32,\t32,\t32,\t32,\t32,\t32,\t32,\t"
    expected = [-2, 2, -2, 2, 0, 0, 0, 0] + [32] * 8
    assert codec.parse_joints(["=", indices, values]).tolist() == expected
    assert codec.parse_joints(["=" + indices, values]).tolist() == expected
    assert codec.parse_joints(["G", "=", indices, values]).tolist() == expected
    assert codec.parse_joints(["=", indices, values[:-10]]) is None
    assert codec.parse_joints(["=", indices]) is None
    assert codec.parse_joints([]) is None


def test_voltage():
    assert codec.parse_voltage(["G", "Voltage: 7.53 V"]) == 7.53
    assert codec.parse_voltage(["Voltage: 8 V"]) == 8.0
    assert codec.parse_voltage(["Undefined token!", ""]) is None


def test_tilt_of_the_vendor_s_code():
    line = "ICM:  0.00  0.00 10.00   12.3   -4.5    6.7\t"
    roll, pitch, yaw = codec.parse_tilt(["G", line], BIBOARD)
    assert (pitch, yaw) == (radians(-4.5), radians(12.3))
    assert abs(roll) == radians(6.7)
    assert codec.parse_tilt([line], BIBOARD_2025)[2] == radians(-12.3)


def test_tilt_without_blanks_between_the_numbers():
    line = "ICM:  0.00  0.00-10.00-179.9-104.5-100.7\t"
    assert codec.parse_tilt([line], BIBOARD_2025) == (radians(100.7), radians(-104.5), radians(179.9))


def test_tilt_of_the_other_imu_and_of_nyboard():
    assert codec.parse_tilt(["MCU:  0.00  0.00 10.00    0.0    1.0    2.0"], BIBOARD)[1] == radians(1.0)
    assert codec.parse_tilt(["-4.50000\t6.70000"], NYBOARD)[1] == radians(-4.5)
    assert codec.parse_tilt(["\t-4.5\t6.7\t0.1\t0.2\t9.8"], NYBOARD)[1] == radians(-4.5)


@pytest.mark.parametrize("lines", [[], ["G"], ["ICM:  0.00  0.00 10.00"], ["1.0 2.0 3.0 4.0 5.0 6.0"]])
def test_no_tilt(lines):
    assert codec.parse_tilt(lines, BIBOARD) is None
    assert codec.parse_tilt(lines, NYBOARD) is None


@pytest.mark.parametrize(
    ("version", "dialect"),
    [
        ("B10_260717", BIBOARD),
        ("B02_260101", BIBOARD),
        ("B10_250712", BIBOARD_2025),
        ("B01_230305", BIBOARD_2025),
        ("N_250224", NYBOARD),
        (" N_261231 ", NYBOARD),
    ],
)
def test_dialects_by_version(version, dialect):
    assert recognize(version) is dialect


@pytest.mark.parametrize("version", ["", "B10", "X10_260717", "B10_2607", "Ready!"])
def test_no_version(version):
    with pytest.raises(BodyError, match="not an OpenCat version"):
        recognize(version)


def test_dialects_by_name():
    for name, dialect in DIALECTS.items():
        assert dialect_named(name) is dialect
        assert recognize(dialect.version) is dialect
    with pytest.raises(InputError, match="did you mean biboard"):
        dialect_named("bibord")
