"""What every body does alike: simulated ones, and those of OpenCat and Dynamixel, in memory and over a pty."""

import os
import threading

import numpy as np
import pytest
from contract_bodies import InMemory, Simulated, over_pty
from engine_rigs import ENGINES
from serial_rigs import LEGS, ROBOTS

from gaitopt.errors import BodyError, ProtocolError
from gaitopt.hal.body import Lifecycle
from gaitopt.hal.real import last_resort
from gaitopt.robot.kinematics import kinematics
from gaitopt.scenario.spec import Conditions, load_scenario

CALM = Conditions(friction=0.6, servo_strength=1.0, start_side=0.0, start_heading=0.0)


@pytest.fixture(params=[*ENGINES, *ROBOTS])
def case(request):
    """A body that is not configured yet."""
    simulated = request.param in ENGINES
    case = Simulated(request.param, "petoi-bittle") if simulated else InMemory(request.param)
    yield case
    case.body.close()
    assert not last_resort._armed


def pose_of(case, **degrees):
    """Return joint angles [rad]: joints not named are as in a crouch."""
    usual = {"rotator": 25.0, "elevator": 8.0, "knee": 55.0}
    return np.radians([degrees.get(name, usual[name.split("_")[-1]]) for name in case.robot.joint_names])


def stand_up(case):
    case.body.configure()
    case.body.prepare(load_scenario("field"), CALM)
    case.body.activate(pose_of(case), 0.3)
    return case


def go(case, pose, most=200):
    """Command a pose until the sent angles no longer change, and a few times more; return them."""
    before, same = None, 0
    for _ in range(most):
        sent = case.body.command(pose)
        case.body.advance(case.body.command_period)
        same = same + 1 if before is not None and np.allclose(sent, before, atol=1e-3) else 0
        if same * case.body.command_period > 0.2:
            return sent
        before = sent
    raise AssertionError("it never gets there")


def degrees_of(case, angles):
    return dict(zip(case.robot.joint_names, np.degrees(angles), strict=True))


# One pose with a value of its own for each joint, six degrees apart: none can be taken for another.
DISTINCT = {f"{leg}_rotator": 16.0 + 6 * i for i, leg in enumerate(LEGS)}
DISTINCT |= {f"{leg}_knee": 46.0 + 6 * i for i, leg in enumerate(LEGS)}
DISTINCT |= {f"{leg}_elevator": 4.0 + 6 * i for i, leg in enumerate(LEGS)}


def check_order(case):
    go(case, pose_of(case, **DISTINCT))
    stands = case.stands()
    assert {name: pytest.approx(DISTINCT[name], abs=case.sure) for name in stands} == stands
    measured = degrees_of(case, case.body.read().joint_angles)
    assert {name: pytest.approx(DISTINCT[name], abs=case.sure) for name in measured} == measured


def check_clamping(case):
    """It goes no further than a limit, and returns the limited angle."""
    low, high = case.robot.joint_limits.T
    name = "front_right_rotator"
    joint = case.robot.joint_names.index(name)
    sent = go(case, pose_of(case, **{name: 300.0}))
    rounding = np.radians(0.6)
    assert high[joint] - rounding <= sent[joint] <= high[joint] + 1e-9
    np.testing.assert_allclose(np.delete(sent, joint), np.delete(pose_of(case), joint), atol=rounding)
    assert case.stands()[name] == pytest.approx(np.degrees(high[joint]), abs=case.sure)
    sent = go(case, pose_of(case, **{name: -300.0}))
    assert low[joint] - 1e-9 <= sent[joint] <= low[joint] + rounding
    go(case, pose_of(case))


def check_refused(case, calls):
    before = case.body.lifecycle
    field, pose = load_scenario("field"), pose_of(case)
    every = {
        "configure": lambda: case.body.configure(),
        "prepare": lambda: case.body.prepare(field, CALM),
        "activate": lambda: case.body.activate(pose, 0.1),
        "command": lambda: case.body.command(pose),
        "advance": lambda: case.body.advance(0.024),
        "read": lambda: case.body.read(),
    }
    for call in calls:
        with pytest.raises((ProtocolError, BodyError), match=f"^{call}: "):
            every[call]()
        assert case.body.lifecycle is before


