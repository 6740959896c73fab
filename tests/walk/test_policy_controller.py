"""A policy on a gait: when it observes, what it observes, and what is walked in between."""

import math

import numpy as np
import pytest
from scripted_body import LOOK, PERIOD, UPRIGHT, ScriptedBody, rolled, steady

from gaitopt.errors import BodyError, InputError, ProtocolError
from gaitopt.gait.cycle import cycle
from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.body import BodyState, Capabilities
from gaitopt.hal.real.timing import Timing
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.deploy import EASE_S, deploy
from gaitopt.walk.perception import GROUPS, check_sensors
from gaitopt.walk.policy_controller import Interface, PolicyController, PolicyWalk
from gaitopt.walk.traversal import traverse

ROBOT, SCENARIO = load_robot("aibo-ers7"), load_scenario("field")
GAIT = load_gait("hand-tuned", ROBOT).parameters
JOINTS = len(ROBOT.joint_names)
SEES = Interface(observe=("phase", "rates", "joints", "offsets"))
RATES, LAGS = slice(2, 5), slice(5, 5 + JOINTS)


class Wave:
    """A policy that does another thing every time, the same in every walk; it keeps what it saw."""

    def __init__(self, size=1.0):
        self.seen, self._size = [], size

    def __call__(self, observation):
        self.seen.append(observation)
        return self._size * np.sin(np.arange(12 + JOINTS) + len(self.seen))


@pytest.fixture(scope="module")
def walk():
    return PolicyWalk(GAIT, ROBOT, SCENARIO, SEES)


@pytest.fixture(scope="module")
def quick_walk():
    """The same, with twice as many commands a second."""
    return PolicyWalk(GAIT, ROBOT, SCENARIO, SEES, PERIOD / 2)


def state_at(time, orientation=UPRIGHT):
    return BodyState(time, (0.0, 0.0, 0.1), orientation, (0.0,) * JOINTS, None, None)


def streamed(controller, count, state=state_at, period=PERIOD):
    """Return what is commanded if every command is asked for by itself, (count, joints)."""
    return np.concatenate([controller.angles(i, 1, state(i * period)) for i in range(count)])


def test_it_acts_once_a_control_period_and_goes_on_along_the_gait_between(walk):
    wave = Wave()
    one_by_one = streamed(PolicyController(walk, wave), 40)
    assert len(wave.seen) == 40 / LOOK
    controller = PolicyController(walk, Wave())
    in_blocks = np.concatenate([controller.angles(i, LOOK, state_at(i * PERIOD)) for i in range(0, 40, LOOK)])
    np.testing.assert_array_equal(one_by_one, in_blocks)
    assert controller.period == pytest.approx(0.032)
    assert (np.abs(np.diff(one_by_one, axis=0)).max(axis=1) > 0).all()


def test_every_walk_begins_anew(walk):
    controller = PolicyController(walk, lambda seen: np.full(12 + JOINTS, 0.5))
    np.testing.assert_array_equal(streamed(controller, 37), streamed(controller, 37))


def test_a_policy_that_changes_nothing_walks_the_gait(walk):
    angles = streamed(PolicyController(walk, lambda seen: np.zeros(12 + JOINTS)), 100)
    table = cycle(GAIT, ROBOT, GAIT.cycle_time / 512).angles
    phases = np.arange(100) * PERIOD / GAIT.cycle_time % 1.0
    straight = table[(phases * 512 + 1e-6).astype(int) % 512]
    assert angles == pytest.approx(straight, abs=0.02)  # a row of the table to either side
    assert np.abs(angles - straight).mean() < 1e-3
    assert np.abs(angles - np.roll(straight, 4, axis=0)).mean() > 0.02  # negative control: a control period late


def test_a_traversal_sends_what_was_asked_for_one_by_one(walk):
    body = ScriptedBody(ROBOT, steady(0.3))
    body.configure()
    traversal = traverse(body, PolicyController(walk, Wave()), SCENARIO, 0)
    again = ScriptedBody(ROBOT, steady(0.3))

    def state(time):
        again._steps = round(time / PERIOD)
        return again.read()

    expected = streamed(PolicyController(walk, Wave()), traversal.commands, state)
    np.testing.assert_array_equal(np.array(body.sent), expected)


def test_commands_beyond_the_next_reading_are_refused(walk):
    controller = PolicyController(walk, Wave())
    for first, count in ((0, LOOK + 1), (1, LOOK), (LOOK - 1, 2)):
        with pytest.raises(ProtocolError, match=rf"angles: got {count} commands from number {first} on; .* has 4"):
            controller.angles(first, count, state_at(0.0))


