"""The twelve parameters: finite, in bounds, and those that legs can follow one to one with the unit cube."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.gait.parameters import PARAMETER_NAMES, UNITS, GaitParameters, check_ranges
from gaitopt.gait.space import GaitSpace
from gaitopt.robot.spec import load_robot, robot_names

SPACES = [GaitSpace(load_robot(name)) for name in robot_names()]
vectors = st.lists(st.floats(0, 1), min_size=12, max_size=12).map(np.array)


def full(space, value):
    """Return the point of the cube with this value everywhere."""
    return np.full(len(space.active), value)


def active(space, gait):
    """Return the gait's parameters that the legs can follow; the others are 0."""
    values = dict(zip(PARAMETER_NAMES, gait.to_vector(), strict=True))
    assert all(values[name] == 0 for name in space.inactive)
    return np.array([values[name] for name in space.active])


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


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.robot.name)
@pytest.mark.parametrize("outward", [-1, 1])
def test_a_number_out_of_bounds_is_refused_by_name(space, outward):
    assert {*space.active, *space.inactive} == set(PARAMETER_NAMES)
    for name, low, high in zip(space.active, space.low, space.high, strict=True):
        check_bound(space, name, low if outward < 0 else high, outward)


def check_bound(space, name, bound, outward):
    middle = space.from_cube(full(space, 0.5))
    check_ranges(dataclasses.replace(middle, **{name: bound}), space.robot)  # the bound itself is allowed
    with pytest.raises(InputError, match=f"gait parameter {name}: got .*; expected .* to .*"):
        check_ranges(dataclasses.replace(middle, **{name: bound + outward * 1e-3}), space.robot)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.robot.name)
@given(point=vectors)
def test_a_point_of_the_cube_is_a_gait_in_bounds_and_comes_back(space, point):
    point = point[: len(space.active)]
    gait = space.from_cube(point)
    check_ranges(gait, space.robot)
    np.testing.assert_allclose(space.to_cube(gait), point, atol=1e-12)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.robot.name)
def test_the_cube_is_the_ranges(space):
    np.testing.assert_array_equal(active(space, space.from_cube(full(space, 0.0))), space.low)
    np.testing.assert_array_equal(active(space, space.from_cube(full(space, 1.0))), space.high)
    np.testing.assert_allclose(active(space, space.from_cube(full(space, 0.5))), (space.low + space.high) / 2)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.robot.name)
def test_points_outside_the_cube_are_cut(space):
    np.testing.assert_array_equal(active(space, space.from_cube(full(space, 7.0))), space.high)
    below = GaitParameters(
        **dict.fromkeys(PARAMETER_NAMES, 0.0) | dict(zip(space.active, space.low - 1.0, strict=True))
    )
    np.testing.assert_array_equal(space.to_cube(below), full(space, 0.0))


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.robot.name)
def test_a_perturbation_in_the_cube_is_one_in_si_units(space):
    start = full(space, 0.5)
    there, back = space.from_cube(start + space.epsilon_in_cube), space.from_cube(start)
    np.testing.assert_allclose(active(space, there) - active(space, back), space.epsilon)


def test_a_space_is_made_from_a_name_and_maps_gaits_as_loaded_too():
    space = GaitSpace("petoi-bittle")
    gait = load_gait("hand-tuned", space.robot)
    np.testing.assert_array_equal(space.to_cube(gait), space.to_cube(gait.parameters))
    assert space.from_cube(space.to_cube(gait).tolist()) == space.from_cube(space.to_cube(gait))


@pytest.mark.parametrize("shape", [(12,), (1, 9), ()])
def test_a_point_of_another_shape_is_refused(shape):
    with pytest.raises(InputError, match=rf"petoi-bittle: got shape {re.escape(str(shape))}; expected \(9,\): front_h"):
        GaitSpace("petoi-bittle").from_cube(np.full(shape, 0.5))


def test_a_vector_comes_back_bit_for_bit():
    vector = np.random.default_rng(0).random(12)
    np.testing.assert_array_equal(GaitParameters.from_vector(vector).to_vector(), vector)


def test_a_robot_without_a_range_is_refused(robot):
    for missing in GaitSpace(robot).active:
        check_range_needed(robot, missing)


def check_range_needed(robot, missing):
    ranges = {name: value for name, value in robot.gait.items() if name != missing}
    with pytest.raises(InputError, match=rf"gait.{missing} is missing"):
        GaitSpace(robot.model_copy(update={"gait": ranges}))


def test_a_robot_with_a_range_too_many_is_refused(robot):
    with pytest.raises(InputError, match="unknown gait parameter 'skiw'; did you mean skew"):
        GaitSpace(robot.model_copy(update={"gait": robot.gait | {"skiw": robot.gait["length"]}}))
