"""What many traversals say together: means and intervals by hand and by scipy, and what is not honest walking."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gaitopt.scenario.objective import parse_score
from gaitopt.walk.evaluation import (
    LIMITS,
    confidence_interval,
    find_artefacts,
    honest_score,
    score,
    summarize,
)
from gaitopt.walk.traversal import Status, Traversal


def traversal(**changes):
    """Return an honest walk of 2 m in 8 s, changed."""
    numbers = {
        "status": Status.FINISHED,
        "time_s": 8.0,
        "distance_m": 2.0,
        "speed_mps": 0.25,
        "roll_spread": 0.1,
        "pitch_spread": 0.05,
        "energy_j": 30.0,
        "power_w": 4.0,
        "drift_m": 0.02,
        "flight": 0.0,
        "belly": 0.0,
        "knees": 0.0,
        "unreachable": 0.0,
        "saturated": 0.0,
        "commands": 1000,
    }
    return Traversal(**numbers | changes)


FALL = traversal(status=Status.FELL, time_s=None, distance_m=0.4, speed_mps=0.0)


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_the_interval_is_students(values):
    values = np.array(values)
    expected = stats.t.interval(0.95, len(values) - 1, values.mean(), max(stats.sem(values), 1e-300))
    np.testing.assert_allclose(confidence_interval(values), expected, atol=1e-9)


def test_the_interval_by_hand():
    """1, 2, 3: mean 2, standard deviation 1, t(2 degrees, 97.5 %) = 4.302653."""
    low, high = confidence_interval(np.array([1.0, 2.0, 3.0]))
    assert (high - low) / 2 == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert (high + low) / 2 == pytest.approx(2.0)


def test_one_value_has_no_spread():
    assert confidence_interval(np.array([0.25])) == (0.25, 0.25)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        low, high = confidence_interval(rng.normal(0.25, 0.02, size=5))
        hits += low < 0.25 < high
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


def test_summary_by_hand():
    """Two walks at 0.2 and 0.3 m/s and a fall: the mean counts the fall as 0."""
    evaluation = summarize(
        [
            traversal(speed_mps=0.2, energy_j=10.0, drift_m=-0.1, roll_spread=0.1),
            traversal(speed_mps=0.3, energy_j=20.0, drift_m=0.3, roll_spread=0.2),
            FALL,
        ]
    )
    assert evaluation.speed_mps == pytest.approx(0.5 / 3)
    assert evaluation.speed_ci95_mps == confidence_interval(np.array([0.2, 0.3, 0.0]))
    assert (evaluation.repeats, evaluation.finished, evaluation.fell) == (3, 2, 1)
    assert evaluation.energy_j == pytest.approx(20.0)
    assert evaluation.drift_m == pytest.approx(0.22 / 3)
    assert evaluation.roll_spread == pytest.approx(0.4 / 3)
    assert evaluation.artefacts == ()


def test_score_is_the_speed():
    assert score(traversal()) == 0.25
    assert score(FALL) == 0.0


@pytest.mark.parametrize("name", LIMITS)
def test_each_artefact_is_told_above_its_limit_only(name):
    limit, words = LIMITS[name]
    assert find_artefacts([traversal(**{name: limit})]) == ()
    (line,) = find_artefacts([traversal(**{name: limit + 0.1})])
    assert line.startswith(f"{name}: {words} {limit + 0.1:.0%}")


@pytest.mark.parametrize("name", LIMITS)
def test_an_artefact_lowers_what_is_learned_from_smoothly_and_never_below_a_fall(name):
    limit, _ = LIMITS[name]
    spec = parse_score("speed - 0.001*energy")
    fall = honest_score(traversal(status=Status.FELL, time_s=None, speed_mps=0.0), spec)
    walks = [traversal(**{name: limit * share}) for share in (0.0, 0.99, 1.0, 1.0001, 1.25, 1.5, 1e6)]
    scores = [honest_score(walk, spec) for walk in walks]
    assert scores[:3] == [score(walk, spec) for walk in walks[:3]]  # honest walks as they are
    assert scores[3] == pytest.approx(scores[2], abs=1e-3)
    assert scores[4] - fall == pytest.approx((scores[2] - fall) / 2)
    assert scores[2] > scores[3] > scores[4] > scores[5] > scores[6] > fall
    assert score(walks[5], spec) == scores[0]  # negative control: the plain score does not see it


def test_what_was_not_measured_lowers_no_score():
    blind = traversal(flight=math.nan, belly=math.nan, knees=math.nan)
    assert honest_score(blind) == score(blind)


def test_the_mean_over_the_traversals_counts():
    walks = [traversal(belly=0.0), traversal(belly=0.0), traversal(belly=0.12)]
    assert find_artefacts(walks) == ()
    assert find_artefacts(walks[1:]) == ("belly: lies on trunk or head for 6% of the time, more than 5%",)


def test_what_was_not_measured_is_no_artefact_and_no_warning():
    nothing = dict.fromkeys(("flight", "belly", "knees"), math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_artefacts([traversal(**nothing)]) == ()
        assert find_artefacts([traversal(**nothing), traversal(flight=0.5)])[0].startswith("flight")
