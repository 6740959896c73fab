"""The states of a simulated body: every call in the wrong order is refused, and limp servos stay limp."""

import threading

import numpy as np
import pytest
from engine_rigs import ENGINES
from robot_poses import hip_height, pose_over_feet

from gaitopt.errors import BodyError, ProtocolError
from gaitopt.hal.body import Body, Camera, Lifecycle
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import Conditions

CALM = Conditions(friction=0.6, servo_strength=1.0, start_side=0.0, start_heading=0.0)


@pytest.fixture
def pose(robot):
    """All four paws straight below their hips."""
    return pose_over_feet(robot)


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request):
    return ENGINES[request.param]


@pytest.fixture
def body(robot, engine):
    """A body not yet configured."""
    body = engine.kind(robot)
    yield body
    body.close()


@pytest.fixture
def standing(body, pose, field):
    """A body that has settled in `pose`."""
    body.configure()
    body.prepare(field, CALM)
    body.activate(pose, 0.5)
    return body


def sink(engine, body, seconds=3.0):
    """Let only the physics continue, and return how far the trunk sinks [m]."""
    before = body.read().position[2]
    engine.step(body, round(seconds / body.engine.time_step_s))
    return before - body.read().position[2]


CALLS = {
    "configure": lambda body, field, pose: body.configure(),
    "prepare": lambda body, field, pose: body.prepare(field, CALM),
    "activate": lambda body, field, pose: body.activate(pose, 0.1),
    "command": lambda body, field, pose: body.command(pose),
    "advance": lambda body, field, pose: body.advance(body.robot.servo.command_period_s),
    "read": lambda body, field, pose: body.read(),
    "ground_contacts": lambda body, field, pose: body.ground_contacts(),
    "render": lambda body, field, pose: body.render(Camera((0.0, 0.0, 0.0))),
}


def check_refused(body, field, pose, calls):
    before = body.lifecycle
    for call in calls:
        with pytest.raises((ProtocolError, BodyError), match=f"^{call}: "):
            CALLS[call](body, field, pose)
        assert body.lifecycle is before


def test_before_configure_nothing_else_can_be_done(body, field, pose):
    assert body.lifecycle is Lifecycle.DISCONNECTED
    check_refused(body, field, pose, set(CALLS) - {"configure"})


def test_before_prepare_nothing_else_can_be_done(body, field, pose):
    body.configure()
    assert body.lifecycle is Lifecycle.INACTIVE
    check_refused(body, field, pose, set(CALLS) - {"prepare"})


def test_before_activate_the_servos_cannot_move(body, field, pose):
    body.configure()
    body.prepare(field, CALM)
    check_refused(body, field, pose, {"configure", "command", "advance"})


def test_an_active_body_is_not_set_up_again(standing, field, pose):
    assert standing.lifecycle is Lifecycle.ACTIVE
    check_refused(standing, field, pose, {"configure", "prepare", "activate"})


def test_a_closed_body_must_be_set_up_again_from_the_start(standing, field, pose):
    standing.close()
    check_refused(standing, field, pose, set(CALLS) - {"configure"})
    standing.configure()
    check_refused(standing, field, pose, set(CALLS) - {"prepare"})  # nothing of the old world is left


def test_close_and_deactivate_are_harmless_when_repeated(standing):
    standing.deactivate()
    standing.deactivate()
    assert standing.lifecycle is Lifecycle.INACTIVE
    standing.close()
    standing.close()
    standing.deactivate()
    assert standing.lifecycle is Lifecycle.DISCONNECTED


BAD = {
    "nan": lambda pose: np.where(np.arange(len(pose)) == 7, np.nan, pose),
    "one short": lambda pose: pose[:-1],
    "four rows": lambda pose: pose.reshape(4, -1),
}


@pytest.mark.parametrize("bad", BAD)
def test_invalid_angles_are_refused_and_move_nothing(standing, pose, bad):
    with pytest.raises(BodyError, match=r"^command: got "):
        standing.command(BAD[bad](pose))
    standing.advance(0.2)
    np.testing.assert_allclose(standing.read().joint_angles, pose, atol=0.05)


def test_command_returns_what_was_really_sent(standing, robot, pose):
    low, high = robot.joint_limits.T
    np.testing.assert_array_equal(standing.command(pose), pose)
    np.testing.assert_array_equal(standing.command(np.full_like(pose, 9.0)), high)
    np.testing.assert_array_equal(standing.command(np.full_like(pose, -9.0)), low)
    np.testing.assert_array_equal(standing.command(np.full_like(pose, np.inf)), high)
    third = np.arange(len(pose)) == 2
    wish = np.where(third, 9.0, pose)
    np.testing.assert_array_equal(standing.command(wish), np.where(third, high, pose))
    assert wish[2] == 9.0  # the caller's array is left alone


def test_active_servos_hold_the_trunk_and_limp_ones_do_not(engine, standing, pose):
    assert abs(sink(engine, standing)) < 0.003
    standing.deactivate()
    assert standing.lifecycle is Lifecycle.INACTIVE
    assert sink(engine, standing) > 0.3 * hip_height(standing.robot)
    np.testing.assert_array_equal(standing.read().joint_torques, np.zeros(len(pose)))


