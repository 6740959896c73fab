"""Uneven ground: a function of numbers and a seed."""

import numpy as np
import pytest

from gaitopt.scenario.spec import Payload, Pushes, Rough, load_scenario
from gaitopt.scenario.terrain import RAMP, make_terrain


@pytest.fixture(scope="module")
def rough():
    return load_scenario("rough")


def with_rough(scenario, **changes):
    return scenario.model_copy(update={"rough": scenario.rough.model_copy(update=changes)})


def test_a_flat_field_has_no_terrain():
    assert make_terrain(load_scenario("field")) is None


def test_the_same_seed_is_the_same_ground_and_another_is_not(rough):
    first, again, other = (make_terrain(with_rough(rough, seed=seed)).heights for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1 * rough.rough.height_m


def test_it_is_as_rough_as_asked_for(rough):
    heights = make_terrain(rough).heights
    assert np.ptp(heights) == pytest.approx(rough.rough.height_m, rel=0.1)  # the highest point may lie on the ramp
    assert np.ptp(make_terrain(with_rough(rough, height_m=rough.rough.height_m / 2)).heights) == pytest.approx(
        np.ptp(heights) / 2
    )


def test_the_robot_stands_on_flat_ground_before_the_start_line(rough):
    terrain = make_terrain(rough)
    x = terrain.corner[0] + terrain.cell * np.arange(len(terrain.heights))
    assert (terrain.heights[x <= 0] == 0).all()
    assert np.abs(terrain.heights[x > RAMP]).max() > 0.02


def test_it_reaches_beyond_the_field(rough):
    terrain, field = make_terrain(rough), rough.field
    ends = [start + terrain.cell * (n - 1) for start, n in zip(terrain.corner, terrain.heights.shape, strict=True)]
    assert terrain.corner[0] < -field.run_up_m
    assert ends[0] > field.length_m + 0.5
    assert terrain.corner[1] < -field.half_width_m
    assert ends[1] > field.half_width_m
    assert terrain.height_at(*terrain.corner) == 0.0


def test_neighbors_are_alike_and_bumps_are_not(rough):
    """The smallest bumps span a few cells: what lies next to each other differs by much less than far apart."""
    heights = make_terrain(rough).heights[40:]
    near, far = (np.abs(heights[k:] - heights[:-k]).mean() for k in (1, 12))
    assert near < far / 2


def test_pushes_come_in_time_from_all_sides_with_their_impulse():
    scenario = load_scenario("pushes")
    draws = [scenario.sample(np.random.default_rng(seed)).pushes for seed in range(200)]
    low, high = scenario.pushes.every_s.low, scenario.pushes.every_s.high
    for pushes in draws:
        gaps = np.diff([0.0, *(push.start for push in pushes)])
        assert ((gaps >= low) & (gaps <= high)).all()
        assert pushes[-1].start < scenario.field.time_limit_s
    every = [push for pushes in draws for push in pushes]
    impulses = np.array([np.hypot(*push.force) * (push.end - push.start) for push in every])
    assert scenario.pushes.impulse_ns.low <= impulses.min() <= impulses.max() <= scenario.pushes.impulse_ns.high
    sides = np.array([np.arctan2(*push.force[::-1]) for push in every])
    assert abs(np.exp(1j * sides).mean()) < 0.05  # no side is favored


def test_what_is_new_in_a_scenario_leaves_the_old_draws_alone():
    """A run that was begun before there were slopes and pushes must draw what it drew."""
    field, pushed = load_scenario("field"), load_scenario("pushes")
    before, after = (scenario.sample(np.random.default_rng(5)) for scenario in (field, pushed))
    assert (before.friction, before.servo_strength) == (after.friction, after.servo_strength)
    assert (before.start_side, before.start_heading) == (after.start_side, after.start_heading)
    assert (before.slope, before.payload, before.pushes) == (0.0, 0.0, ())


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (Rough, {"height_m": 0.0, "cell_m": 0.05}, "height_m"),
        (Rough, {"height_m": 0.02, "cell_m": 0.001}, "cell_m"),
        (Pushes, {"every_s": 1.0, "impulse_ns": 1.0, "lasts_s": 0.0}, "lasts_s"),
        (Payload, {"mass_kg": 0.2, "at_mm": [0.0, 0.0]}, "at_mm"),
    ],
)
def test_what_cannot_be_is_refused(kind, values, words):
    with pytest.raises(ValueError, match=words):
        kind(**values)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("pushes", {"pushes": {"every_s": {"low": 0.0, "high": 1.0}, "impulse_ns": 1.0}}, r"pushes.every_s"),
        ("payload", {"payload": {"mass_kg": {"mean": 0.1, "std": 0.1}, "at_mm": [0, 0, 0]}}, r"payload.mass_kg"),
    ],
)
def test_a_push_at_every_instant_and_a_load_below_nothing_are_refused(name, change, words):
    scenario = load_scenario(name)
    with pytest.raises(ValueError, match=words):
        type(scenario).model_validate(scenario.model_dump() | change)
