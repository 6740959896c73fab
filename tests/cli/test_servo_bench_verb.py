"""`gaitopt servo-bench`: its table, picture and JSON, and what it refuses."""

import json

import pytest
from PIL import Image

from gaitopt.cli import servo_bench as verb
from gaitopt.errors import BodyError


def test_table_and_picture(cli, here):
    said = cli("servo-bench", "--robot", "petoi-bittle", "--picture", "servo.png")
    assert (said.code, said.err) == (0, "")
    first, _, head, *rows = said.out.splitlines()
    assert first.startswith("petoi-bittle, front_left_knee, on a stand; inertia 0.000108 kg m^2")
    assert head.split() == ["measure", "specified", "pybullet", "pybullet", "error", "mujoco", "mujoco", "error"]
    assert rows[0].split() == ["torque", "at", "0.00", "rad/s", "[N", "m]", "0.200", "0.200", "+0.0%", "0.200", "+0.0%"]
    assert rows[-1] == "picture   servo.png"
    with Image.open(here / "servo.png") as image:
        assert image.format == "PNG"


def test_json_holds_every_figure(cli, here):
    said = cli("servo-bench", "--joint", "rotator", "--engine", "mujoco", "--json")
    assert said.code == 0
    data = json.loads(said.out)
    assert (data["robot"], data["joint"], data["picture"]) == ("aibo-ers7", "front_left_rotator", None)
    assert list(data["engines"]) == ["mujoco"]
    bench = data["engines"]["mujoco"]
    assert bench["line"][0]["speed_radps"] == pytest.approx(7.47, rel=0.01)
    assert bench["response_s"]["engine"] == pytest.approx(bench["response_s"]["specified"], rel=0.05)
    trace = bench["traces"]["large step"]["engine"]
    assert list(trace) == ["times", "target", "angle", "speed", "torque"]
    assert trace["angle"][-1] == pytest.approx(0.8, abs=0.01)
    assert bench["deviation_rad"]["small step"] < 0.001
    assert list(here.iterdir()) == []


def test_an_engine_that_is_not_installed_is_left_out(cli, monkeypatch):
    real = verb.run_bench

    def run_bench(robot, joint, engine):
        if engine == "pybullet":
            raise BodyError("PyBullet cannot be imported")
        return real(robot, joint, engine)

    monkeypatch.setattr(verb, "run_bench", run_bench)
    said = cli("servo-bench")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "left out  pybullet: PyBullet cannot be imported"
    asked = cli("servo-bench", "--engine", "pybullet")
    assert (asked.code, asked.out, asked.err) == (2, "", "gaitopt: PyBullet cannot be imported\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--robot", "petoi-bittle", "--joint", "elevator"), "petoi-bittle has none; expected one of rotator, knee"),
        (("--joint", "hip"), "invalid choice: 'hip'"),
        (("--engine", "mujco"), "unknown engine 'mujco'; did you mean mujoco?"),
        (("--picture", "servo.pdf"), "--picture servo.pdf: got '.pdf'; expected FILE.png"),
        (("--picture", "nowhere/servo.png"), "nowhere/servo.png: "),
        (("--robot", "aibo"), "unknown robot 'aibo'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_refused_at_once(cli, here, monkeypatch, words, expected):
    monkeypatch.setattr(verb, "run_bench", lambda *_: pytest.fail("bad input is to be refused before the bench"))
    said = cli("servo-bench", *words)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert expected in said.err
    assert list(here.iterdir()) == []
