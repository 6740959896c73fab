"""Angles of the trunk against scipy's rotations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gaitopt.walk.attitude import roll_pitch, uprightness, yaw

angles = st.tuples(st.floats(-3.1, 3.1), st.floats(-1.5, 1.5), st.floats(-3.1, 3.1))


@given(angles)
def test_yaw_pitch_roll_come_back(yaw_pitch_roll):
    turned = Rotation.from_euler("ZYX", yaw_pitch_roll).as_quat()
    roll, pitch = roll_pitch(turned[None])
    found = [yaw(tuple(turned)), pitch[0], roll[0]]
    np.testing.assert_allclose(found, yaw_pitch_roll, atol=1e-6)


def test_left_and_nose_down_are_positive():
    ahead = np.array([1.0, 0.0, 0.0])
    left, down = Rotation.from_euler("z", 0.1), Rotation.from_euler("y", 0.1)
    assert left.apply(ahead)[1] > 0
    assert yaw(tuple(left.as_quat())) == pytest.approx(0.1)
    assert down.apply(ahead)[2] < 0
    assert roll_pitch(down.as_quat()[None])[1][0] == pytest.approx(0.1)


@given(angles)
def test_uprightness_is_how_far_up_points_up(yaw_pitch_roll):
    rotation = Rotation.from_euler("ZYX", yaw_pitch_roll)
    assert uprightness(tuple(rotation.as_quat())) == pytest.approx(rotation.apply([0, 0, 1])[2], abs=1e-9)


def test_batches_are_single_ones_together():
    turned = Rotation.random(20, rng=np.random.default_rng(0))
    roll, pitch = roll_pitch(turned.as_quat())
    _, expected_pitch, expected_roll = turned.as_euler("ZYX").T
    np.testing.assert_allclose(roll, expected_roll, atol=1e-9)
    np.testing.assert_allclose(pitch, expected_pitch, atol=1e-9)
