"""The stopwatch against closed forms: crossings lie on straight lines between samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import BodyError
from gaitopt.hal.body import BodyState
from gaitopt.walk.stopwatch import KeyStopwatch, PositionStopwatch, SpoiledError


def at(time, x=None):
    """Return a look at a body, which knows its place only if `x` is given."""
    return BodyState(time, None if x is None else (x, 0.0, 0.1), None, None, None, None)


def run(samples, length=1.0):
    watch = PositionStopwatch(length)
    for time, x in samples:
        if watch.update(at(time, x)):
            break
    return watch


@given(
    speed=st.floats(0.05, 3.0),
    period=st.floats(0.001, 0.3),
    behind=st.floats(0.0, 0.5),
    length=st.floats(0.1, 3.0),
)
def test_a_steady_walk_takes_length_over_speed(speed, period, behind, length):
    times = np.arange(round((behind + length) / speed / period) + 3) * period
    watch = run([(t, -behind + speed * t) for t in times], length)
    assert watch.elapsed == pytest.approx(length / speed, rel=1e-6, abs=1e-9)
    assert watch.started == pytest.approx(behind / speed, rel=1e-6, abs=1e-9)


def test_one_long_step_over_both_lines():
    """From -0.5 to 1.5 m in 4 s: the lines at 0 and 1 m are crossed after 1 s and 3 s."""
    watch = run([(10.0, -0.5), (14.0, 1.5)])
    assert (watch.started, watch.finished, watch.elapsed) == (11.0, 13.0, 2.0)


def test_steps_of_different_length():
    """The finish line at 1 m lies a quarter of the way from 0.9 to 1.3 m."""
    watch = run([(0.0, -0.1), (1.0, 0.1), (2.0, 0.9), (4.0, 1.3)])
    assert watch.started == pytest.approx(0.5)
    assert watch.finished == pytest.approx(2.5)


def test_stepping_back_over_the_start_line_does_not_start_again():
    watch = run([(0.0, -0.1), (1.0, 0.1), (2.0, -0.1), (3.0, 0.1), (4.0, 1.1)])
    assert watch.started == pytest.approx(0.5)
    assert watch.finished == pytest.approx(3.9)


def test_who_begins_on_the_start_line_starts_at_once():
    watch = run([(2.0, 0.0), (3.0, 1.0)])
    assert (watch.started, watch.finished) == (2.0, 3.0)


def test_before_the_finish_there_is_no_time():
    watch = PositionStopwatch(1.0)
    assert not watch.update(at(0.0, -0.1))
    assert watch.started is None
    assert not watch.update(at(1.0, 0.5))
    assert watch.elapsed is None
    assert watch.finished is None


def test_a_place_that_is_no_number_crosses_nothing():
    watch = PositionStopwatch(1.0)
    assert not watch.update(at(0.0, float("nan")))
    assert watch.started is None


def test_a_body_that_does_not_know_its_place_needs_another_stopwatch():
    with pytest.raises(BodyError, match="--stopwatch key or gate:PORT"):
        PositionStopwatch(1.0).update(at(0.0))


class Typist:
    """Presses keys at given readings."""

    def __init__(self, *keys):
        self.keys = ["", *keys]  # what was typed before the walk is forgotten

    def pressed(self):
        return self.keys.pop(0)


def test_an_operator_presses_at_both_lines():
    watch = KeyStopwatch(Typist("", " ", "", " "))
    watch.begin()
    ends = [watch.update(at(time)) for time in (1.0, 2.0, 3.0, 5.5)]
    assert ends == [False, False, False, True]
    assert (watch.started, watch.elapsed) == (2.0, 3.5)


def test_a_key_that_is_held_down_or_hit_twice_counts_once():
    """A keyboard begins to repeat a key after half a second, then 30 times a second."""
    watch = KeyStopwatch(Typist("  ", "", "  ", *[" "] * 40, "", "  "))
    watch.begin()
    times = [1.0, 1.25, 1.5, *(1.5 + 0.033 * (i + 1) for i in range(40)), 3.0, 5.0]
    ends = [watch.update(at(time)) for time in times]
    assert ends == [False] * 44 + [True]
    assert (watch.started, watch.finished) == (1.0, 5.0)


def test_an_operator_can_spoil_a_walk():
    watch = KeyStopwatch(Typist(" ", "r"))
    watch.begin()
    assert not watch.update(at(1.0))
    with pytest.raises(SpoiledError):
        watch.update(at(2.0))