def test_leaving_the_context_lets_go_of_the_body(engine, robot, field, pose):
    with engine.kind(robot) as body:
        body.prepare(field, CALM)
        body.activate(pose, 0.1)
        assert engine.is_open(body)
    assert body.lifecycle is Lifecycle.DISCONNECTED
    assert not engine.is_open(body)


def test_an_error_within_the_context_lets_go_of_the_body(engine, robot, field, pose):
    bodies = []

    def fail():
        with engine.kind(robot) as body:
            bodies.append(body)
            body.prepare(field, CALM)
            body.activate(pose, 0.1)
            body.command(pose * np.nan)

    with pytest.raises(BodyError, match="not a number"):
        fail()
    (body,) = bodies
    assert body.lifecycle is Lifecycle.DISCONNECTED
    assert not engine.is_open(body)


def test_estop_from_another_thread_is_sticky_until_close(engine, standing, field, pose):
    thread = threading.Thread(target=lambda: [standing.estop(), standing.estop()])
    thread.start()
    thread.join()
    with pytest.raises(BodyError, match=r"^advance: the body was stopped \(estop\)"):
        standing.advance(standing.robot.servo.command_period_s)
    assert standing.lifecycle is Lifecycle.ESTOP
    check_refused(standing, field, pose, {"configure", "prepare", "activate", "command", "advance"})
    standing.deactivate()
    assert standing.lifecycle is Lifecycle.ESTOP
    assert sink(engine, standing) > 0.3 * hip_height(standing.robot)
    standing.close()
    standing.configure()
    standing.prepare(field, CALM)
    standing.activate(pose, 0.1)
    assert standing.lifecycle is Lifecycle.ACTIVE


def test_estop_while_inactive_is_not_forgotten(body, field, pose):
    body.configure()
    body.prepare(field, CALM)
    body.estop()
    with pytest.raises(BodyError, match="estop"):
        body.activate(pose, 0.1)
    assert body.lifecycle is Lifecycle.ESTOP


@pytest.mark.parametrize("parts", [2.01, 2.5, 8 / 3, 3.2])
def test_a_time_step_that_does_not_divide_the_command_period_is_refused(engine, robot, parts):
    check_time_step_refused(engine, robot, robot.servo.command_period_s / parts, "(command period|servos' delay)")


@pytest.mark.parametrize("step", [0.005, 0.0081, 0.01])
def test_a_time_step_more_than_half_the_command_period_is_refused(engine, step):
    check_time_step_refused(engine, load_robot("aibo-ers7"), step, "(command period|servos' delay)")


def test_a_time_step_that_does_not_divide_the_delay_is_refused(engine):
    robot = load_robot("aibo-ers7")
    robot = robot.model_copy(update={"servo": robot.servo.model_copy(update={"delay_s": 0.003})})
    check_time_step_refused(engine, robot, 0.002, "servos' delay")


def check_time_step_refused(engine, robot, step, name):
    text = f"engine.time_step_s: got {step:g}; expected a whole fraction of the {name}, "
    with pytest.raises(BodyError, match=text):
        engine.kind(robot, EngineSpec(name=engine.name, time_step_s=step))


@pytest.mark.parametrize("parts", [2, 3, 4, 8])
def test_a_time_step_that_divides_the_command_period_is_taken(engine, robot, parts):
    step = robot.servo.command_period_s / parts
    assert engine.kind(robot, EngineSpec(name=engine.name, time_step_s=step)).engine.time_step_s == step


def test_a_time_step_of_a_whole_command_period_is_accepted(engine):
    engine.kind(load_robot("aibo-ers7"), EngineSpec(name=engine.name, time_step_s=0.008))


def test_a_state_that_means_nothing_is_an_error(engine, standing, field, pose):
    """It is never walked on: not by the body, and not by an engine that resets itself."""
    engine.break_state(standing)
    with pytest.raises(BodyError, match=f"^{engine.name}: the simulation became unstable .*time_step_s than"):
        standing.advance(standing.robot.servo.command_period_s)
    assert standing.lifecycle is Lifecycle.FAULT
    check_refused(standing, field, pose, {"configure", "prepare", "activate", "command", "advance"})
    standing.close()
    standing.configure()
    standing.prepare(field, CALM)
    standing.activate(pose, 0.1)
    assert standing.lifecycle is Lifecycle.ACTIVE


def test_a_servo_without_its_share_of_torque_is_limp(engine, standing, pose):
    share = np.zeros(len(pose))
    standing.set_strength(share)
    assert sink(engine, standing) > 0.3 * hip_height(standing.robot)
    standing.deactivate()
    standing.prepare(standing._scenario, CALM)
    standing.activate(pose, 0.3)
    assert abs(sink(engine, standing)) < 0.003  # all have their torque again


def test_a_body_without_sensors_raises(engine, robot):
    class Blind(engine.kind):
        ground_contacts = Body.ground_contacts
        render = Body.render

    with pytest.raises(BodyError, match="Blind cannot sense contacts"):
        Blind(robot).ground_contacts()
    with pytest.raises(BodyError, match="Blind has no camera"):
        Blind(robot).render(Camera((0.0, 0.0, 0.0)))
