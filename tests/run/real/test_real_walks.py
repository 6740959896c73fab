"""Walks of a real robot: which count, who is asked, what is closed; with bodies and gates that follow a script."""

from types import SimpleNamespace

import pytest

from gaitopt.errors import BodyError, InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.body import Capabilities, Lifecycle
from gaitopt.hal.serial.light_gate import Passage
from gaitopt.robot.spec import load_robot
from gaitopt.run.real import walks as module
from gaitopt.run.real.robot import OperatedRobot, RealRobot, UnattendedOperator
from gaitopt.run.real.walks import RealWalks, check_real_robot
from gaitopt.run.walkers.walker import GaitWalker
from gaitopt.scenario.objective import parse_score
from gaitopt.scenario.spec import load_scenario
from gaitopt.spec import parse_spec
from gaitopt.walk.controller import GaitController, SkillController
from gaitopt.walk.stopwatch import GateStopwatch, KeyStopwatch, SpoiledError
from gaitopt.walk.traversal import Status

ROBOT, SCENARIO = load_robot("petoi-bittle"), load_scenario("desk")
GAIT = GaitWalker(load_gait("hand-tuned", ROBOT))
DONE, FELL, BLIND = (SimpleNamespace(status=status) for status in (Status.FINISHED, Status.FELL, Status.TIMEOUT))


class FakeBody:
    """Is opened and closed."""

    command_period = 0.05

    def __init__(self, world):
        self.world, self.lifecycle = world, Lifecycle.DISCONNECTED

    def configure(self):
        self.world.log.append("open body")
        if self.world.deaf:
            raise BodyError("nobody answers")
        self.lifecycle = Lifecycle.INACTIVE

    def close(self):
        self.world.log.append("close body")
        self.lifecycle = Lifecycle.DISCONNECTED


class FakeGate:
    def __init__(self, link):
        self.link = link

    def configure(self):
        self.link.world.log.append("open gate")
        if self.link.world.no_gate:
            raise BodyError("this is not a light gate")

    def close(self):
        self.link.world.log.append("close gate")


class World:
    """What happens to the robot: `walks` are the walks in their order, each a traversal or an error."""

    def __init__(self, monkeypatch, *walks):
        self.walks, self.log, self.troubles = list(walks), [], []
        self.deaf = self.no_gate = self.too_fast = False
        self.keys = None
        self.controllers, self.stopwatches = [], []
        monkeypatch.setattr(module, "make_real_body", lambda robot, address: FakeBody(self))
        monkeypatch.setattr(module, "SerialLink", lambda port, baud: SimpleNamespace(world=self, port=port))
        monkeypatch.setattr(module, "LightGate", FakeGate)
        monkeypatch.setattr(module, "traverse", self.traverse)
        monkeypatch.setattr(module, "plan_deployment", self.plan)

    def plan(self, body, gait, robot, scenario, native):
        self.log.append("plan")
        if self.too_fast:
            raise InputError("this gait is too fast for the link")

    def traverse(self, body, controller, scenario, seed, stopwatch):
        assert body.lifecycle is Lifecycle.INACTIVE
        self.log.append("walk")
        self.controllers.append(controller)
        self.stopwatches.append(stopwatch)
        walk = self.walks.pop(0)
        if isinstance(walk, Exception):
            raise walk
        if walk is FELL:
            body.lifecycle = Lifecycle.FAULT
        if walk is DONE:
            stopwatch.started, stopwatch.finished = 1.0, 2.0
        return walk

    def ready(self, trouble):
        """Be the operator."""
        self.log.append("ready")
        self.troubles.append(trouble)

    def real_walks(self, operator=None, **spec):
        given = {"body": "opencat:/dev/x", "stopwatch": "gate:/dev/y"} | spec
        return RealWalks(ROBOT, SCENARIO, OperatedRobot(RealRobot(**given), operator or self))


@pytest.fixture
def world(monkeypatch):
    return lambda *walks: World(monkeypatch, *walks)


def test_everything_is_opened_once_and_before_the_operator_is_asked(world):
    it = world(DONE, DONE)
    robot = it.real_walks()
    assert [robot.walk(GAIT, seed) for seed in (1, 2)] == [DONE, DONE]
    assert it.log == ["open gate", "open body", "plan", "ready", "walk", "ready", "walk"]
    assert it.troubles == [None, None]
    robot.close()
    robot.close()
    assert it.log[-2:] == ["close body", "close gate"]


def test_a_spoiled_walk_is_walked_again(world):
    it = world(SpoiledError("somebody touched it"), SpoiledError("again"), DONE)
    assert it.real_walks().walk(GAIT, 1) is DONE
    assert it.troubles == [None, "somebody touched it", "again"]
    assert it.log.count("open body") == 1


def test_a_fault_is_told_and_the_walk_repeated_with_everything_opened_anew(world):
    it = world(BodyError("battery low"), DONE)
    assert it.real_walks().walk(GAIT, 1) is DONE
    assert it.troubles == [None, "battery low"]
    assert it.log[4:] == ["walk", "close body", "close gate", "ready", "open body", "open gate", "walk"]


def test_a_body_that_stays_away_is_told_again_and_again(world):
    it = world(BodyError("the port is lost"), DONE)
    robot = it.real_walks()

    def unplugged(trouble):
        it.troubles.append(trouble)
        it.deaf = 1 < len(it.troubles) < 4

    it.ready = unplugged
    assert robot.walk(GAIT, 1) is DONE
    assert it.troubles == [None, "the port is lost", "nobody answers", "nobody answers"]


def test_after_a_fall_the_body_is_opened_anew(world):
    it = world(FELL, DONE)
    robot = it.real_walks()
    assert robot.walk(GAIT, 1) is FELL  # it counts
    assert robot.walk(GAIT, 2) is DONE
    assert it.log[4:] == ["walk", "close body", "ready", "open body", "walk"]
    assert it.troubles == [None, None]


