"""Policies on emulated robots, on a desk in memory, in simulated time; and what is refused before anything moves."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from memory_desk import GATE, ROBOTS, MemoryDesk
from walking_policies import random_trained

from gaitopt.walk.policy_controller import Interface

SEEN = {"dynamixel": ("phase", "offsets", "joints"), "opencat": ("phase", "tilt", "rates", "heading", "offsets")}
"""What each robot measures."""
MOTION = {"opencat": b"L", "dynamixel": b"\x83\x40\x00\x01\x00\x0b\x01"}
"""What is sent first when a robot is moved."""


@pytest.fixture(autouse=True)
def own_calibrations(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture
def desk_of(monkeypatch):
    """Return a function that sets up a desk with a robot."""
    desks = []

    def make(kind):
        desks.append(MemoryDesk(kind))
        desks[-1].install(monkeypatch)
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


def policy(kind, weights=0.02, observe=None):
    """Write a policy for a robot into ./policy.npz."""
    interface = Interface(observe=observe or SEEN[kind])
    random_trained(ROBOTS[kind], interface, "gaussian-mlp", weights).save(Path("policy.npz"))
    return "policy.npz"


def moved(desk):
    return any(MOTION[desk.kind] in data for link in desk.links for _, data in link.sent)


def sent(path):
    """Return the joint angles in a record [rad], (commands, joints)."""
    with Path(path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[key]) for key in row if key.endswith("_sent_rad")] for row in rows])


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_policy_that_sees_what_the_robot_measures_walks_on_it(cli, desk_of, kind):
    desk = desk_of(kind)
    before = desk.emulation.robot.place[0]
    said = cli("deploy", policy(kind), *desk.words, "--seconds", 2, "--record", "walk.csv", "--json")
    assert said.code == 0, said
    told = json.loads(said.out)
    assert (told["moved"], told["native"], told["missed_deadlines"], told["gait"]) == (True, False, 0, "policy")
    assert told["policy_period_s"] == pytest.approx({"dynamixel": 0.04, "opencat": 0.1}[kind])
    assert told["slower"] > 1.5 if kind == "opencat" else told["slower"] == 1.0
    assert "the policy acts every" in said.err
    assert desk.emulation.robot.place[0] - before > 0.05
    assert desk.limp
    assert len(sent("walk.csv")) == round(2 / told["period_s"])


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_policy_without_weights_sends_its_gait_and_another_one_does_not(cli, desk_of, kind):
    for name, weights in (("gait", None), ("nothing", 0.0), ("something", 0.05)):
        walker = "hand-tuned" if weights is None else policy(kind, weights)
        said = cli("deploy", walker, *desk_of(kind).words, "--seconds", 1, "--record", f"{name}.csv")
        assert said.code == 0, said
    gait, nothing, something = (sent(f"{name}.csv") for name in ("gait", "nothing", "something"))
    assert np.abs(nothing - gait).mean() < 0.005
    assert np.abs(something - gait).mean() > 0.01


def test_a_policy_is_scored_between_two_light_beams(cli, desk_of):
    desk = desk_of("dynamixel")
    words = ["score", policy("dynamixel"), *desk.words, "--stopwatch", f"gate:{GATE}", "--repeats", 2]
    said = cli(*words)
    assert said.code == 0, said
    assert "2 of 2 evaluation walks finished" in said.out
    assert "dynamixel-quadruped, policy, desk" in said.out
    assert desk.limp


@pytest.mark.parametrize(
    ("kind", "observe", "lacking", "instead"),
    [
        ("dynamixel", SEEN["opencat"], "a tilt sensor", "['phase', 'offsets']"),
        ("opencat", SEEN["dynamixel"], "servos that measure their angles", "['phase', 'offsets']"),
        ("dynamixel", ("place",), "a measured position", "['phase']"),
    ],
)
@pytest.mark.parametrize("verb", ["deploy", "score"])
def test_what_the_robot_cannot_measure_is_told_before_it_moves(cli, desk_of, verb, kind, observe, lacking, instead):
    desk = desk_of(kind)
    more = ["--stopwatch", f"gate:{GATE}"] if verb == "score" else []
    said = cli(verb, policy(kind, observe=observe), *desk.words, *more)
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [
        f"gaitopt: {ROBOTS[kind]}: the policy needs {lacking}, which this body lacks; train one that observes less: "
        f'gaitopt train --set "interface.observe={instead}"'
    ]
    assert not moved(desk)


@pytest.mark.parametrize("verb", ["deploy", "score"])
def test_a_policy_is_not_played_from_the_robots_memory(cli, desk_of, verb):
    desk = desk_of("opencat")
    more = ["--stopwatch", f"gate:{GATE}"] if verb == "score" else []
    said = cli(verb, policy("opencat"), *desk.words, *more, "--native")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [
        "gaitopt: a policy or controller acts as it walks, an uploaded skill cannot; leave out --native"
    ]
    assert not moved(desk)


def test_a_gait_too_fast_for_the_link_is_refused_at_full_speed_and_native_is_no_way_out(cli, desk_of):
    desk = desk_of("opencat")
    said = cli("deploy", policy("opencat"), *desk.words, "--slow", 1)
    assert said.code == 2
    assert "this gait is too fast for the link, which carries 72% of its motion; make its cycle" in said.err
    assert "--native" not in said.err
    assert not moved(desk)


def test_a_dry_run_of_a_policy_moves_nothing(cli, desk_of):
    desk = desk_of("dynamixel")
    assert cli("deploy", policy("dynamixel"), *desk.words, "--dry-run").code == 0
    assert not moved(desk)


def test_export_writes_a_policy_as_onnx(cli, here):
    said = cli("export", policy("dynamixel"), "--format", "onnx", "--output", "policy.onnx", "--json")
    assert said.code == 0, said
    told = json.loads(said.out)
    assert (told["robot"], told["policy"], told["output"]) == (ROBOTS["dynamixel"], "policy", "policy.onnx")
    assert len(told["metadata"]["observation"]) == 2 + 12 + 12
    assert (here / "policy.onnx").stat().st_size > 10_000
    assert (
        "26 observations, 24 actions, every 40 ms"
        in cli("export", "policy.npz", "--format", "onnx", "--output", "policy.onnx").out
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("policy.npz --format onnx", "the file is binary; say where to write it: --output FILE.onnx"),
        ("policy.npz --format onnx --output no/p.onnx", "no/p.onnx: cannot be written: No such file or directory"),
        ("hand-tuned --format onnx --output p.onnx", "hand-tuned: is not a policy; --format onnx is for policies"),
        ("policy.npz --format opencat", "policy: is a policy, which an OpenCat skill cannot hold; use --format onnx"),
        ("policy.npz --format onyx", "invalid choice: 'onyx'"),
        ("nowhere.npz --format onnx --output p.onnx", "nowhere.npz: cannot be read: No such file or directory"),
    ],
)
def test_an_export_that_cannot_be(cli, here, words, said):
    policy("opencat")
    result = cli("export", *words.split())
    assert (result.code, result.out) == (2, "")
    assert said in result.err.splitlines()[-1]
    assert [path.name for path in here.iterdir()] == ["policy.npz"]
