"""A controller of one's own on the command line: a file in the current folder, in simulation and on emulated robots."""

import json
import sys

import pytest
from memory_desk import GATE, MemoryDesk

OWN = '''
from gaitopt.gait.gait_file import load_gait
from gaitopt.walk.controller import GaitController


class HandTuned:
    """Walks as the gait does, from the tables of a controller within."""

    def __init__(self, robot, scenario):
        gait = load_gait("hand-tuned", robot)
        self._inner = GaitController(gait.parameters, robot, scenario)
        self.start_pose = self._inner.start_pose

    def drive(self, body, first, count, state):
        body.play(self._inner.angles(first, count, state), body.command_period)


class Tired(HandTuned):
    def drive(self, body, first, count, state):
        raise RuntimeError("no battery in the model")
'''
TINY = ["--set", "scenario.field.length_m=0.05", "--set", "scenario.field.run_up_m=0.02"]


@pytest.fixture(autouse=True)
def own(here, monkeypatch, tmp_path_factory):
    (here / "own.py").write_text(OWN)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("own", None)


@pytest.fixture
def desk(monkeypatch):
    desk = MemoryDesk("dynamixel")
    desk.install(monkeypatch)
    yield desk
    desk.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_it_is_evaluated_like_the_gait_that_it_plays(cli, workers):
    told = []
    for walker in ("own:HandTuned", "hand-tuned"):
        said = cli("evaluate", walker, *TINY, "--repeats", 2, "--workers", workers, "--json")
        assert said.code == 0, said
        told.append(json.loads(said.out))
    own, gait = told
    assert (own.pop("gait"), gait.pop("gait")) == ("HandTuned", "hand-tuned")
    assert own["speed_mps"] == gait["speed_mps"] > 0


def test_it_is_replayed(cli):
    own, gait = (cli("replay", walker, *TINY).out for walker in ("own:HandTuned", "hand-tuned"))
    assert own.removeprefix("HandTuned: ") == gait.removeprefix("hand-tuned: ")
    assert own.startswith("HandTuned: finished in ")


def test_it_walks_on_a_robot_and_between_two_light_beams(cli, desk):
    said = cli("deploy", "own:HandTuned", *desk.words, "--seconds", 2, "--json")
    assert said.code == 0, said
    told = json.loads(said.out)
    assert (told["moved"], told["cycle_time_s"], told["link_share"]) == (True, None, None)
    assert "HandTuned, streamed every 20 ms" in said.err
    assert desk.limp
    said = cli("evaluate", "own:HandTuned", *desk.words, "--stopwatch", f"gate:{GATE}", "--repeats", 2)
    assert said.code == 0, said
    assert "2 of 2 evaluation walks finished" in said.out
    assert desk.limp


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("deploy own:HandTuned --native", "a policy or controller acts as it walks, an uploaded skill cannot"),
        ("deploy own:HandTuned --slow 2", "controller HandTuned: a controller of your own cannot be slowed down"),
    ],
)
def test_what_it_cannot_do_on_a_robot_is_refused_before_it_moves(cli, desk, words, line):
    said = cli(*words.split(), *desk.words)
    assert (said.code, said.out) == (2, "")
    assert line in said.err
    assert desk.limp


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("evaluate own:Tired --workers 1", "controller Tired: drive raised RuntimeError: no battery in the model"),
        ("evaluate own:Tired --workers 2", "controller Tired: drive raised RuntimeError: no battery in the model"),
        ("replay own:Tired", "controller Tired: drive raised RuntimeError: no battery in the model"),
        ("evaluate own:Tird", "controller 'own:Tird' cannot be imported: AttributeError: module 'own' has no"),
        ("evaluate own:GaitController", "controller GaitController: GaitController(robot, scenario) raised"),
        ("export own:HandTuned --format onnx --output x.onnx", "HandTuned: is not a policy; --format onnx"),
        ("export own:HandTuned --format opencat", "HandTuned: is a controller, which an OpenCat skill cannot hold"),
    ],
)
def test_what_is_wrong_is_one_line(cli, words, line):
    said = cli(*words.split(), *TINY)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("gaitopt: ")
    assert line in said.err
    assert len(said.err.splitlines()) == 1
