"""What `RealBody` does about falls, batteries, heat and what devices complain of."""

import math

import numpy as np
import pytest
from serial_rigs import servos_off, walk

from gaitopt.emulators.faults import FaultSpec, FaultyLine
from gaitopt.errors import BodyError, FallError
from gaitopt.hal.body import Lifecycle


def check_faulty(rig, act, match, kind=BodyError):
    count = len(rig.link.sent)
    with pytest.raises(kind, match=match):
        act()
    assert rig.body.lifecycle is Lifecycle.FAULT
    rig.link.sleep(1.0)
    assert rig.limp
    return rig.since(count)


def test_a_fall_is_a_fault_and_cut_at_once(make):
    rig = make("opencat").up()
    rig.link.sleep(0.3)
    rig.plant.tilt = (math.radians(59), 0.0, 0.0)
    rig.body.read()
    rig.link.sleep(0.3)
    rig.plant.tilt = (math.radians(-50), math.radians(45), 0.0)
    said = check_faulty(rig, rig.body.read, "tilted by 63 degrees: it fell, or was picked up", FallError)
    assert said.removeprefix(b"gp\n").startswith(b"d\n")


def test_a_robot_that_lies_may_be_looked_at(make):
    rig = make("opencat")
    rig.body.configure()
    rig.plant.tilt = (math.radians(120), 0.0, 0.0)
    rig.link.sleep(0.3)
    assert rig.body.read().orientation is not None
    assert rig.body.lifecycle is Lifecycle.INACTIVE


def discharge(rig):
    rig.plant.volts = 6.2 if rig.kind == "dynamixel" else 6.9


def test_a_low_battery_is_a_fault_within_two_looks(rig):
    rig.up()
    walk(rig, 3)
    discharge(rig)
    # The driver may keep a voltage for two seconds.
    check_faulty(rig, lambda: walk(rig, round(3.5 / rig.body.command_period)), r"battery low|Low power|input voltage")


def test_a_low_battery_keeps_the_robot_from_starting(rig):
    discharge(rig)
    rig.body.configure()
    aims = rig.plant.aims
    with pytest.raises(BodyError, match=r"battery low|Low power|input voltage"):
        rig.body.activate(rig.pose(), 0.1)
    assert rig.body.lifecycle is Lifecycle.FAULT
    assert rig.limp
    if rig.kind == "dynamixel":
        assert rig.plant.aims == aims


def test_servos_that_were_never_powered_are_not_switched_off(rig):
    """To switch an OpenCat's servos off is to move it."""
    rig.body.configure()
    discharge(rig)
    rig.link.sleep(2.5)
    count = len(rig.link.sent)
    with pytest.raises(BodyError):
        rig.body.activate(rig.pose(), 0.1)
    rig.body.close()
    assert servos_off(rig.kind) not in rig.since(count)


def test_heat_is_a_fault(make):
    rig = make("dynamixel").up()
    rig.plant.heat(67.0)  # the servos' own limit is 72
    walk(rig, 20)
    rig.plant.heat(68.0)
    check_faulty(rig, lambda: walk(rig, 60), "joint 0 is at 68 degrees Celsius, expected at most 67; let it cool")


def test_a_servos_own_complaint_is_a_fault(make):
    rig = make("dynamixel").up()
    rig.firmware.servo(32).fail(5)
    check_faulty(rig, lambda: walk(rig, 60), "servo 32: overload")


def test_a_board_that_restarts_is_a_fault(make):
    rig = make("opencat", line=lambda start: FaultyLine(FaultSpec(reset=9.0), np.random.default_rng(1), start)).up()
    check_faulty(rig, lambda: walk(rig, 100), "restarted by itself")


def test_health_is_returned_and_stops_nothing(rig):
    rig.body.configure()
    assert rig.body.health().voltage == pytest.approx(rig.plant.volts, abs=0.06)
    discharge(rig)
    rig.link.sleep(2.5)
    assert rig.body.health().voltage == pytest.approx(rig.plant.volts, abs=0.06)
    assert rig.body.lifecycle is Lifecycle.INACTIVE
