"""Gaits as OpenCat skills: frames, ratio, bytes and the text that Petoi's tools read."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaitopt.emulators.opencat.skills import from_array
from gaitopt.errors import InputError
from gaitopt.hal.cycle_table import interpolate
from gaitopt.hal.opencat import codec, skill
from gaitopt.hal.opencat.dialect import BIBOARD, DIALECTS, NYBOARD


def swing(n=50, middle=30.0, amplitude=20.0):
    phase = 2 * np.pi * np.arange(n)[:, None] / n + np.arange(8)
    return middle + amplitude * np.sin(phase)


def angles_deg(gait):
    """Return the angles that the servos receive, (n, 8)."""
    return gait.stored.astype(int) * gait.ratio


def petoi_import(text):
    """Read a skill text by the rules of Petoi's Skill Composer: names, then all arrays, then sizes."""
    names = [found[7:-2] for found in re.findall(r"int8_t\ .*\[\]", text)]
    (found,) = re.findall(r"\{[-\s\d\W,]+\}", text)
    words = found[1:-1].split(",")
    if not words[-1].strip():
        words = words[:-1]
    data = [int(word) for word in words]
    frame = 8 if data[0] > 1 else 16
    assert (len(data) - 4) % data[0] == 0
    assert (len(data) - 4) // data[0] == frame
    rows = np.array(data[4:]).reshape(data[0], frame)
    return names[0], rows * 2 if data[3] > 1 else rows


@pytest.mark.parametrize(("cycle_time", "frames"), [(0.5, 40), (1.0, 80), (1.5, 120), (0.506, 40), (0.507, 41)])
def test_frames_follow_the_cycle_time(cycle_time, frames):
    gait = skill.gait_skill(swing(), cycle_time, BIBOARD)
    assert gait.stored.shape == (frames, 8)
    assert gait.cycle_time(BIBOARD) == frames / 80
    assert abs(gait.cycle_time(BIBOARD) - cycle_time) <= 0.5 / 80


def test_angles_are_those_of_the_gait():
    gait = skill.gait_skill(swing(1000), 1.0, BIBOARD)
    ideal = 30 + 20 * np.sin(2 * np.pi * np.arange(80)[:, None] / 80 + np.arange(8))
    assert np.abs(angles_deg(gait) - ideal).max() <= 0.51
    assert gait.ratio == 1
    assert 0 < np.abs(angles_deg(gait) - ideal).mean() / np.abs(ideal - ideal.mean(axis=0)).mean() < 0.03


def test_resampling_is_periodic():
    ramp = np.arange(4.0)[:, None]
    assert interpolate(ramp, np.arange(8) / 8)[:, 0].tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 1.5]
    assert interpolate(ramp, np.arange(4) / 4)[:, 0].tolist() == [0, 1, 2, 3]
    assert interpolate(ramp[:1], np.arange(3) / 3)[:, 0].tolist() == [0, 0, 0]


def test_large_angles_are_stored_halved():
    gait = skill.gait_skill(swing(middle=120), 1.0, BIBOARD)
    assert gait.ratio == 2
    assert np.abs(angles_deg(gait) - interpolate(swing(middle=120), np.arange(80) / 80)).max() <= 1.01
    assert skill.gait_skill(np.full((2, 8), 125.4), 1.0, BIBOARD).ratio == 1
    assert skill.gait_skill(np.full((2, 8), 125.6), 1.0, BIBOARD).ratio == 2
    with pytest.raises(InputError, match="angle of 260 degrees: at most 250"):
        skill.gait_skill(np.full((2, 8), 260.0), 1.0, BIBOARD)


def test_cycles_that_do_not_fit():
    with pytest.raises(
        InputError, match=r"2\.00 s takes 160 frames, but biboard stores 125; the longest cycle is 1\.56"
    ):
        skill.gait_skill(swing(), 2.0, BIBOARD)
    with pytest.raises(InputError, match=r"the longest cycle is 1\.14"):
        skill.gait_skill(swing(), 1.2, NYBOARD)
    with pytest.raises(InputError, match="takes 1 frames"):
        skill.gait_skill(swing(), 0.01, BIBOARD)
    assert len(skill.gait_skill(swing(), 1.5625, BIBOARD).stored) == 125


@pytest.mark.parametrize("cycle_time", [0.0, -1.0, np.nan, np.inf])
def test_cycle_times_that_are_none(cycle_time):
    with pytest.raises(InputError, match="cycle time"):
        skill.gait_skill(swing(), cycle_time, BIBOARD)


@pytest.mark.parametrize("table", [np.zeros((5, 12)), np.zeros(8), np.zeros((0, 8)), np.full((3, 8), np.nan)])
def test_tables_that_are_none(table):
    with pytest.raises(InputError, match="gait table"):
        skill.gait_skill(table, 1.0, BIBOARD)


@given(
    arrays(float, (7, 8), elements=st.floats(-250, 250)), st.floats(0.05, 1.1), st.sampled_from(list(DIALECTS.values()))
)
def test_encoding_and_decoding_are_inverse(table, cycle_time, dialect):
    gait = skill.gait_skill(table, cycle_time, dialect)
    again = from_array(gait.array)  # as the emulated firmware reads it
    assert np.array_equal(again.rows * again.ratio, angles_deg(gait))
    command = codec.upload(gait.array)  # no byte of a gait is the terminator
    assert len(command) == 2 + 4 + 8 * len(gait.stored) <= dialect.buffer + 1
    name, rows = petoi_import(skill.to_text(gait, "learned"))
    assert name == "learned"
    assert np.array_equal(rows, angles_deg(gait))


def test_bytes_of_a_small_gait():
    gait = skill.GaitSkill(np.arange(-8, 24, dtype=np.int8).reshape(4, 8), 1)
    assert gait.array[:6] == bytes([4, 0, 0, 1, 0xF8, 0xF9])
    assert len(codec.upload(gait.array)) == 38


def test_text_as_the_vendor_prints_it():
    text = skill.to_text(skill.GaitSkill(np.array([[1, -2, 3, 4, 5, 6, 7, 125]] * 2, dtype=np.int8), 1), "wkX")
    assert text == (
        "const int8_t wkX[] PROGMEM = {\n  2, 0, 0, 1,\n"
        "     1,   -2,    3,    4,    5,    6,    7,  125,\n"
        * 1
        + "     1,   -2,    3,    4,    5,    6,    7,  125,\n};\n"
    )


@pytest.mark.parametrize("name", ["", "9lives", "my gait", "a-b"])
def test_names_that_are_none(name):
    with pytest.raises(InputError, match="skill name"):
        skill.to_text(skill.GaitSkill(np.zeros((2, 8), dtype=np.int8), 1), name)
