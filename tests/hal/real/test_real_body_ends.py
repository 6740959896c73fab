"""How `RealBody` stops: by errors, by estop at any moment, on lost lines; and how it restarts."""

import math
import threading

import numpy as np
import pytest
from serial_rigs import LossyLink, keep_still, servos_off, walk

from gaitopt.errors import BodyError, ProtocolError
from gaitopt.hal.body import Lifecycle
from gaitopt.hal.real import last_resort


def test_an_exception_cuts_the_servos_before_anything_else(rig):
    def fail():
        with rig.body:
            rig.body.activate(rig.pose(), 0.1)
            walk(rig, 3)
            rig.count = len(rig.link.sent)
            raise RuntimeError("the user's own")

    with pytest.raises(RuntimeError, match="the user's own"):
        fail()
    assert rig.since(rig.count).startswith(servos_off(rig.kind))
    assert rig.limp
    assert rig.body.lifecycle is Lifecycle.DISCONNECTED


def test_an_exception_before_activation_sends_nothing(rig):
    def fail():
        with rig.body:
            rig.count = len(rig.link.sent)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert rig.since(rig.count) == b""


def test_estop_from_another_thread_while_a_pose_is_sent(rig):
    rig.up()
    real = rig.driver.send

    def send(angles):
        sent = real(angles)
        thread = threading.Thread(target=rig.body.estop)
        thread.start()
        thread.join()
        real(angles + 0.01)  # as if the estop had come in between
        return sent

    rig.driver.send = send
    with pytest.raises(BodyError):
        rig.body.command(rig.pose())
    rig.link.sleep(2.0)
    assert rig.limp
    assert rig.body.lifecycle is Lifecycle.ESTOP


def stop_within(rig, name, after=True):
    """Have the body stopped from another thread within a call of its driver."""
    real = getattr(rig.driver, name)

    def call(*arguments):
        result = real(*arguments) if after else None
        thread = threading.Thread(target=rig.body.estop)
        thread.start()
        thread.join()
        return result if after else real(*arguments)

    setattr(rig.driver, name, call)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_estop_while_the_servos_are_switched_on(rig, after):
    rig.body.configure()
    stop_within(rig, "power_on", after)
    with pytest.raises(BodyError):
        rig.body.activate(rig.pose(), 0.1)
    rig.link.sleep(2.0)
    assert rig.limp  # though it is not closed yet
    assert rig.body.lifecycle is Lifecycle.ESTOP
    rig.body.deactivate()
    assert rig.body.lifecycle is Lifecycle.ESTOP


def test_estop_while_the_servos_are_switched_off(rig):
    rig.up()
    stop_within(rig, "limp")
    rig.body.deactivate()
    assert rig.body.lifecycle is Lifecycle.ESTOP
    with pytest.raises(BodyError, match="estop"):
        rig.body.activate(rig.pose(), 0.1)
    rig.link.sleep(2.0)
    assert rig.limp


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_estop_while_a_gait_starts(after, make):
    rig = make("opencat").up()
    swing = rig.pose() + np.radians(8) * np.sin(np.linspace(0, math.tau, 40, endpoint=False))[:, None]
    rig.body.load_skill(swing, 0.8)
    stop_within(rig, "start", after)
    with pytest.raises(BodyError):
        rig.body.start_skill()
    rig.link.sleep(3.0)
    assert rig.limp
    aims = rig.plant.aims
    rig.link.sleep(1.0)
    assert rig.plant.aims == aims


def test_a_fault_in_activate_leaves_it_limp(rig):
    rig.body.configure()
    real = rig.driver.power_on

    def power_on():
        real()
        raise BodyError("half of the servos did not switch on")

    rig.driver.power_on = power_on
    with pytest.raises(BodyError, match="half of the servos"):
        rig.body.activate(rig.pose(), 0.1)
    rig.link.sleep(1.0)
    assert rig.limp
    assert not last_resort._armed


def test_a_robot_that_does_not_confirm_that_it_is_limp_is_at_fault(rig):
    """It is no robot to be put down and activated again; and should the process end now, it is cut once more."""
    rig.up()
    real = rig.driver.limp

    def limp():
        raise BodyError("not confirmed; switch the robot's battery off")

    rig.driver.limp = limp
    count = len(rig.link.sent)
    rig.body.deactivate()
    assert rig.body.lifecycle is Lifecycle.FAULT
    assert rig.since(count).startswith(servos_off(rig.kind))
    assert len(last_resort._armed) == 1
    with pytest.raises(BodyError, match="fault"):
        rig.body.activate(rig.pose(), 0.1)
    rig.driver.limp = real
    rig.body.close()
    assert rig.limp
    assert not last_resort._armed


def test_a_lost_line_ends_every_call_and_lets_go(rig):
    rig.up()
    rig.link.unplug()
    with pytest.raises(BodyError, match="the line is lost"):
        walk(rig, 50)
    assert rig.body.lifecycle is Lifecycle.FAULT
    for call in (rig.body.read, rig.body.health, lambda: rig.body.command(rig.pose())):
        with pytest.raises(BodyError, match=r"stopped|lost"):
            call()
    rig.body.close()
    assert rig.body.lifecycle is Lifecycle.DISCONNECTED
    assert not last_resort._armed


def test_after_a_fault_only_close_leaves(rig):
    rig.up()
    keep_still(rig, 1.2)
    for call in (
        rig.body.configure,
        rig.body.read,
        rig.body.sit,
        lambda: rig.body.prepare(None, None),
        lambda: rig.body.activate(rig.pose(), 0.1),
        lambda: rig.body.advance(0.1),
        lambda: rig.body.command(rig.pose()),
    ):
        with pytest.raises(BodyError):
            call()
        assert rig.body.lifecycle is Lifecycle.FAULT
    rig.body.deactivate()
    assert rig.body.lifecycle is Lifecycle.FAULT
    rig.body.close()
    with pytest.raises(ProtocolError, match="command: the body is disconnected"):
        rig.body.command(rig.pose())
    assert rig.body.lifecycle is Lifecycle.DISCONNECTED
    rig.up()
    walk(rig, 3)
    assert rig.body.lifecycle is Lifecycle.ACTIVE


def test_a_robot_that_cannot_be_opened_can_be_tried_again(rig):
    rig.line = None
    real, rig.link_class = rig.link_class, LossyLink
    LossyLink.lose = 10_000
    try:
        with pytest.raises(BodyError, match="answers"):
            rig.body.configure()
    finally:
        LossyLink.lose = 0
    assert rig.body.lifecycle is Lifecycle.DISCONNECTED
    rig.link_class = real
    rig.up()
