"""The twelve parameters: finite, in bounds, and one to one with the unit cube."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.gait.parameters import PARAMETER_NAMES, UNITS, GaitParameters, GaitSpace
from gaitopt.robot.spec import load_robot, robot_names

SPACES = [GaitSpace(load_robot(name)) for name in robot_names()]
vectors = st.lists(st.floats(0, 1), min_size=12, max_size=12).map(np.array)


def middle(space):
    return space.from_cube(np.full(12, 0.5)).to_vector()


def test_there_are_twelve_and_each_has_a_unit():
    assert len(PARAMETER_NAMES) == 12
    assert set(UNITS) == set(PARAMETER_NAMES)


@pytest.mark.parametrize("name", PARAMETER_NAMES)
def test_a_number_that_is_not_finite_is_refused_by_name(name):
    for value in (float("nan"), float("inf"), float("-inf")):
        check_not_finite(name, value)


def check_not_finite(name, value):
    values = dict.fromkeys(PARAMETER_NAMES, 0.5) | {name: value}
    with pytest.raises(InputError, match=f"gait parameter {name}: got {value}; expected a finite number"):
        GaitParameters(**values)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("outward", [-1, 1])
def test_a_number_out_of_bounds_is_refused_by_name(space, outward):
    for index in range(12):
        check_bound(space, index, outward)


def check_bound(space, index, outward):
    bound = space.low[index] if outward < 0 else space.high[index]
    vector = middle(space)
    vector[index] = bound
    space.check(GaitParameters.from_vector(vector))  # the bound itself is allowed
    vector[index] += outward * 1e-3
    with pytest.raises(InputError, match=f"gait parameter {PARAMETER_NAMES[index]}: got .*; expected .* to .*"):
        space.check(GaitParameters.from_vector(vector))


@pytest.mark.parametrize("space", SPACES)
@given(point=vectors)
def test_a_point_of_the_cube_is_a_gait_in_bounds_and_comes_back(space, point):
    gait = space.from_cube(point)
    space.check(gait)
    np.testing.assert_allclose(space.to_cube(gait), point, atol=1e-12)


@pytest.mark.parametrize("space", SPACES)
def test_the_cube_is_the_ranges(space):
    np.testing.assert_array_equal(space.from_cube(np.zeros(12)).to_vector(), space.low)
    np.testing.assert_array_equal(space.from_cube(np.ones(12)).to_vector(), space.high)
    np.testing.assert_allclose(middle(space), (space.low + space.high) / 2)


@pytest.mark.parametrize("space", SPACES)
def test_points_outside_the_cube_are_cut(space):
    np.testing.assert_array_equal(space.from_cube(np.full(12, 7.0)).to_vector(), space.high)
    below = GaitParameters.from_vector(space.low - 1.0)
    np.testing.assert_array_equal(space.to_cube(below), np.zeros(12))


@pytest.mark.parametrize("space", SPACES)
def test_a_perturbation_in_the_cube_is_one_in_si_units(space):
    start = np.full(12, 0.5)
    step = space.from_cube(start + space.epsilon_in_cube).to_vector() - space.from_cube(start).to_vector()
    np.testing.assert_allclose(step, space.epsilon)


def test_a_vector_comes_back_bit_for_bit():
    vector = np.random.default_rng(0).random(12)
    np.testing.assert_array_equal(GaitParameters.from_vector(vector).to_vector(), vector)


def test_a_robot_without_a_range_is_refused(robot):
    ranges = {name: value for name, value in robot.gait.items() if name != "skew"}
    with pytest.raises(InputError, match=r"gait.skew is missing"):
        GaitSpace(robot.model_copy(update={"gait": ranges}))


def test_a_robot_with_a_range_too_many_is_refused(robot):
    with pytest.raises(InputError, match="unknown gait parameter 'skiw'; did you mean skew"):
        GaitSpace(robot.model_copy(update={"gait": robot.gait | {"skiw": robot.gait["skew"]}}))
