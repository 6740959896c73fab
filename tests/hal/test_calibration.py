"""Robots whose servos are off by known amounts, and their calibration."""

import numpy as np
import pytest
from memory_link import MemoryLink
from serial_rigs import ROBOTS, make_firmware

from gaitopt.errors import BodyError, InputError
from gaitopt.hal.calibration import load_calibration, new_calibration, save_calibration
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.real.connection import make_driver
from gaitopt.hal.real.zero_offsets import Nudger, edited, measured_offsets, offsets_of, reference_pose
from gaitopt.hal.wiring import servo_map
from gaitopt.robot.spec import load_robot

QUADRUPED, BITTLE = load_robot("dynamixel-quadruped"), load_robot("petoi-bittle")
SKEW = {"front_left_knee": 37.0, "rear_right_rotator": -52.0, "front_right_elevator": 18.0}
"""By so many ticks, the horns of these joints sit off."""


def test_a_file_comes_back_as_it_was_written(tmp_path):
    known = edited(new_calibration("rex", QUADRUPED), QUADRUPED, SKEW, ["rear_left_knee"])
    path = save_calibration(known, tmp_path / "robots")
    assert path == tmp_path / "robots" / "rex.toml"
    assert load_calibration("rex", tmp_path / "robots") == known


@pytest.mark.parametrize("name", ["", "two words", "../rex", "a/b", ".rex", "x" * 61])
def test_names_that_cannot_be_files(name, tmp_path):
    with pytest.raises(InputError, match="id: got"):
        new_calibration(name, QUADRUPED)
    with pytest.raises(InputError, match="is not calibrated"):
        load_calibration(name, tmp_path)


def test_a_robot_that_was_never_calibrated(tmp_path):
    save_calibration(new_calibration("rex", QUADRUPED), tmp_path)
    with pytest.raises(InputError, match=r"robot 'max' is not calibrated \(known: rex\); calibrate it with: gaitopt"):
        load_calibration("max", tmp_path)


def test_a_file_that_is_broken(tmp_path):
    path = save_calibration(edited(new_calibration("rex", QUADRUPED), QUADRUPED, SKEW, ()), tmp_path)
    text = path.read_text()
    for old, new, said in [
        ("offset = 37.0", "offset = nan", "offset: got nan"),
        ("sign = 1", "sign = 2", "sign: got 2"),
        ("schema_version = 1", "schema_version = 2", "schema_version"),
        ("offset = 37.0", "ofset = 37.0", "did you mean"),
    ]:
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=said):
            load_calibration("rex", tmp_path)


def test_a_calibration_is_of_one_make_and_of_its_joints():
    known = new_calibration("rex", QUADRUPED)
    with pytest.raises(InputError, match="'rex' is for a dynamixel-quadruped; got a petoi-bittle: choose another --id"):
        known.apply(BITTLE)
    with pytest.raises(InputError, match="unknown joint of petoi-bittle 'front_left_elevator'"):
        edited(new_calibration("bit", BITTLE), BITTLE, {"front_left_elevator": 1.0}, ())


def test_what_is_applied():
    known = edited(new_calibration("rex", QUADRUPED), QUADRUPED, {"front_left_knee": 10.0}, ["rear_left_knee"])
    before, after = QUADRUPED.wiring.servos, known.apply(QUADRUPED).wiring.servos
    assert after["front_left_knee"].zero == before["front_left_knee"].zero + 10
    assert after["rear_left_knee"].sign == -before["rear_left_knee"].sign
    others = set(before) - {"front_left_knee", "rear_left_knee"}
    assert all(after[name] == before[name] for name in others)


def test_edits_add_up_and_two_flips_are_none():
    once = edited(new_calibration("rex", QUADRUPED), QUADRUPED, {"front_left_knee": 10.0}, ["rear_left_knee"])
    twice = edited(once, QUADRUPED, {"front_left_knee": -4.5}, ["rear_left_knee"])
    assert (twice.joints["front_left_knee"].offset, twice.joints["rear_left_knee"].sign) == (5.5, 1)


def body_on(robot, firmware, start=0.0):
    def connect():
        link = MemoryLink(firmware, start=start)
        return make_driver(robot, link), link

    return RealBody(robot, connect, threaded=False)


