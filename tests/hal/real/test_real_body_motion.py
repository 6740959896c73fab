"""How `RealBody` moves a robot: from where it is, gently, within its speed, on time, or by its own gaits."""

import math

import numpy as np
import pytest
from serial_rigs import SERVOS, keep_still, servos_off, walk

from gaitopt.errors import BodyError
from gaitopt.hal.real.safety import SafetyLimits


def test_configure_moves_nothing_and_close_switches_nothing_off(rig):
    """OpenCat has no way to switch servos off but to move into the rest pose."""
    if rig.kind == "opencat":
        rig.body.configure()  # the board restarts when its port is opened: what it moves then is its own affair
        rig.body.close()
    aims = rig.plant.aims if rig.kind == "dynamixel" else None
    rig.body.configure()
    boot = rig.plant.aims if aims is None else aims
    rig.body.read()
    rig.body.health()
    rig.link.sleep(3.0)
    rig.body.close()
    assert rig.plant.aims == boot
    assert servos_off(rig.kind) not in rig.since(0)
    assert rig.poses() == []


def test_power_comes_on_where_the_robot_is_and_eases_from_there(rig):
    rig.body.configure()
    start = {s.id: rig.plant.position(s.id) for s in SERVOS[rig.kind].values()}
    count = len(rig.link.sent)
    began = rig.link.now()
    rig.body.activate(rig.pose(), 0.5)
    poses = rig.poses(count)
    assert all(abs(poses[0][servo] - at) <= 1 for servo, at in start.items())  # the goal is where it is
    table = np.array([[pose[servo] for servo in start] for pose in poses[1:]]) / (
        4096 if rig.kind != "opencat" else 360
    )
    turned = np.abs(np.diff(table, axis=0)) * math.tau  # [rad]
    gentle = SafetyLimits().gentle_speed * rig.body.command_period
    rounding = math.tau / (4096 if rig.kind != "opencat" else 360)
    assert turned.max() <= gentle + rounding
    farthest = max(abs(table[-1] - table[0])) * math.tau
    assert rig.link.now() - began >= 15 / 8 * farthest / SafetyLimits().gentle_speed - 0.1  # as long as is gentle
    targets = rig.targets()
    assert all(
        abs(np.radians(targets[name]) - at) < rounding
        for name, at in zip(rig.robot.joint_names, rig.pose(), strict=True)
    )


def test_a_move_may_be_slower_than_gentle(rig):
    rig.up()
    began = rig.link.now()
    rig.body.move(rig.pose(front_left_knee=65.0), 2.0)
    assert rig.link.now() - began == pytest.approx(2.0, abs=0.1)


def test_a_move_to_an_invalid_pose_is_refused(rig):
    rig.up()
    before = dict(rig.plant.targets)
    for bad in (rig.pose() * math.nan, rig.pose()[:-1]):
        with pytest.raises(BodyError, match="got a"):
            rig.body.move(bad, 0.5)
    assert rig.plant.targets == before


def test_sit_ends_in_the_rest_pose(rig):
    rig.up()
    rig.body.sit()
    rest = rig.robot.wiring.rest_deg
    assert all(angle == pytest.approx(rest[name], abs=0.6) for name, angle in rig.targets().items())


def test_a_leap_is_slewed_and_a_pause_gives_no_right_to_one(rig):
    rig.up()
    period = rig.body.command_period
    far = rig.pose(front_left_rotator=80.0)
    step = math.radians(10) if rig.kind == "opencat" else 5.97 * period
    for pause in (period, 0.15):
        began = rig.link.now()
        before = rig.body.command(rig.pose())
        rig.link.sleep(began + pause - rig.link.now())
        sent = rig.body.command(far)
        reach = math.radians(22) if rig.kind == "opencat" else 2 * 5.97 * period
        limit = step if pause == period else reach
        assert np.abs(sent - before).max() <= limit + math.radians(1.0)
        assert np.abs(sent - before).max() >= 0.5 * step
        for _ in range(20):
            rig.body.advance(period)
            rig.body.command(rig.pose())
        rig.body.advance(period)


def test_a_blocked_joint_is_not_driven_far_from_where_it_is(make):
    rig = make("dynamixel").up()
    rig.plant.most_speed = 0.0
    for _ in range(60):
        sent = rig.body.command(rig.pose(front_left_rotator=100.0, rear_right_rotator=-100.0))
        rig.body.advance(rig.body.command_period)
    lead = np.abs(sent - rig.pose())
    assert lead.max() == pytest.approx(SafetyLimits().largest_lead, abs=0.005)


def test_time_is_kept_by_deadlines(rig):
    rig.up()
    start = rig.link.now()
    walk(rig, 40)
    assert rig.link.now() - start == pytest.approx(40 * rig.body.command_period, abs=rig.body.command_period)
    assert rig.body.timing.missed == 0
    assert rig.body.timing.quantile(1.0) < rig.body.command_period
    rig.link.sleep(5 * rig.body.command_period)
    walk(rig, 5)
    assert rig.body.timing.missed == 1  # and no hurry afterwards


# Gaits that the robot plays by itself.


def test_a_gait_plays_while_advanced_and_stops_for_a_command(make):
    rig = make("opencat").up()
    swing = rig.pose() + np.radians(8) * np.sin(np.linspace(0, math.tau, 40, endpoint=False))[:, None]
    assert rig.body.load_skill(swing, 0.8) == pytest.approx(0.8, abs=0.05)
    rig.body.start_skill()
    aims = rig.plant.aims
    for _ in range(60):
        rig.body.advance(0.05)
        rig.body.guard.watch()
    assert rig.plant.aims > aims + 1000
    walk(rig, 30)
    aims = rig.plant.aims
    rig.link.sleep(0.1)
    assert rig.plant.aims == aims
    assert rig.targets()["rear_right_rotator"] == pytest.approx(30.0)
    rig.body.start_skill()
    keep_still(rig, 0.5)  # held
    aims = rig.plant.aims
    rig.link.sleep(0.1)
    assert rig.plant.aims == aims
    rig.body.close()
    assert rig.limp


def test_skills_are_for_robots_that_have_them(make):
    rig = make("dynamixel").up()
    assert not rig.body.capabilities.native_skills
    with pytest.raises(BodyError, match="dynamixel-quadruped plays no skills of its own; leave out --native"):
        rig.body.load_skill(np.array([rig.pose()] * 8), 0.5)