def test_slower_is_the_same_walk_in_slow_motion_as_the_policy_sees_it_too(quick_walk):
    """A roll at 1 rad/s in a walk slowed twice is one at 2 rad/s in the policy's time."""

    def rolling(time):
        return state_at(time, rolled(time))

    plain, slow = Wave(), Wave()
    own_time = streamed(PolicyController(quick_walk, plain), 80, rolling, PERIOD / 2)
    controller = PolicyController(quick_walk, slow, slower=2.0)
    np.testing.assert_array_equal(streamed(controller, 80, rolling), own_time)
    assert controller.period == pytest.approx(2 * 0.032)
    assert np.array(plain.seen)[1:, RATES] == pytest.approx(np.tile([1.0, 0.0, 0.0], (9, 1)))
    assert np.array(slow.seen)[1:, RATES] == pytest.approx(np.tile([2.0, 0.0, 0.0], (9, 1)))


def test_rates_are_those_between_two_measurements_though_a_slow_sensor_tells_each_many_times(walk):
    """It measures every 96 ms, as the roll grows by 1 rad/s; looked at every 32 ms, it seemed to leap at 3 rad/s."""

    def slowly(time):
        return state_at(time, rolled(0.096 * math.floor(time / 0.096 + 1e-6)))

    wave = Wave()
    streamed(PolicyController(walk, wave), 60, slowly)
    rates = np.array(wave.seen)[:, RATES]
    assert rates[:3] == pytest.approx(0.0)
    assert rates[3:] == pytest.approx(np.tile([1.0, 0.0, 0.0], (12, 1)))


class Obedient(ScriptedBody):
    """Its joints are where they were told to be."""

    def __init__(self):
        super().__init__(ROBOT, steady(0.3))
        self.timing = Timing(PERIOD)
        self.configure()

    def read(self):
        where = self.sent[-1] if self.sent else self.start_pose
        return super().read()._replace(joint_angles=tuple(where.tolist()))


def test_while_it_is_eased_in_and_out_the_policy_sees_where_the_joints_lag_behind_what_they_were_told(walk):
    body, wave = Obedient(), Wave()
    deploy(body, PolicyController(walk, wave), 2.0)
    assert len(body.sent) == 250
    seen = np.array(wave.seen)
    assert seen[:, LAGS] == pytest.approx(np.zeros((len(seen), JOINTS)), abs=1e-12)
    # Negative control: what was wanted before easing is far from it.
    eager = PolicyController(walk, Wave())
    full = np.array([eager.angles(i, 1, state_at(i * PERIOD))[0] for i in range(40)])
    assert np.abs(full - np.array(body.sent[:40])).max() > 0.1
    part = 20 * PERIOD / EASE_S
    stand = walk.start_pose
    assert body.sent[20] - stand == pytest.approx(part * (full[20] - stand), abs=0.02)


BLIND = {"tilt": False}
NUMB = {"feedback": "commanded"}
LOST = {"position": False}


@pytest.mark.parametrize(
    ("group", "body", "lacking"),
    [
        ("tilt", BLIND, "a tilt sensor"),
        ("rates", BLIND, "a tilt sensor"),
        ("heading", BLIND, "a tilt sensor"),
        ("joints", NUMB, "servos that measure their angles"),
        ("velocity", LOST, "a measured position"),
        ("place", LOST, "a measured position"),
        ("course", LOST, "a measured position"),
    ],
)
def test_what_a_body_lacks_is_named_with_what_to_train_instead(group, body, lacking):
    all_there = {"simulated": False, "position": True, "joint_torque": False, "contacts": False, "camera": False}
    groups = ("phase", group, "offsets")
    check_sensors(groups, Capabilities(**all_there), "rex")
    with pytest.raises(BodyError) as caught:
        check_sensors(groups, Capabilities(**all_there | body), "rex")
    assert str(caught.value) == (
        f"rex: the policy needs {lacking}, which this body lacks; train one that observes less: "
        "gaitopt train --set \"interface.observe=['phase', 'offsets']\""
    )


def test_each_group_is_tried_against_some_body():
    blank = Capabilities(False, False, False, False, False, tilt=False, feedback="commanded")
    assert {name for name in GROUPS if not GROUPS[name].lacking(blank)} == {"phase", "offsets"}


def test_a_group_that_does_not_exist_is_told():
    with pytest.raises(InputError, match="unknown observation 'joint'; did you mean joints"):
        check_sensors(("joint",), Capabilities(True, True, True, True, True), "rex")


def test_a_body_that_lacks_something_is_not_moved(walk):
    body = Obedient()
    body.capabilities = Capabilities(False, False, False, False, False, feedback="commanded")
    controller = PolicyController(walk, Wave())
    with pytest.raises(BodyError, match="aibo-ers7: the policy needs servos that measure their angles"):
        deploy(body, controller, 1.0)
    assert body.calls == []
    with pytest.raises(BodyError, match="aibo-ers7: the policy needs servos that measure their angles"):
        traverse(body, controller, SCENARIO, 0)
    assert body.sent == []
