"""A gait on a real robot for some seconds, in simulated time."""

import numpy as np
import pytest

from gaitopt.errors import BodyError, InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.body import Body, BodyState, Capabilities, Lifecycle
from gaitopt.hal.real.timing import Timing
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.controller import GaitController, SkillController
from gaitopt.walk.deploy import EASE_S, STAND_S, deploy

PERIOD = 0.02
ROBOT, SCENARIO = load_robot("dynamixel-quadruped"), load_scenario("desk")
GAIT = load_gait("hand-tuned", ROBOT).parameters


class Puppet(Body):
    """Does what it is told, exactly; fails at command number `fails_at`, is held back by `held` [rad]."""

    command_period = PERIOD

    def __init__(self, fails_at=None, held=0.0):
        super().__init__(ROBOT)
        self.capabilities = Capabilities(False, False, False, False, False, native_skills=True)
        self.lifecycle = Lifecycle.INACTIVE
        self.timing = Timing(PERIOD)
        self.log, self.sent, self.time = [], [], 0.0
        self.fails_at, self.held = fails_at, held

    def configure(self):
        raise AssertionError("it is configured")

    def prepare(self, scenario, conditions):
        raise AssertionError("nothing to prepare")

    def activate(self, pose, duration):
        self.log.append(("activate", pose.copy(), duration))
        self.lifecycle = Lifecycle.ACTIVE

    def read(self):
        return BodyState(self.time, None, None, None, None, None)

    def command(self, angles):
        if len(self.sent) == self.fails_at:
            raise BodyError("the cable is out")
        self.sent.append(angles - self.held)
        return self.sent[-1]

    def advance(self, duration):
        self.time += duration
        self.timing.lateness.append(0.0)

    def sit(self):
        self.log.append(("sit", None, None))
        self.timing.lateness += [0.0] * 50  # sitting down takes commands, too

    def deactivate(self):
        self.log.append(("deactivate", None, None))
        self.lifecycle = Lifecycle.INACTIVE

    def estop(self):
        raise AssertionError("no reason")

    def close(self):
        raise AssertionError("it is the caller's")

    def load_skill(self, angles, duration):
        self.log.append(("load", angles, duration))
        return duration

    def start_skill(self):
        self.log.append(("start", None, None))


def streamed(duration=4.0):
    return GaitController(GAIT, ROBOT, SCENARIO, PERIOD, duration)


def test_it_eases_in_walks_eases_out_and_is_left_limp():
    body, controller = Puppet(), streamed()
    done = deploy(body, controller, 4.0)
    assert [what for what, *_ in body.log] == ["activate", "sit", "deactivate"]
    assert body.log[0][2] == STAND_S
    assert body.lifecycle is Lifecycle.INACTIVE
    sent, stand = np.array(body.sent), controller.start_pose
    assert len(sent) == 200
    assert sent[0] == pytest.approx(stand)
    # In between it is the gait; at both ends the stroke is a part of it that grows with time, worked out here anew.
    full = controller.angles(0, 200, body.read())
    ease = round(EASE_S / PERIOD)
    assert sent[ease:-ease] == pytest.approx(full[ease:-ease])
    for i in (1, 10, 20):
        assert sent[i] - stand == pytest.approx((full[i] - stand) * i * PERIOD / EASE_S)
        assert sent[200 - i] - stand == pytest.approx((full[200 - i] - stand) * i * PERIOD / EASE_S)
    assert done.seconds == 4.0
    assert done.held_back == 0.0
    assert len(done.timing.lateness) == 200


def test_each_command_is_recorded_with_what_was_sent():
    body, rows = Puppet(held=0.01), []
    done = deploy(body, streamed(), 1.0, lambda state, sent: rows.append((state.time, sent)))
    assert [time for time, _ in rows] == pytest.approx(np.arange(50) * PERIOD)
    assert np.array([sent for _, sent in rows]) == pytest.approx(np.array(body.sent))
    assert done.held_back == pytest.approx(0.01)


def test_a_body_that_fails_is_left_limp():
    body = Puppet(fails_at=7)
    with pytest.raises(BodyError, match="the cable is out"):
        deploy(body, streamed(), 1.0)
    assert [what for what, *_ in body.log] == ["activate", "deactivate"]


def test_a_walk_that_is_interrupted_is_left_limp():
    def interrupt(state, sent):
        raise KeyboardInterrupt

    body = Puppet()
    with pytest.raises(KeyboardInterrupt):
        deploy(body, streamed(), 1.0, interrupt)
    assert body.lifecycle is Lifecycle.INACTIVE
    assert body.log[-1][0] == "deactivate"


def test_a_walk_longer_than_the_controllers_is_refused_before_anything_moves():
    body = Puppet()
    with pytest.raises(InputError, match="deploy: got 5 s; the controller was made for 4 s"):
        deploy(body, streamed(4.0), 5.0)
    assert body.log == []
    deploy(body, streamed(5.0), 5.0)


def test_a_robot_that_plays_by_itself_is_only_looked_at():
    body, rows = Puppet(), []
    controller = SkillController(GAIT, ROBOT, PERIOD)
    done = deploy(body, controller, 1.0, lambda state, sent: rows.append(sent))
    assert [what for what, *_ in body.log] == ["activate", "load", "start", "sit", "deactivate"]
    assert body.log[1][2] == pytest.approx(GAIT.cycle_time)
    assert body.sent == []
    assert body.time == pytest.approx(1.0)
    assert np.isnan(rows).all()
    assert np.isnan(done.held_back)
