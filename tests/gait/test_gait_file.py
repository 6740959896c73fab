"""Gait files: bit for bit there and back; a broken one is told in one line."""

import re

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, format_gait, gait_names, load_gait, read_gait, save_gait
from gaitopt.gait.space import GaitSpace
from gaitopt.robot.spec import load_robot, robot_folder
from gaitopt.toml import format_toml, read_toml


def hand_tuned(robot):
    return robot_folder(robot.name) / "gaits" / "hand-tuned.toml"


@pytest.mark.parametrize("seed", range(20))
def test_there_and_back_bit_for_bit(robot, tmp_path, seed):
    space = GaitSpace(robot)
    parameters = space.from_cube(np.random.default_rng(seed).random(len(space.active)))
    origin = {"run": "2026", "speed_mps": 0.1 + 0.2, "speed_ci95_mps": [1 / 3, 2 / 3], "seed": 2**62}
    save_gait(Gait(robot.name, parameters, origin), tmp_path / "gait.toml")
    back = load_gait(str(tmp_path / "gait.toml"), robot)
    assert back == Gait(robot.name, parameters, origin)


def test_every_gait_that_comes_with_a_robot_can_be_loaded(robot):
    names = gait_names(robot)
    assert "hand-tuned" in names
    for name in names:
        gait = load_gait(name, robot)
        assert gait.robot == robot.name
        assert gait.origin


def test_units_stand_in_the_keys(robot):
    text, by_hand = format_gait(load_gait("hand-tuned", robot)), hand_tuned(robot).read_text(encoding="utf-8")
    for key in ("front_height_m", "skew", "cycle_time_s", "duty_factor"):
        (number,) = re.findall(rf"^{key} = ([\d.]+)$", by_hand, re.MULTILINE)
        assert f"\n{key} = {float(number)}\n" in text


def test_an_unknown_gait_is_told_the_nearest(robot):
    with pytest.raises(InputError, match=f"unknown gait of {robot.name} 'hand-tunned'; did you mean hand-tuned"):
        load_gait("hand-tunned", robot)


def test_a_file_that_is_not_there_is_told():
    with pytest.raises(InputError, match=r"^nowhere.toml: cannot be read: No such file or directory$"):
        read_gait("nowhere.toml")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"front_height_m": None, "front_height_mm": 20.0}, "unknown key 'parameters.front_height_mm'; did you mean "),
        ({"front_height_mm": 20.0}, "parameters.front_height_m or "),
        ({"length_m": None}, "key 'parameters.length_m' is missing"),
        ({"length_m": float("nan")}, "parameters.length_m: got nan; expected a finite number"),
        ({"length_m": float("inf")}, "parameters.length_m: got inf; expected a finite number"),
        ({"length_m": "0.04"}, "parameters.length_m: got '0.04'; expected a number"),
        ({"length_m": True}, "parameters.length_m: got True; expected a number"),
        ({"length_m": 40.0}, "gait parameter length: got 40 m; expected 0.01 to 0.08 m on aibo-ers7"),
        ({"duty_factor": 1.0}, "gait parameter duty_factor: got 1; expected 0.3 to 0.8 on aibo-ers7"),
    ],
)
def test_a_broken_parameter_is_told(tmp_path, change, text):
    robot = load_robot("aibo-ers7")
    tables = read_toml(hand_tuned(robot))
    parameters = {k: v for k, v in (tables["parameters"] | change).items() if v is not None}
    check_refused(tmp_path, robot, tables | {"parameters": parameters}, text)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"robot": "aibo-ers210"}, "is a gait of aibo-ers210; expected one of aibo-ers7"),
        ({"schema_version": 2}, "schema_version: got 2; expected 1"),
        ({"parameter": {}}, "unknown key 'parameter'; did you mean parameters"),
        ({"parameters": None}, "key 'parameters' is missing"),
        ({"robot": None}, "key 'robot' is missing"),
    ],
)
def test_a_broken_table_is_told(tmp_path, change, text):
    robot = load_robot("aibo-ers7")
    check_refused(tmp_path, robot, read_toml(hand_tuned(robot)) | change, text)


def check_refused(tmp_path, robot, tables, text):
    path = tmp_path / "broken.toml"
    path.write_text(format_toml(tables), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_gait(str(path), robot)
    told = str(caught.value)
    assert told.startswith(f"{path}: ")
    assert text in told
    assert "\n" not in told
