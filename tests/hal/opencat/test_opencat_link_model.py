"""How much of a gait a stream of poses carries."""

import numpy as np
import pytest

from gaitopt.hal.opencat.link_model import STREAM_PERIOD, motion_time, reach_deg
from gaitopt.hal.real.tracking import tracking


@pytest.mark.parametrize(
    ("change", "reply_ms"),
    [(0, 10), (2, 18), (4, 27), (6, 35), (10, 50), (15, 76), (20, 90), (30, 134), (40, 174)],
)
def test_motion_times_of_the_vendor_s_code(change, reply_ms):
    assert 1000 * motion_time(change) == pytest.approx(reply_ms, rel=0.05, abs=2.1)


def test_reach_is_the_largest_change_that_is_done_in_time():
    for elapsed in np.linspace(0.005, 0.5, 100):
        reach = reach_deg(elapsed)
        assert reach == 0 or motion_time(reach) <= elapsed + 1e-9
        assert motion_time(reach + 1) > elapsed
    assert reach_deg(0.05) == 10


def triangle(amplitude_deg, n=400):
    """One joint up and down at constant speed, 4 * amplitude degrees per cycle."""
    phase = np.arange(n) / n
    return np.radians(amplitude_deg * (4 * np.abs(phase - 0.5) - 1))[:, None] * np.ones(8)


def streamed(table, cycle_time):
    return tracking(table, cycle_time, STREAM_PERIOD, np.radians(reach_deg(STREAM_PERIOD)))


def test_all_of_a_slow_gait_arrives():
    whole = streamed(triangle(10), 1.0)
    assert whole.stretch == 1.0
    assert whole.share == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("cycle_time", [0.2, 0.4, 0.5])
def test_a_fast_gait_must_be_stretched_until_its_speed_fits(cycle_time):
    speed = 4 * 50 / cycle_time  # degrees per second, against 10 in 0.05 s
    assert streamed(triangle(50), cycle_time).stretch == pytest.approx(speed / 200, rel=0.01)


def test_a_gait_stretched_by_the_factor_fits():
    short = streamed(triangle(50), 0.4)
    assert short.share < 0.7
    fits = streamed(triangle(50), 0.4 * short.stretch)
    assert fits.stretch == pytest.approx(1.0, abs=1e-6)
    assert fits.share > 0.93  # turning points fall between poses


def test_share_of_a_lag_that_can_be_computed():
    """At 800 degrees per second a stream of 200 carries at most a quarter."""
    assert streamed(triangle(80), 0.4).share <= 0.26


def test_a_gait_without_motion():
    assert streamed(np.zeros((10, 8)), 0.5) == streamed(np.ones((1, 8)), 0.1)
    assert streamed(np.zeros((10, 8)), 0.5).share == 1.0


def test_another_reach_for_each_joint():
    reach = np.radians([20.0] * 8)
    assert tracking(triangle(50), 0.4, 0.05, reach).stretch == pytest.approx(500 / 400, rel=0.01)
    reach[3] = np.radians(5.0)
    assert tracking(triangle(50), 0.4, 0.05, reach).stretch == pytest.approx(500 / 100, rel=0.01)