@pytest.mark.parametrize(
    ("wrong", "error"), [("deaf", "nobody answers"), ("no_gate", "not a light gate"), ("too_fast", "too fast")]
)
def test_what_is_wrong_from_the_start_is_raised_before_the_operator_is_asked(world, wrong, error):
    it = world(DONE)
    setattr(it, wrong, True)
    with pytest.raises((BodyError, InputError), match=error):
        it.real_walks().walk(GAIT, 1)
    assert "ready" not in it.log
    it.log.clear()
    with pytest.raises((BodyError, InputError), match=error):
        check_real_robot(ROBOT, SCENARIO, RealRobot(body="opencat:/dev/x", stopwatch="gate:/dev/y"), GAIT)
    assert it.log.count("open gate") == it.log.count("close gate") == 1
    assert it.log.count("open body") - it.log.count("close body") == (1 if wrong == "deaf" else 0)


def test_a_gate_that_did_not_answer_is_not_used(world):
    """A gate that was opened in vain, once, was taken for a gate ever after."""
    it = world(DONE)
    it.no_gate = True
    robot = it.real_walks()
    for _ in range(2):
        with pytest.raises(BodyError, match="not a light gate"):
            robot.walk(GAIT, 1)
    assert "walk" not in it.log


def test_only_the_first_gait_is_checked_against_the_link(world):
    it = world(DONE, DONE)
    robot = it.real_walks()
    robot.walk(GAIT, 1)
    it.too_fast = True
    assert robot.walk(GAIT, 2) is DONE


def test_gaits_are_streamed_or_played_by_the_robot(world):
    for native, kind in ((False, GaitController), (True, SkillController)):
        it = world(DONE, DONE)
        robot = it.real_walks(native=native)
        robot.walk(GAIT, 1)
        robot.walk(GAIT, 2)
        assert [type(controller) for controller in it.controllers] == [kind, kind]


def test_a_gate_that_sees_nothing_is_told_after_three_walks_in_a_row(world):
    it = world(BLIND, BLIND, DONE, BLIND, BLIND, FELL, BLIND, BLIND, BLIND)
    robot = it.real_walks()
    for seed in range(8):
        robot.walk(GAIT, seed)
    with pytest.raises(BodyError, match="gate:/dev/y: no beam was broken in 3 walks of 12 s; check that the robot"):
        robot.walk(GAIT, 8)


def test_the_stopwatch_is_the_operators_or_the_gates(world):
    it = world(DONE, DONE)
    it.keys = SimpleNamespace(pressed=lambda: "")
    it.real_walks(stopwatch="key").walk(GAIT, 1)
    it.real_walks().walk(GAIT, 1)
    assert [type(stopwatch) for stopwatch in it.stopwatches] == [KeyStopwatch, GateStopwatch]
    it.keys = None
    with pytest.raises(InputError, match="needs an operator at a terminal; or time by --stopwatch gate:PORT"):
        it.real_walks(stopwatch="key").walk(GAIT, 1)


def test_an_unattended_operator_bears_two_failures_in_a_row():
    slept, told = [], []
    operator = UnattendedOperator(2.5, sleep=slept.append, report=told.append)
    operator.ready(None)
    operator.ready("first")
    operator.ready("second")
    operator.ready(None)  # a walk that counted
    operator.ready("third")
    operator.ready("fourth")
    with pytest.raises(BodyError, match="fifth; 3 walks in a row failed: fix it first"):
        operator.ready("fifth")
    assert slept == [2.5] * 6
    assert told == ["first", "second", "third", "fourth"]


def test_with_an_unattended_operator_a_lasting_fault_ends_the_walk(world):
    it = world(*[BodyError("battery low")] * 3)
    with pytest.raises(BodyError, match="battery low; 3 walks in a row failed"):
        it.real_walks(UnattendedOperator(0.0, sleep=lambda duration: None)).walk(GAIT, 1)
    assert it.log.count("walk") == 3
    assert it.log[-2:] == ["close body", "close gate"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"body": "pybullet:"}, "body: got 'pybullet:'; expected a robot on a serial line"),
        ({"body": "opencat"}, "expected 'opencat:PORT'"),
        ({"body": "opencat:/dev/x", "stopwatch": "gate:"}, "stopwatch: got 'gate:'; expected key, or gate:PORT"),
        ({"body": "opencat:/dev/x", "stopwatch": "keys"}, "expected key, or gate:PORT"),
        ({"body": "opencat:/dev/x", "nativ": True}, "did you mean native"),
    ],
)
def test_a_real_robot_that_cannot_be(spec, said):
    with pytest.raises(InputError, match=said):
        parse_spec(RealRobot, spec, "real")


def test_a_gate_tells_of_a_passage_to_its_stopwatch():
    """The two agree on what a passage is; more in tests of each."""
    assert Passage(1.0, 3.5).duration == 2.5


def test_a_score_that_the_robot_cannot_measure_is_refused_before_it_moves(monkeypatch):
    world = World(monkeypatch)
    can = Capabilities(simulated=False, position=False, joint_torque=False, contacts=False, camera=False)
    monkeypatch.setattr(FakeBody, "capabilities", can, raising=False)
    spec = RealRobot(body="opencat:PORT", stopwatch="gate:PORT")
    check_real_robot(ROBOT, SCENARIO, spec, GAIT, parse_score("speed - sway"))
    with pytest.raises(InputError, match="this body does not measure drift"):
        check_real_robot(ROBOT, SCENARIO, spec, GAIT, parse_score("speed - drift"))
    assert world.log[-1] in ("close body", "close gate")
    assert world.troubles == []