def check_estop(case):
    thread = threading.Thread(target=lambda: [case.body.estop(), case.body.estop()])
    thread.start()
    thread.join()
    with pytest.raises(BodyError, match=r"^advance: .*stopped"):
        case.body.advance(case.body.command_period)
    assert case.body.lifecycle is Lifecycle.ESTOP
    check_refused(case, ["configure", "prepare", "activate", "command", "advance"])
    case.body.deactivate()
    assert case.body.lifecycle is Lifecycle.ESTOP


def test_calls_in_the_wrong_order_are_refused(case):
    assert case.body.lifecycle is Lifecycle.DISCONNECTED
    check_refused(case, ["prepare", "activate", "command", "advance", "read"])
    case.body.deactivate()
    case.body.close()
    case.body.configure()
    assert case.body.lifecycle is Lifecycle.INACTIVE
    check_refused(case, ["configure", "command", "advance"])
    case.body.prepare(load_scenario("field"), CALM)
    case.body.activate(pose_of(case), 0.3)
    assert case.body.lifecycle is Lifecycle.ACTIVE
    check_refused(case, ["configure", "prepare", "activate"])
    case.body.deactivate()
    case.body.deactivate()
    assert case.body.lifecycle is Lifecycle.INACTIVE
    case.body.close()
    case.body.close()
    case.body.deactivate()
    assert case.body.lifecycle is Lifecycle.DISCONNECTED
    check_refused(case, ["prepare", "activate", "command", "advance", "read"])


def test_activate_ends_in_the_pose(case):
    stand_up(case)
    wanted = degrees_of(case, pose_of(case))
    assert {name: pytest.approx(angle, abs=case.sure) for name, angle in wanted.items()} == case.stands()


def test_each_joint_is_moved_by_its_own_number(case):
    check_order(stand_up(case))


def test_a_mix_up_of_two_legs_is_seen(case):
    """Negative control: OpenCat counts the right rear leg before the left."""
    stand_up(case)
    swapped = dict(DISTINCT)
    for joint in ("rotator", "knee"):
        names = f"rear_left_{joint}", f"rear_right_{joint}"
        swapped[names[0]], swapped[names[1]] = DISTINCT[names[1]], DISTINCT[names[0]]
    go(case, pose_of(case, **swapped))
    assert any(abs(angle - DISTINCT[name]) > case.sure for name, angle in case.stands().items())


def test_angles_beyond_a_limit_are_limited_and_returned(case):
    check_clamping(stand_up(case))


def test_command_returns_what_the_servos_received(case):
    stand_up(case)
    rng = np.random.default_rng(3)
    for _ in range(20):
        sent = case.body.command(pose_of(case) + rng.uniform(-0.5, 0.5, len(pose_of(case))))
        if isinstance(case, InMemory):
            got = case.rig.targets()
            assert {name: pytest.approx(got[name], abs=1e-6) for name in got} == degrees_of(case, sent)
        case.body.advance(case.body.command_period)
    low, high = case.robot.joint_limits.T
    assert ((low <= sent) & (sent <= high)).all()


@pytest.mark.parametrize("bad", ["nan", "one short", "four rows"])
def test_invalid_angles_are_refused_and_move_nothing(case, bad):
    stand_up(case)
    pose = pose_of(case)
    wrong = {
        "nan": np.where(np.arange(len(pose)) == 3, np.nan, pose),
        "one short": pose[:-1],
        "four rows": pose.reshape(4, -1),
    }
    before = case.stands()
    with pytest.raises(BodyError, match=r"^command: got "):
        case.body.command(wrong[bad])
    assert case.body.lifecycle is Lifecycle.ACTIVE
    case.body.advance(case.body.command_period)
    assert {name: pytest.approx(angle, abs=1.0) for name, angle in before.items()} == case.stands()
    go(case, pose)


def test_feedback_is_measured_or_commanded_as_declared(case):
    """Blocked joints do not move: measured angles show it, commanded angles do not."""
    stand_up(case)
    case.block()
    stood = case.body.read().joint_angles
    sent = case.body.command(pose_of(case) + np.radians(4))
    measured = np.array(case.body.read().joint_angles)
    expected = {"measured": stood, "commanded": sent}[case.body.capabilities.feedback]
    np.testing.assert_allclose(measured, expected, atol=np.radians(0.6))
    assert np.abs(sent - stood).max() > np.radians(1.5)


