"""From joints to servos: against tables written down from the vendors' pages."""

import math

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.hal.wiring import rest_pose, robot_of, servo_map, wiring_of
from gaitopt.robot.spec import load_robot

WIRED = {"opencat": "petoi-bittle", "dynamixel": "dynamixel-quadruped"}
# Petoi counts clockwise from the left front leg (docs, joint index page): shoulders 8 to 11, knees 12 to 15.
PETOI = {"front_left": 8, "front_right": 9, "rear_right": 10, "rear_left": 11}


def test_bittles_legs_are_counted_clockwise():
    robot = load_robot("petoi-bittle")
    ids = dict(zip(robot.joint_names, servo_map(robot).ids, strict=True))
    for leg, shoulder in PETOI.items():
        assert (ids[f"{leg}_rotator"], ids[f"{leg}_knee"]) == (shoulder, shoulder + 4)


@pytest.mark.parametrize("name", WIRED.values())
def test_each_joint_has_a_servo_of_its_own_and_goes_its_own_way(name):
    """Four distinct values a leg, and one joint at a time: no joint moves another's servo."""
    robot = load_robot(name)
    servos, rest = servo_map(robot), rest_pose(robot)
    assert len(set(servos.ids)) == len(robot.joint_names)
    before = servos.to_units(rest)
    for i, (low, high) in enumerate(robot.joint_limits):
        turned = rest.copy()
        turned[i] += math.radians(10) if rest[i] < (low + high) / 2 else -math.radians(10)
        moved = np.flatnonzero(servos.to_units(turned) != before)
        assert moved.tolist() == [i]


@pytest.mark.parametrize("name", WIRED.values())
def test_limits_in_whole_units_lie_within_the_joints_limits(name):
    robot = load_robot(name)
    per_radian = wiring_of(robot).units_per_turn / (2 * math.pi)
    for joint, limits, slot in zip(robot.joint_names, robot.joint_limits, servo_map(robot).slots, strict=True):
        port = wiring_of(robot).servos[joint]
        ends = sorted((unit - port.zero) / (port.sign * per_radian) for unit in (slot.lowest, slot.highest))
        assert limits[0] - 1e-9 <= ends[0] < limits[0] + 1.01 / per_radian
        assert limits[1] + 1e-9 >= ends[1] > limits[1] - 1.01 / per_radian


@pytest.mark.parametrize("name", WIRED.values())
def test_the_rest_pose_can_be_sent(name):
    robot = load_robot(name)
    servos = servo_map(robot)
    units = servos.to_units(rest_pose(robot))
    assert servos.to_angles(units) == pytest.approx(rest_pose(robot), abs=math.radians(0.51))


def test_a_driver_knows_its_robot_and_a_robot_its_driver():
    for driver, name in WIRED.items():
        assert robot_of(driver) == name
        assert wiring_of(load_robot(name)).driver == driver
        assert wiring_of(load_robot(name), driver).driver == driver
    with pytest.raises(InputError, match="no robot is driven by feetech; name one with --robot"):
        robot_of("feetech")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"units_per_turn": 1024}, "petoi-bittle: wiring.units_per_turn: got 1024; expected 360, as opencat counts"),
        ({"driver": "opncat"}, "petoi-bittle: wiring.driver: unknown driver 'opncat'; did you mean opencat?"),
    ],
)
def test_a_wiring_must_fit_its_driver(change, text):
    """Checked here, not by the robot's file: a robot whose driver is another package's can be simulated without it."""
    robot = load_robot("petoi-bittle").changed(wiring=change)
    with pytest.raises(InputError) as caught:
        servo_map(robot)
    assert str(caught.value) == text


def test_a_robot_without_wires():
    with pytest.raises(InputError, match="aibo-ers7 cannot be driven over a serial line; robots that can: "):
        wiring_of(load_robot("aibo-ers7"))
    with pytest.raises(InputError, match="petoi-bittle cannot be driven by dynamixel; robots that can: dynamixel-quad"):
        wiring_of(load_robot("petoi-bittle"), "dynamixel")
