"""Joint angles to servo units and back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.hal.servo_map import ServoMap, ServoSlot

SLOTS = (ServoSlot(1, 1, 2048.0, 1000, 3000), ServoSlot(7, -1, 2000.5, 500, 2500))


def test_units_are_sign_times_angle_in_units_plus_zero():
    servos = ServoMap(SLOTS, 4096)
    assert servos.to_units([math.pi / 4, math.pi / 4]).tolist() == [2560, 1488]  # 512 ticks up, 512 down from 2000.5
    assert servos.to_units([0.0, 0.0]).tolist() == [2048, 2000]
    assert np.allclose(servos.to_angles([2560, 1488.5]), math.pi / 4)
    assert np.allclose(servos.to_speeds([4096, 4096]), [2 * math.pi, -2 * math.pi])


def test_whole_degrees():
    servos = ServoMap([ServoSlot(8, -1, 10.0, -80, 80)], 360)
    assert servos.to_units([math.radians(25.4)]).tolist() == [-15]
    assert servos.to_units([math.radians(25.4)]).dtype == np.int64
    assert np.degrees(servos.to_angles([-15])) == pytest.approx([25.0])


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=2))
def test_units_are_always_within_the_limits(angles):
    first, second = ServoMap(SLOTS, 4096).to_units(angles)
    assert 1000 <= first <= 3000
    assert 500 <= second <= 2500


@given(st.integers(1000, 2500), st.integers(1000, 2500))
def test_units_come_back(first, second):
    servos = ServoMap(SLOTS, 4096)
    assert servos.to_units(servos.to_angles([first, second])).tolist() == [first, second]


@pytest.mark.parametrize("angles", [[0.0], [0.0, math.nan], [0.0, math.inf], [[0.0, 0.0]]])
def test_an_invalid_pose_is_refused(angles):
    with pytest.raises(InputError, match="expected 2 finite numbers"):
        ServoMap(SLOTS, 4096).to_units(angles)


@pytest.mark.parametrize(
    ("slot", "text"),
    [((1, 0, 0.0, 0, 1), "sign 0"), ((1, 1, math.nan, 0, 1), "zero nan"), ((1, 1, 0.0, 2, 1), "swap them")],
)
def test_slots_that_cannot_be_are_refused(slot, text):
    with pytest.raises(InputError, match=text):
        ServoSlot(*slot)


def test_one_servo_cannot_drive_two_joints():
    with pytest.raises(InputError, match="expected a different servo for each joint"):
        ServoMap([SLOTS[0], SLOTS[0]], 4096)
