"""A gait and its neighbors, against the tables of the neighbors themselves."""

from dataclasses import replace

import numpy as np
import pytest

from gaitopt.gait.cycle import cycles
from gaitopt.gait.space import GaitSpace
from gaitopt.gait.variation import FRAMES, GaitVariation

REACH, TURN = 0.2, 0.6
PHASES = np.arange(FRAMES) / FRAMES


@pytest.fixture(scope="module")
def variation(robot, hand_tuned):
    return GaitVariation(hand_tuned, robot, REACH, TURN)


def offsets(variation, **values):
    return np.array([float(values.get(name, 0.0)) for name in variation.names])


def neighbor(robot, gait, reach=REACH, **parts):
    """Return the gait whose parameters are so many reaches away, at most to the end of the range."""
    changed = {}
    for name, part in parts.items():
        low, high = robot.gait[name].low, robot.gait[name].high
        changed[name] = min(high, max(low, getattr(gait, name) + part * reach * (high - low)))
    return replace(gait, **changed)


def table(robot, gait, turn=0.0):
    """Return the exact joint angles of one cycle, (FRAMES, joints)."""
    return cycles(gait, robot, gait.cycle_time / FRAMES, (turn,))[0].angles


def test_without_offsets_it_is_the_gait(robot, hand_tuned, variation):
    np.testing.assert_array_equal(variation.angles(PHASES, offsets(variation)), table(robot, hand_tuned))
    assert variation.cycle_time(offsets(variation)) == hand_tuned.cycle_time
    assert variation.names == GaitSpace(robot).active


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_at_the_end_of_its_reach_it_is_the_neighbor(robot, hand_tuned, variation, side):
    for name in variation.names:
        if name in ("skew", "cycle_time"):
            continue
        exact = table(robot, neighbor(robot, hand_tuned, **{name: side}))
        blended = variation.angles(PHASES, offsets(variation, **{name: side}))
        np.testing.assert_allclose(blended, exact, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_turn_is_the_gait_turned(robot, hand_tuned, variation, side):
    exact = table(robot, hand_tuned, turn=side * TURN)
    assert np.abs(exact - table(robot, hand_tuned)).max() > 0.01
    np.testing.assert_allclose(variation.angles(PHASES, offsets(variation), side), exact, atol=1e-12)
    if "skew" in variation.names:
        np.testing.assert_allclose(variation.angles(PHASES, offsets(variation, skew=side)), exact, atol=1e-12)
    np.testing.assert_array_equal(
        variation.angles(PHASES, offsets(variation), 5 * side), variation.angles(PHASES, offsets(variation), side)
    )


def blend_error(robot, gait, reach, parts):
    made = GaitVariation(gait, robot, reach, TURN)
    exact = table(robot, neighbor(robot, gait, reach, **parts))
    return np.abs(made.angles(PHASES, offsets(made, **parts)) - exact).max()


def easy(robot, gait):
    """Return a slow gait of small steps: where feet are out of reach, or servos hold back, angles have kinks."""
    parts = {"front_height": 0.3, "rear_height": 0.3, "length": 0.4, "front_fore": 0.25, "rear_fore": 0.25}
    parts |= {"body_height_front": 1.25, "body_height_rear": 0.95}
    values = {name: part * getattr(gait, name) for name, part in parts.items()}
    inside = {name: 0.95 * robot.gait[name].low + 0.05 * robot.gait[name].high for name in values}
    return replace(gait, **{name: max(values[name], inside[name]) for name in values}, cycle_time=3.0)


def test_a_blend_is_right_to_first_order(robot, hand_tuned):
    """Half the way, a quarter of the error. Negative control: without any blend, half the error."""
    parts = {"front_height": 0.5, "length": -0.8, "body_height_rear": 0.6, "rear_fore": 0.7}
    gait = easy(robot, hand_tuned)
    made = GaitVariation(gait, robot, 0.04, TURN)
    assert made.unreachable == made.saturated == 0
    errors = [blend_error(robot, gait, reach, parts) for reach in (0.04, 0.02)]
    assert errors[0] > 1e-4
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.2)
    plain = table(robot, gait)
    missed = [np.abs(plain - table(robot, neighbor(robot, gait, reach, **parts))).max() for reach in (0.04, 0.02)]
    assert missed[0] / missed[1] == pytest.approx(2.0, rel=0.1)
    assert missed[0] > 5 * errors[0]


def test_the_cycle_time_goes_to_the_ends_of_its_reach_and_changes_no_table(robot, hand_tuned, variation):
    for part in (-1.0, -0.25, 0.5, 1.0):
        off = offsets(variation, cycle_time=part)
        end = neighbor(robot, hand_tuned, cycle_time=np.sign(part)).cycle_time
        expected = hand_tuned.cycle_time + abs(part) * (end - hand_tuned.cycle_time)
        assert variation.cycle_time(off) == pytest.approx(expected)
        np.testing.assert_array_equal(variation.angles(PHASES, off), table(robot, hand_tuned))


def test_phases_go_round(variation):
    off = offsets(variation, length=0.5)
    np.testing.assert_array_equal(variation.angles(PHASES + 3.0, off), variation.angles(PHASES, off))


def test_a_reach_ends_where_the_range_does(robot, hand_tuned):
    highest = replace(hand_tuned, cycle_time=robot.gait["cycle_time"].high)
    made = GaitVariation(highest, robot, REACH, TURN)
    assert made.cycle_time(offsets(made, cycle_time=1.0)) == highest.cycle_time
