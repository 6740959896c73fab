"""What `RealBody` does about silence and missed replies: over both drivers, in simulated time."""

import math
import threading

import numpy as np
import pytest
from serial_rigs import SERVOS, LossyLink, keep_still, servos_off, walk

from gaitopt.errors import BodyError
from gaitopt.hal.body import Lifecycle
from gaitopt.hal.real.safety import SafetyLimits
from gaitopt.hal.real.watchdog import Watchdog

# Silence.


def test_held_after_a_fifth_of_a_second_and_limp_after_one(make):
    rig = make("dynamixel").up()
    count = len(rig.link.sent)
    assert keep_still(rig, 0.18) == []
    ((held_at, _),) = keep_still(rig, 0.6)
    assert held_at == pytest.approx(0.04, abs=0.03)
    held = rig.poses(count)
    assert held == [{servo: round(at) for servo, at in rig.plant.positions.items()}]  # where it stands
    assert not rig.limp
    assert rig.body.lifecycle is Lifecycle.ACTIVE
    ((limp_at, before), *_) = keep_still(rig, 0.4)
    assert limp_at + 0.78 == pytest.approx(1.02, abs=0.05)
    assert rig.since(before).startswith(servos_off("dynamixel"))
    assert rig.limp


def test_a_silent_robot_goes_limp_for_good(rig):
    rig.up()
    assert keep_still(rig, 0.9) == [] or not rig.limp
    keep_still(rig, 0.3)
    assert rig.limp
    assert rig.body.lifecycle is Lifecycle.FAULT
    for _ in range(2):
        with pytest.raises(BodyError, match="no command came for 1 s"):
            rig.body.command(rig.pose())
    assert keep_still(rig, 2.0) == []  # it leaves it at that
    assert rig.limp


def test_a_commanded_robot_is_not_stopped(rig):
    rig.up()
    for _ in range(100):
        walk(rig, 1)
        rig.body.guard.watch()
    assert rig.body.lifecycle is Lifecycle.ACTIVE


def test_after_a_hold_the_next_command_goes_on_from_there(kind, make):
    """While it was held, a robot may have sagged: there is where it starts from, not where it was sent before."""
    rig = make(kind).up()
    rig.plant.most_speed = 0.0  # it is blocked, some way off
    for servo in SERVOS[kind].values():
        rig.plant.positions[servo.id] += 0.4 / math.tau * (4096 if kind == "dynamixel" else 360)
    keep_still(rig, 0.5)
    count = len(rig.link.sent)
    rig.body.command(rig.pose())
    before, sent = rig.poses()[-2:]
    assert rig.poses(count) == [sent]
    reach = 22 if kind == "opencat" else 5.97 * 0.04 / math.tau * 4096 + 1
    assert all(abs(sent[servo.id] - before[servo.id]) <= reach for servo in SERVOS[kind].values())


def test_a_thread_watches_in_real_time(kind, make):
    """The thread itself; its timing is tested in simulated time."""
    rig = make(kind, threaded=True, limits=SafetyLimits(hold_after=0.02, stop_after=0.1)).up()
    watching = [thread for thread in threading.enumerate() if thread.name == "gaitopt-watchdog"]
    assert len(watching) == 1
    rig.link.sleep(0.2)  # of simulated time
    for _ in range(500):
        if rig.body.lifecycle is Lifecycle.FAULT:
            break
        threading.Event().wait(0.02)
    assert rig.body.lifecycle is Lifecycle.FAULT
    rig.body.close()
    assert rig.limp
    assert not watching[0].is_alive()


def test_a_watchdog_can_be_stopped_by_anyone_and_twice():
    calls = []

    def check():
        calls.append(threading.current_thread())
        watchdog.stop()  # from its own thread: it must not wait for itself

    started = threading.Event()
    watchdog = Watchdog(lambda: started.wait() and check(), period=0.001)
    started.set()
    for _ in range(500):
        if calls:
            break
        threading.Event().wait(0.01)
    watchdog.stop()
    watchdog.stop()
    assert len(calls) == 1
    assert not calls[0].is_alive()


# Missed replies.


def lose_replies(rig, count):
    """Make exchanges in a row fail, from the next read on; the driver may repeat its query in each."""
    real = rig.driver.measure
    left = [count]

    def measure():
        if not left[0]:
            return real()
        left[0] -= 1
        rig.link.lose_next(10_000)
        try:
            return real()
        finally:
            rig.link.lose = 0

    rig.driver.measure = measure


@pytest.mark.parametrize("count", [1, 2, 3])
def test_three_missed_replies_in_a_row_are_tolerated(kind, count, make):
    rig = make(kind, link_class=LossyLink).up()
    for _ in range(3):  # and again, for a reply in between counts
        rig.link.sleep(0.3)  # a tilt is due
        lose_replies(rig, count)
        for _ in range(count + 1):
            rig.body.read()
            rig.link.sleep(0.3)
    assert rig.body.lifecycle is Lifecycle.ACTIVE
    assert not rig.limp


def test_four_missed_replies_in_a_row_are_a_fault(kind, make):
    rig = make(kind, link_class=LossyLink).up()
    lose_replies(rig, 4)
    for _ in range(3):
        rig.link.sleep(0.3)
        rig.body.read()
    rig.link.sleep(0.3)
    with pytest.raises(BodyError, match=r"4 replies in a row were missed .*; its servos are limp"):
        rig.body.read()
    assert rig.body.lifecycle is Lifecycle.FAULT
    assert rig.limp


def test_a_pose_that_was_not_confirmed_is_tolerated(make):
    rig = make("opencat", link_class=LossyLink).up()
    rig.link.lose = 1
    walk(rig, 5)
    assert rig.link.lost == 1
    assert rig.targets()["rear_left_knee"] == pytest.approx(60.0)
    rig.body.close()


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_pose_that_may_be_lost_is_sent_anew_before_the_next(lost, make):
    """It may not have arrived: a second step from there would be two at once for a robot that missed it."""
    rig = make("opencat", link_class=LossyLink).up()
    rig.body.move(rig.pose(front_left_rotator=-80.0), 0.5)
    count = len(rig.link.sent)
    for i in range(40):
        if i == 3:
            rig.link.lose = lost
        rig.body.command(rig.pose(front_left_rotator=80.0 if i < 10 else 0.0))
        rig.body.advance(rig.body.command_period)
    steps = np.abs(np.diff([pose[8] for pose in rig.poses(count)]))
    assert rig.link.lost == lost
    assert steps.max() <= 22
    assert rig.targets()["front_left_rotator"] == pytest.approx(0.0)
