"""Scores as text: the grammar, the way back, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.scenario.objective import SPEED, TERMS, ScoreSpec, parse_score
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.spec import parse_spec
from gaitopt.toml import data_folder, read_toml

TABLES = read_toml(data_folder("scenarios") / "field.toml")


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("speed", {"speed": 1}),
        ("speed - 0.5*sway", {"speed": 1, "sway": -0.5}),
        ("  speed-.5 * sway ", {"speed": 1, "sway": -0.5}),
        ("-drift", {"drift": -1}),
        ("+ speed", {"speed": 1}),
        ("speed*2 - roll*1e-1 - 3.*pitch", {"speed": 2, "roll": -0.1, "pitch": -3}),
        ("2*speed*3", {"speed": 6}),
        ("speed + speed - 0.5*energy - 0.5*energy", {"speed": 2, "energy": -1}),
        ("speed - 0*sway", {"speed": 1}),
    ],
)
def test_the_grammar_by_examples(text, weights):
    assert parse_score(text).weights == weights


@given(st.dictionaries(st.sampled_from(TERMS), st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6), min_size=1))
def test_what_is_written_reads_the_same(weights):
    spec = ScoreSpec(**weights)
    assert parse_score(str(spec)) == spec


@pytest.mark.parametrize("weight", ["1e200", "-1000001", "1e-200", "1e-7"])
def test_weights_whose_squares_would_lose_all_meaning_are_refused(weight):
    with pytest.raises(InputError, match=rf"^score '{weight}\*speed': .*speed: got .*; expected"):
        parse_score(f"{weight}*speed")


def test_the_text_is_plain():
    assert str(parse_score("speed-0.50*sway")) == "speed - 0.5*sway"
    assert str(parse_score("-1*drift+2*speed")) == "2.0*speed - drift"
    assert parse_score("speed") == SPEED
    assert SPEED.is_speed
    assert not parse_score("2*speed").is_speed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("swya", "unknown term 'swya'; did you mean sway?"),
        ("speed - 0.5*wobble", "unknown term 'wobble'"),
        ("speed sway", "'sway' cannot be read"),
        ("speed -", "'-' cannot be read"),
        ("speed - - sway", "'- - sway' cannot be read"),
        ("0.5", "'0.5' cannot be read"),
        ("speed + 1", r"'\+ 1' cannot be read"),
        ("speed / 2", "'/ 2' cannot be read"),
        ("2 speed", "'2 speed' cannot be read"),
        ("speed * sway", r"'\* sway' cannot be read"),
        ("(speed)", r"'\(speed\)' cannot be read"),
        ("nan*speed", "unknown term 'nan'"),
        ("1e999*speed", "speed: got inf; expected a finite number"),
        ("1e999*speed - 1e999*speed", "speed: got nan; expected a finite number"),
        ("speed - speed", "all weights are 0"),
        ("__import__('os').system('true')", "unknown term '__import__'"),
        ("speed; import os", "'; import os' cannot be read"),
        ("speed\n- swy", "unknown term 'swy'"),
    ],
)
def test_what_is_no_score_is_refused_in_one_line(text, said):
    with pytest.raises(InputError, match=said) as caught:
        parse_score(text)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="speedway 0123456789.*+-eE()", max_size=30))
def test_any_text_is_a_score_or_refused(text):
    try:
        spec = parse_score(text)
    except InputError:
        return
    assert all(math.isfinite(weight) for weight in spec.weights.values())


def test_a_scenario_may_say_what_a_walk_is_worth():
    assert parse_spec(ScenarioSpec, TABLES, "scenario").score is None
    told = parse_spec(ScenarioSpec, TABLES | {"score": {"speed": 1.0, "sway": -0.5}}, "scenario").score
    assert told == parse_score("speed - 0.5*sway")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"speed": 1.0, "wobble": 2.0}, r"unknown key 'score.wobble'"),
        ({"speed": math.nan}, r"score.speed: got nan; expected a finite number"),
        ({}, "score: all weights are 0; give at least one of speed, sway"),
        ({"sway": "big"}, r"score.sway: got 'big'"),
        (1.0, "score: got 1.0; expected a table"),
    ],
)
def test_a_scenario_with_a_bad_score_is_refused(table, said):
    with pytest.raises(InputError, match=said) as caught:
        parse_spec(ScenarioSpec, TABLES | {"score": table}, "scenario")
    assert "\n" not in str(caught.value)
