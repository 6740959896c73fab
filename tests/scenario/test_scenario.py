"""Scenarios: numbers and distributions, conditions from a seed, and what is refused."""

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.scenario.spec import Normal, ScenarioSpec, Uniform, load_scenario, scenario_names
from gaitopt.spec import parse_spec
from gaitopt.toml import data_folder, format_toml, read_toml

TABLES = read_toml(data_folder("scenarios") / "field.toml")
FIXED = {"friction": 0.6, "servo_strength": 1.0, "start_side_m": 0.0, "start_heading_deg": 90.0}


def scenario(**changes):
    return parse_spec(ScenarioSpec, TABLES | changes, "scenario")


def refused(**changes):
    with pytest.raises(InputError) as caught:
        scenario(**changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def draws(quantity, count=20_000):
    rng = np.random.default_rng(0)
    return np.array([quantity.sample(rng) for _ in range(count)])


class CountingGenerator:
    """Counts how often it is asked for a number."""

    def __init__(self):
        self.asked = 0

    def standard_normal(self):
        self.asked += 1
        return 0.0

    random = standard_normal


def test_every_scenario_that_comes_with_the_package_can_be_loaded():
    assert "field" in scenario_names()
    for name in scenario_names():
        assert load_scenario(name).name == name


def test_the_same_scenario_by_name_and_by_file():
    assert load_scenario(str(data_folder("scenarios") / "field.toml")) == load_scenario("field")


def test_an_unknown_scenario_is_told_the_nearest():
    with pytest.raises(InputError, match="unknown scenario 'feild'; did you mean field"):
        load_scenario("feild")


def test_normal_has_its_mean_and_spread_and_is_cut_at_three_sigma():
    values = draws(Normal(mean=5.0, std=0.5))
    assert values.mean() == pytest.approx(5.0, abs=4 * 0.5 / np.sqrt(len(values)))
    assert values.std() == pytest.approx(0.5, rel=0.03)
    assert values.min() == 3.5  # among 20000, some lie beyond three sigma
    assert values.max() == 6.5
    assert Normal(mean=5.0, std=0.5).low == 3.5


def test_uniform_has_its_mean_and_spread_and_ends():
    values = draws(Uniform(low=2.0, high=4.0))
    assert values.mean() == pytest.approx(3.0, abs=4 * 0.577 / np.sqrt(len(values)))
    assert values.std() == pytest.approx(2 / np.sqrt(12), rel=0.02)
    assert 2.0 <= values.min() < 2.01
    assert 3.99 < values.max() < 4.0


def test_a_plain_number_takes_no_randomness():
    rng = CountingGenerator()
    conditions = scenario(**FIXED).sample(rng)
    assert rng.asked == 0
    assert conditions.friction == 0.6
    assert conditions.start_heading == pytest.approx(np.pi / 2)
    scenario(**FIXED | {"friction": {"low": 0.5, "high": 0.7}}).sample(rng)
    assert rng.asked == 1


def test_a_whole_number_is_a_number():
    assert scenario(friction=1).sample(np.random.default_rng(0)).friction == 1.0


def test_the_same_seed_gives_the_same_conditions(field):
    first, again, other = (field.sample(np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_headings_spread_as_many_degrees_as_written():
    spread = scenario(**FIXED | {"start_heading_deg": {"mean": 0.0, "std": 3.0}})
    rng = np.random.default_rng(0)
    headings = [spread.sample(rng).start_heading for _ in range(4000)]
    assert np.std(headings) == pytest.approx(np.radians(3.0), rel=0.05)


@pytest.mark.parametrize("value", ["abc", True, [1, 2], {}])
def test_what_is_no_quantity_is_told_in_plain_words(value):
    expected = f"scenario: friction: got {value!r}; expected a number or {{ mean, std }} or {{ low, high }}"
    assert refused(friction=value) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"mean": 0.6, "sd": 0.1}, "unknown key 'friction.sd'; did you mean friction.std"),
        ({"mean": 0.6}, "key 'friction.std' is missing"),
        ({"mean": 0.6, "std": -0.1}, "friction.std: got -0.1; expected greater than or equal to 0"),
        ({"mean": "a", "std": 0.1}, "friction.mean: got 'a'; expected a number"),
        ({"low": 2.0, "high": 1.0}, "friction: low 2.0 must not be above high 1.0"),
        (float("nan"), "friction: got nan; expected a finite number"),
        ({"mean": float("inf"), "std": 0.1}, "friction.mean: got inf; expected a finite number"),
        (0.0, "friction: got values down to 0; expected all above 0"),
        (-1, "friction: got values down to -1; expected all above 0"),
        ({"mean": 0.3, "std": 0.1}, "friction: got values down to"),  # three sigma below are 0
        ({"low": -0.1, "high": 1.0}, "friction: got values down to -0.1; expected all above 0"),
    ],
)
def test_a_bad_quantity_is_told_by_its_key(value, text):
    assert refused(friction=value).startswith(f"scenario: {text}")


def test_servos_must_have_strength():
    assert "servo_strength: got values down to 0" in refused(servo_strength=0.0)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("length_m", 0.0, "field.length_m: got 0.0; expected greater than 0"),
        ("time_limit_s", -1.0, "field.time_limit_s: got -1.0; expected greater than"),
        ("time_limit_s", 1e-9, "field.time_limit_s: got 1e-09; expected greater than or equal to 0.1"),
        ("length_m", 2e6, "field.length_m: got 2000000.0; expected less than or equal to 1000"),
        ("run_up_m", -0.1, "field.run_up_m: got -0.1; expected greater than or equal to 0"),
        ("half_width_m", "1", "field.half_width_m: got '1'; expected a number"),
        ("lenght_m", 2.0, "unknown key 'field.lenght_m'; did you mean field.length_m"),
    ],
)
def test_a_bad_field_is_told_by_its_key(key, value, text):
    assert refused(field=TABLES["field"] | {key: value}).startswith(f"scenario: {text}")


def test_a_scenario_is_written_and_read_back(field, tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(format_toml(field.model_dump(mode="json")), encoding="utf-8")
    assert load_scenario(str(path)) == field


def test_what_no_machine_could_bear_is_refused():
    """Pushes without a pause would never all be drawn; a large field of small bumps does not fit into memory."""
    pushes = {"every_s": 1e-12, "impulse_ns": 0.5}
    assert "pushes.every_s: got values down to 1e-12; expected at least 0.01" in refused(pushes=pushes)
    large = TABLES["field"] | {"length_m": 900.0, "half_width_m": 50.0}
    said = refused(field=large, rough={"height_m": 0.02, "cell_m": 0.02})
    assert "rough.cell_m: got 2.3e+08 bumps on this field; expected at most 4,000,000" in said
    hold = TABLES["heading_hold"] | {"limit": 1e308}
    assert "heading_hold.limit: got 1e+308; expected less than or equal to 10" in refused(heading_hold=hold)