def test_times_grow_from_activation(case):
    stand_up(case)
    start = case.body.read().time
    assert 0.0 <= start < 0.1
    case.body.play(np.array([pose_of(case)] * 20), case.body.command_period)
    assert case.body.read().time - start == pytest.approx(20 * case.body.command_period, abs=0.06)


def test_play_is_command_and_advance(case):
    stand_up(case)
    rows = pose_of(case) + np.radians(3) * np.sin(np.linspace(0, np.pi, 30))[:, None]
    sent = case.body.play(rows, case.body.command_period)
    assert sent.shape == rows.shape
    np.testing.assert_allclose(sent, rows, atol=np.radians(0.6))


def test_estop_is_sticky_until_close(case):
    stand_up(case)
    check_estop(case)
    assert case.limp()
    case.body.close()
    assert case.body.lifecycle is Lifecycle.DISCONNECTED
    stand_up(case)
    assert case.body.lifecycle is Lifecycle.ACTIVE
    go(case, pose_of(case))


class Sudden(BaseException):
    pass


def raised(case, error):
    with pytest.raises(type(error)):
        case.body.__exit__(type(error), error, None) or raise_again(error)


def raise_again(error):
    raise error


WAYS = {
    "deactivate": lambda case: case.body.deactivate(),
    "close": lambda case: case.body.close(),
    "end of with": lambda case: case.body.__exit__(None, None, None),
    "error": lambda case: raised(case, ValueError()),
    "exit": lambda case: raised(case, SystemExit()),
    "interrupt": lambda case: raised(case, KeyboardInterrupt()),
    "deactivate and close": lambda case: [case.body.deactivate(), case.body.close()],
    "estop and close": lambda case: [case.body.estop(), case.body.close()],
}


@pytest.mark.parametrize("way", WAYS)
def test_limp_after_every_way_out(case, way):
    stand_up(case)
    go(case, pose_of(case))
    if isinstance(case, InMemory):
        assert not case.limp()
    WAYS[way](case)
    assert case.body.lifecycle is (Lifecycle.INACTIVE if way == "deactivate" else Lifecycle.DISCONNECTED)
    assert case.limp()


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_fault_is_sticky_until_close(kind):
    """A simulated robot has no faults; a real one without commands does."""
    case = stand_up(InMemory(kind))
    case.rig.link.sleep(1.2)
    case.body.guard.watch()
    assert case.body.lifecycle is Lifecycle.FAULT
    check_refused(case, ["configure", "prepare", "activate", "command", "advance", "read"])
    case.body.deactivate()
    assert case.body.lifecycle is Lifecycle.FAULT
    assert case.limp()
    case.body.close()
    stand_up(case)
    case.body.close()


def test_petois_own_geometry_puts_the_feet_where_ours_does():
    """Petoi's formula for the foot, from the angles on the wire; ours, from the pose. Units, signs, zeros and order."""
    case = stand_up(InMemory("opencat"))
    legs, rng = kinematics(case.robot), np.random.default_rng(5)
    for _ in range(5):
        pose = pose_of(case) + rng.uniform(-0.3, 0.3, 8)
        go(case, pose)
        feet = legs.forward(legs.pose(pose)) - legs.hip
        for i, (shoulder, knee) in enumerate([(8, 12), (9, 13), (11, 15), (10, 14)]):  # ours: left, right, left, right
            a, b = np.radians([case.rig.plant.targets[shoulder], case.rig.plant.targets[knee]])
            x = -0.046 * np.sin(a) + 0.048 * np.cos(a + b)
            z = -0.046 * np.cos(a) - 0.048 * np.sin(a + b)
            np.testing.assert_allclose([x, z], feet[i, [0, 2]], atol=0.0015)  # whole degrees
    case.body.close()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
@pytest.mark.parametrize("kind", ROBOTS)
def test_the_contract_over_a_pseudo_terminal(kind):
    """The same checks once more, through a real port, in real time, with physics: in one go, for boards boot slowly."""
    with over_pty(kind) as case:
        check_refused(case, ["prepare", "activate", "command", "advance", "read"])
        stand_up(case)
        check_refused(case, ["configure", "prepare", "activate"])
        check_order(case)
        check_clamping(case)
        assert not case.limp()
        case.body.deactivate()
        assert case.limp()
        case.body.activate(pose_of(case), 0.3)
        assert not case.limp()
        check_estop(case)
        assert case.limp()
        case.body.close()
        assert case.body.lifecycle is Lifecycle.DISCONNECTED
    assert not last_resort._armed