def skewed_positions(angles, skew):
    """Return where the servos are [ticks] when the legs stand at `angles` [rad]: a horn off by n ticks reads n more."""
    wiring = QUADRUPED.wiring
    return {
        wiring.servos[name].id: (
            wiring.servos[name].zero + wiring.servos[name].sign * angle * 4096 / (2 * np.pi) + skew.get(name, 0.0)
        )
        for name, angle in zip(QUADRUPED.joint_names, angles, strict=True)
    }


def test_offsets_are_measured_in_the_reference_pose_and_correct_the_stand():
    firmware, plant = make_firmware("dynamixel")
    plant.positions.update(skewed_positions(reference_pose(QUADRUPED), SKEW))
    with body_on(QUADRUPED, firmware) as body:
        offsets = measured_offsets(body)
    for name in QUADRUPED.joint_names:
        assert offsets[name] == pytest.approx(SKEW.get(name, 0.0), abs=1.0)
    known = edited(new_calibration("rex", QUADRUPED), QUADRUPED, offsets, ())
    pose = np.radians([{"rotator": 20.0, "elevator": 10.0, "knee": 60.0}[n.split("_")[-1]] for n in offsets])
    expected = skewed_positions(pose, SKEW)
    for robot, off in ((known.apply(QUADRUPED), 0.0), (QUADRUPED, max(map(abs, SKEW.values())))):  # the other way: off
        with body_on(robot, firmware, start=plant.now) as body:
            body.activate(pose, 0.5)
            wrong = max(abs(plant.positions[servo] - expected[servo]) for servo in expected)
        assert wrong == pytest.approx(off, abs=1.5)


def test_a_joint_that_turns_the_wrong_way_is_flipped_and_measured():
    """A servo mounted the other way around counts down where others count up."""
    flipped = "rear_left_knee"
    port = QUADRUPED.wiring.servos[flipped]
    angles = reference_pose(QUADRUPED)
    firmware, plant = make_firmware("dynamixel")
    plant.positions.update(skewed_positions(angles, {}))
    ticks = 30 - port.sign * angles[QUADRUPED.joint_names.index(flipped)] * 4096 / (2 * np.pi)
    plant.positions[port.id] = port.zero + ticks
    known = edited(new_calibration("rex", QUADRUPED), QUADRUPED, {}, [flipped])
    with body_on(known.apply(QUADRUPED), firmware) as body:
        offsets = measured_offsets(body)
    assert offsets[flipped] == pytest.approx(30, abs=1.0)
    assert all(abs(offset) < 1.0 for name, offset in offsets.items() if name != flipped)


@pytest.mark.parametrize("kind", ROBOTS)
def test_by_keys_a_joint_is_turned_until_the_leg_stands_right(kind):
    robot = load_robot(ROBOTS[kind])
    firmware, plant = make_firmware(kind)
    with body_on(robot, firmware) as body:
        nudger = Nudger(body)
        assert nudger.nudge("front_left_knee", 5.0) == pytest.approx(5.0)
        assert nudger.nudge("front_left_knee", -1.0) == pytest.approx(4.0)
        assert nudger.nudge("rear_right_rotator", -2.0) == pytest.approx(-2.0)
        found = nudger.offsets()
        assert plant.powered
    assert not plant.powered
    scale = dict(zip(robot.joint_names, np.radians(servo_map(robot).units_per_radian), strict=True))
    assert found["front_left_knee"] == pytest.approx(4.0 * scale["front_left_knee"])
    assert found["rear_right_rotator"] == pytest.approx(-2.0 * scale["rear_right_rotator"])
    assert sum(abs(offset) > 1e-9 for offset in found.values()) == 2


def test_by_keys_a_joint_goes_no_further_than_its_limits():
    """A horn that is further off must be mounted again; a larger offset would not be what was seen."""
    firmware, _ = make_firmware("dynamixel")
    with body_on(QUADRUPED, firmware) as body:
        nudger = Nudger(body)
        low = QUADRUPED.joints.elevator.limits_deg[0]
        for _ in range(8):
            reached = nudger.nudge("front_left_elevator", -5.0)
        assert reached == pytest.approx(low)


def test_servos_that_do_not_tell_where_they_are_cannot_be_calibrated_by_hand():
    firmware, _ = make_firmware("opencat")
    with body_on(BITTLE, firmware) as body, pytest.raises(BodyError, match="calibrate by keys"):
        measured_offsets(body)


def test_offsets_of_a_robot_that_stands_right_are_none():
    assert set(offsets_of(BITTLE, reference_pose(BITTLE)).values()) == {0.0}
