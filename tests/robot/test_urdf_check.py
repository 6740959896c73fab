"""URDFs of somebody else's making: taken as they are, if they are of the body that the numbers tell of."""

import contextlib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from urdf_chain import inertial

from gaitopt.errors import InputError
from gaitopt.robot.urdf import MADE, build_urdf, urdf_text
from gaitopt.robot.urdf_check import check_urdf


def test_a_file_without_a_joint_is_refused(robot, tmp_path):
    root = ET.parse(robot.urdf).getroot()
    joint = next(joint for joint in root if joint.get("name") == "rear_left_knee")
    joint.set("name", "left_knee")
    path = tmp_path / "robot.urdf"
    path.write_text(ET.tostring(root, encoding="unicode"))
    with pytest.raises(InputError, match=r"robot.urdf: has no revolute joint 'rear_left_knee'"):
        check_urdf(robot.model_copy(update={"urdf": str(path)}))


def test_a_broken_file_is_refused(robot, tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text("<robot><link></robot>")
    with pytest.raises(InputError, match=r"robot.urdf: is not a readable URDF"):
        check_urdf(robot.model_copy(update={"urdf": str(path)}))


def own(robot, tmp_path, change=lambda text: text):
    """Return the robot with a URDF of its own making."""
    path = tmp_path / "robot.urdf"
    path.write_text(change(MADE.sub("", build_urdf(robot))), encoding="utf-8")
    return robot.model_copy(update={"urdf": str(path)})


def scaled(robot, factor):
    """Return the robot with a trunk so many times as heavy."""
    trunk = robot.links["trunk"]
    heavy = trunk.model_copy(update={"mass_kg": trunk.mass_kg * factor})
    return robot.model_copy(update={"links": robot.links | {"trunk": heavy}})


def test_a_robot_of_other_numbers_has_another_urdf_at_once(robot):
    heavy = scaled(robot, 2.0)
    assert urdf_text(robot) == Path(robot.urdf).read_text(encoding="utf-8")
    assert inertial(ET.fromstring(urdf_text(heavy)).find("link"))[0] == pytest.approx(2 * robot.links["trunk"].mass_kg)


def test_a_urdf_that_was_changed_since_it_was_made_is_somebodys_own(robot, tmp_path):
    path = tmp_path / "robot.urdf"
    heavy = scaled(robot, 1.005)  # within what a URDF of another making may differ
    for change, is_own in (
        (lambda text: text, False),
        (lambda text: text.replace("</robot>", "<!-- mine --></robot>"), True),
    ):
        path.write_text(change(build_urdf(robot)), encoding="utf-8")
        there = urdf_text(heavy.model_copy(update={"urdf": str(path)}))
        assert there == (path.read_text(encoding="utf-8") if is_own else build_urdf(heavy))


def test_a_urdf_of_somebody_elses_making_is_taken_as_it_is(robot, tmp_path):
    mine = own(robot, tmp_path, lambda text: text.replace("</robot>", "<!-- mine --></robot>"))
    check_urdf(mine)
    assert urdf_text(mine) == Path(mine.urdf).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda robot: scaled(robot, 2.0), r"has a mass of .* kg; expected .*, as in robot.toml; correct one of them"),
        (
            lambda robot: robot.model_copy(update={"legs": longer(robot.legs)}),
            r"front_left_lower_link starts at \[.*\] mm; expected \[.*\], as in robot.toml; correct",
        ),
    ],
)
def test_a_urdf_of_another_body_than_the_numbers_is_refused(robot, tmp_path, change, words):
    check_urdf(own(robot, tmp_path))
    with pytest.raises(InputError, match=rf"robot.urdf: {words}.*python -m gaitopt.robot.urdf"):
        check_urdf(change(own(robot, tmp_path)))


def longer(legs):
    x, y, z = legs.front.upper_mm
    return legs.model_copy(update={"front": legs.front.model_copy(update={"upper_mm": (x, y, z - 2)})})


def test_a_urdf_without_a_paw_is_refused(robot, tmp_path):
    mine = own(robot, tmp_path, lambda text: text.replace("rear_right_paw_link", "foot"))
    with pytest.raises(InputError, match=r"has no link 'rear_right_paw_link' connected to the trunk"):
        check_urdf(mine)


def test_a_leg_that_is_turned_is_another_leg(robot, tmp_path):
    """Origins count with their rotations; the head's does not matter, no leg hangs on it."""
    for name, words in (("neck", None), ("front_left_rotator", "front_left_rotator_link rotates about")):
        mine = own(robot, tmp_path)
        root = ET.parse(mine.urdf).getroot()
        joint = next(joint for joint in root if joint.get("name") == name)
        joint.find("origin").set("rpy", "0.2 0 0")
        Path(mine.urdf).write_text(ET.tostring(root, encoding="unicode"), encoding="utf-8")
        with pytest.raises(InputError, match=words) if words else contextlib.nullcontext():
            check_urdf(mine)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace('axis xyz="0 -1 0"', 'axis xyz="0 1 0"', 1), "front_left_rotator_link rotates about"),
        (lambda t: t.replace("mass value=", 'mass value="x" was=', 1), "is not a readable URDF"),
        (lambda t: t.replace('<axis xyz="0 -1 0"', '<axis xyz="0 -1"', 1), "is not a readable URDF"),
        (lambda t: t.replace('parent link="trunk"', 'parent link="front_left_paw_link"'), "is not a readable URDF"),
    ],
)
def test_what_no_robot_has_is_refused(robot, tmp_path, change, words):
    """An axis the other way round, masses and axes that are no numbers, legs in a ring."""
    assert change(build_urdf(robot)) != build_urdf(robot)
    mine = own(robot, tmp_path, change)
    with pytest.raises(InputError, match=rf"robot.urdf: {words}"):
        check_urdf(mine)


def test_meshes_are_found_from_elsewhere(robot, tmp_path):
    mesh = '<visual><geometry><mesh filename="meshes/trunk.obj" scale="1 1 1"/></geometry></visual>'
    mine = own(robot, tmp_path, lambda text: text.replace("</link>", mesh + "</link>", 1))
    assert f'filename="{tmp_path.resolve() / "meshes/trunk.obj"}" scale' in urdf_text(mine)
