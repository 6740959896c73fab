"""Robots are read from files; what is wrong in one is told by file, key and number."""

import shutil

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.robot.spec import RobotSpec, load_robot, robot_folder, robot_names
from gaitopt.toml import format_toml, read_toml


@pytest.fixture
def folder(tmp_path):
    """A copy of the ERS-7's folder."""
    return shutil.copytree(robot_folder("aibo-ers7"), tmp_path / "robot")


def break_robot(folder, place, value):
    """Put a value, or nothing, at a place of robot.toml and return the error of reading it."""
    path = folder / "robot.toml"
    tables = read_toml(path)
    *above, key = place
    table = tables
    for part in above:
        table = table[part]
    if value is None:
        del table[key]
    else:
        table[key] = value
    path.write_text(format_toml(tables), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_robot(str(path))
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


def test_both_aibos_come_with_the_package():
    assert {"aibo-ers7", "aibo-ers210"} <= set(robot_names())


@pytest.mark.parametrize(("name", "wheelbase"), [("aibo-ers7", 0.130), ("aibo-ers210", 0.119)])
def test_numbers_in_si_units(name, wheelbase):
    robot = load_robot(name)
    assert robot.wheelbase == pytest.approx(wheelbase)
    assert robot.paw_radius == pytest.approx({"aibo-ers7": 0.01172, "aibo-ers210": 0.01396}[name])
    no_load = {"aibo-ers7": [7.47, 7.47, 7.47], "aibo-ers210": [4.67, 4.15, 4.71]}[name]
    np.testing.assert_allclose(robot.joint_speeds, no_load * 4)
    assert robot.joint_limits.shape == (12, 2)
    knee_deg = {"aibo-ers7": [-25, 122], "aibo-ers210": [-27, 147]}[name]
    np.testing.assert_allclose(np.degrees(robot.joint_limits[2]), knee_deg)


def test_the_same_robot_by_name_and_by_file():
    by_file = load_robot(str(robot_folder("aibo-ers7") / "robot.toml"))
    assert by_file == load_robot("aibo-ers7")


def test_an_unknown_robot_is_told_the_nearest():
    with pytest.raises(InputError, match="unknown robot 'aibo-ers'; did you mean aibo-ers7"):
        load_robot("aibo-ers")


def test_specs_cannot_be_changed(robot):
    with pytest.raises(ValueError, match="cannot be changed in place"):
        robot.name = "other"


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        (("legs", "front", "hip_mm"), None, "key 'legs.front.hip_mm' is missing"),
        (("legs", "front", "knee_folds"), "up", "legs.front.knee_folds: got 'up'; expected 'forward' or 'backward'"),
        (("joints", "knee", "limits_deg"), [3, 1], "joints.knee: limits_deg: got [3.0, 1.0]; expected [lower, higher]"),
        (("servo", "stall_torque_nm"), float("inf"), "servo.stall_torque_nm: got inf; expected a finite number"),
        (("servo", "response_s"), 0, "servo.response_s: got 0; expected greater than 0"),
        (("servo", "speed_margin"), 1.5, "unknown key 'servo.speed_margin'; "),
        (
            ("joints", "knee", "no_load_speed_radps"),
            5.0,
            "joints.knee: no_load_speed_radps: got 5; expected at least",
        ),
        (("gait", "length", "low"), 1, "gait.length: low 1.0 must be below high 0.08"),
        (("links", "trunk", "mass_g"), 1, "unknown key 'links.trunk.mass_g'; did you mean links.trunk.mass_kg"),
        (("links", "trunk", "shapes", 0, "colour"), "red", "unknown key 'links.trunk.shapes.0.colour'; did you mean"),
        (("links", "trunk", "shapes", 0, "color"), "rde", "links.trunk: unknown color 'rde'; "),
        (("links", "trunk", "shapes", 0, "size_mm"), [1, 2], "key 'links.trunk.shapes.0.size_mm.2' is missing"),
        (("links", "trunk", "shapes", 0, "collide"), "no", "links.trunk.shapes.0.collide: got 'no'; expected a valid"),
        (("links", "trunk", "shapes"), [], "links.trunk.shapes: got []; expected at least 1 item"),
        (("links", "head"), None, "links.head is missing"),
        (("links", "hed"), {"mass_kg": 1, "shapes": []}, "links.hed.shapes: got []; expected at least 1 item"),
        (("palette", "white"), [0, 0, 255], "palette.white.2: got 255; expected less than or equal to 1"),
        (("legs", "front", "upper_mm"), [0, 0, 0], "legs.front: upper_mm: got [0.0, 0.0, 0.0]; expected a length of"),
        (("legs", "rear", "lower_mm"), [0, 0.5, 0], "legs.rear: lower_mm: got [0.0, 0.5, 0.0]; expected a length of"),
        (("legs", "rear", "hip_mm"), [65, 62.5, 0], "legs: hip_mm: got 65 in front and 65 behind; expected the front"),
        (
            ("physics", "mujoco"),
            {"time_step_s": 0.016, "solver_iterations": 10},
            "physics.mujoco.time_step_s: got 0.016; expected",
        ),
        (("physics", "pybullet", "solver_iterations"), 2000, "physics.pybullet.solver_iterations: got 2000; expec"),
        (("urdf",), "none.urdf", "urdf: no file "),
    ],
)
def test_a_broken_file_is_told_by_its_key(folder, place, value, text):
    assert break_robot(folder, place, value).startswith(text)


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        (("wiring", "driver"), "", "wiring.driver: got ''; expected "),
        (("wiring", "rest_deg", "rear_left_knee"), 400, "wiring.rest_deg.rear_left_knee: got 400; expected "),
        (("wiring", "lowest_voltage_v"), 0, "wiring.lowest_voltage_v: got 0; expected greater than 0"),
    ],
)
def test_a_broken_wiring_is_told_by_its_key(tmp_path, place, value, text):
    folder = shutil.copytree(robot_folder("dynamixel-quadruped"), tmp_path / "robot")
    assert break_robot(folder, place, value).startswith(text)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ({"kind": "box"}, "a box needs size_mm"),
        ({"kind": "sphere"}, "a sphere needs radius_mm"),
        ({"kind": "cylinder", "radius_mm": 1}, "a cylinder needs from_mm"),
        ({"kind": "cylinder", "radius_mm": 1, "from_mm": [0, 0, 0], "to_mm": [0, 0, 0]}, "from_mm and to_mm apart"),
    ],
)
def test_a_shape_needs_its_size(folder, shape, text):
    assert text in break_robot(folder, ("links", "trunk", "shapes", 0), {"color": "white"} | shape)


def test_a_robot_is_written_and_read_back(robot):
    assert RobotSpec.model_validate(robot.model_dump(mode="json")) == robot
