"""Scores other than the speed: what each term is, what a fall is worth, and what cannot be told."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.hal.body import Capabilities
from gaitopt.scenario.objective import TERMS, ScoreSpec, parse_score
from gaitopt.walk.evaluation import CAPS, check_score, confidence_interval, score, summarize
from gaitopt.walk.traversal import Status, Traversal


def walk(**changes):
    numbers = {"status": Status.FINISHED, "time_s": 8.0, "distance_m": 2.0, "speed_mps": 0.25, "roll_spread": 0.03}
    numbers |= {
        "pitch_spread": 0.04,
        "energy_j": 60.0,
        "power_w": 8.0,
        "drift_m": -0.2,
        "flight": 0.0,
        "belly": 0.0,
        "knees": 0.0,
    }
    return Traversal(**numbers | {"unreachable": 0.0, "saturated": 0.0, "commands": 1000} | changes)


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("speed", 0.25),
        ("sway", 0.05),  # 3, 4, 5
        ("roll", 0.03),
        ("pitch", 0.04),
        ("energy", 30.0),  # 60 J over 2 m
        ("power", 8.0),
        ("drift", 0.2),  # to either side
        ("speed - 0.5*sway", 0.25 - 0.025),
        ("2*speed - 0.01*energy + drift", 0.5 - 0.3 + 0.2),
    ],
)
def test_each_term_by_hand(text, worth):
    assert score(walk(), parse_score(text)) == pytest.approx(worth)


def test_the_usual_score_is_the_speed_to_the_bit():
    assert score(walk(speed_mps=0.1 + 0.2)) == 0.1 + 0.2


weights = st.dictionaries(st.sampled_from(TERMS), st.floats(-10, 10).filter(lambda w: abs(w) > 1e-3), min_size=1)
amounts = st.floats(0, 1e4)


@given(weights, amounts, amounts, amounts, amounts, amounts, st.floats(-1e3, 1e3), st.floats(-0.2, 2))
def test_no_walk_is_worth_less_than_a_fall(weights, speed, roll, pitch, energy, power, drift, way):
    spec = ScoreSpec(**weights)
    numbers = {"speed_mps": speed, "roll_spread": roll, "pitch_spread": pitch, "energy_j": energy, "drift_m": drift}
    numbers["power_w"] = power
    fall = walk(status=Status.FELL, time_s=None, speed_mps=0.0)
    assert score(walk(**numbers, distance_m=way), spec) >= score(fall, spec) - 1e-9


def test_a_fall_is_worth_the_least_whatever_was_measured_until_then():
    spec = parse_score("speed - 0.5*sway - 0.01*energy")
    expected = -0.5 * math.pi / 3 - 0.01 * 500  # tilted by 60 degrees; the most energy that counts
    nan = math.nan
    early = walk(status=Status.FELL, time_s=None, speed_mps=0.0, roll_spread=0.0, pitch_spread=0.0, energy_j=0.1)
    blind = walk(status=Status.FELL, time_s=None, speed_mps=0.0, roll_spread=nan, energy_j=nan, drift_m=nan)
    assert score(early, spec) == score(blind, spec) == pytest.approx(expected)
    # Negative control: by what was measured, the early fall would beat an honest walk.
    assert score(walk(speed_mps=0.05), spec) < -0.01 * 0.1 / 0.4


def test_standing_still_saves_no_energy():
    spec = parse_score("speed - 0.001*energy")
    still = walk(status=Status.TIMEOUT, time_s=None, distance_m=-0.15, speed_mps=0.0, energy_j=5.0)
    assert score(still, spec) == -0.5
    assert score(walk(), spec) == pytest.approx(0.25 - 0.03)


@pytest.mark.parametrize("term", TERMS)
def test_what_was_not_measured_cannot_be_scored_and_that_is_told_in_one_line(term):
    fields = {"speed": "speed_mps", "energy": "energy_j", "power": "power_w", "drift": "drift_m"}
    field = fields.get(term, "pitch_spread")
    field = "roll_spread" if term == "roll" else field
    blind = walk(**{field: math.nan})
    with pytest.raises(InputError, match=f"does not measure {term}; choose a score without it") as caught:
        score(blind, ScoreSpec(**{term: -1.0}))
    assert "\n" not in str(caught.value)
    if term != "speed":
        assert score(blind) == 0.25  # what does not count need not be measured


def test_a_body_that_cannot_measure_a_term_is_refused_before_it_walks():
    everything = Capabilities(simulated=True, position=True, joint_torque=True, contacts=True, camera=True)
    without = {"position": ["drift"], "joint_torque": ["energy", "power"], "tilt": ["sway", "roll", "pitch"]}
    for term in TERMS:
        check_score(ScoreSpec(**{term: 1.0}), everything)
    for lacking, terms in without.items():
        body = dataclasses.replace(everything, **{lacking: False})
        for term in TERMS:
            if term in terms:
                with pytest.raises(InputError, match=f"this body does not measure {term}"):
                    check_score(ScoreSpec(speed=1.0, **{term: -1.0}), body)
            else:
                check_score(ScoreSpec(**{term: -1.0}), body)


def test_every_term_has_a_highest_value():
    assert tuple(CAPS) == TERMS


def test_an_evaluation_tells_the_mean_score_with_its_interval():
    spec = parse_score("speed - drift")
    walks = [walk(speed_mps=0.3), walk(speed_mps=0.5, drift_m=0.1), walk(status=Status.FELL, speed_mps=0.0)]
    told = summarize(walks, spec)
    assert told.score == pytest.approx((0.1 + 0.4 - 1.0) / 3)
    assert told.score_ci95 == pytest.approx(confidence_interval(np.array([0.1, 0.4, -1.0])))
    assert told.speed_mps == pytest.approx(0.8 / 3)
    usual = summarize(walks)
    assert (usual.score, usual.score_ci95) == (usual.speed_mps, usual.speed_ci95_mps)
