"""The verbs of real robots: most on a desk in memory, in simulated time; a few over a port, in real time."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from memory_desk import BODY, CHANGES, GATE, PLAIN, ROBOTS, MemoryDesk

from gaitopt.run.experiment import find
from gaitopt.run.learn.folder import RunFolder

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
PATIENCE_S = 60
WAYS = [("dynamixel", ()), ("opencat", ()), ("opencat", ("--native",))]


@pytest.fixture(autouse=True)
def own_calibrations(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture
def desk_of(monkeypatch):
    """Return a function that sets up a desk with a robot."""
    desks = []

    def make(kind, **options):
        desks.append(MemoryDesk(kind, **options))
        desks[-1].install(monkeypatch)
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.mark.parametrize(("kind", "how"), WAYS)
def test_deploy_walks_and_leaves_the_robot_limp(cli, desk_of, here, kind, how):
    desk = desk_of(kind)
    before = desk.emulation.robot.place
    said = cli("deploy", "hand-tuned", *desk.words, *how, "--seconds", 2, "--record", "walk.csv", "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert (told["moved"], told["native"], told["missed_deadlines"]) == (True, bool(how), 0)
    assert told["slower"] > 1.5 if kind == "opencat" and not how else told["slower"] == 1.0
    assert desk.emulation.robot.place[0] - before[0] > 0.05
    assert desk.limp
    assert ROBOTS[kind] in said.err  # who answered is told before anything moves
    with (here / "walk.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == round(2 / told["period_s"])
    assert [float(row["time_s"]) for row in rows] == sorted(float(row["time_s"]) for row in rows)


def test_deploy_longer_than_the_fields_time_limit(cli, desk_of):
    said = cli("deploy", "hand-tuned", *desk_of("dynamixel").words, "--seconds", 4.5)
    assert said.code == 0
    assert "walked    4.5 s" in said.out


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_dry_run_moves_nothing(cli, desk_of, here, kind):
    """Negative control: the same words without --dry-run send what moves."""
    desk = desk_of(kind)
    motion = {"opencat": b"L", "dynamixel": b"\x83\x40\x00\x01\x00\x0b\x01"}[kind]  # torque enable (64) := 1 at 11
    said = cli("deploy", "hand-tuned", *desk.words, "--dry-run", "--record", "walk.csv", "--json")
    assert said.code == 0
    assert json.loads(said.out)["moved"] is False
    assert not any(motion in data for link in desk.links for _, data in link.sent)
    assert list(here.iterdir()) == []
    cli("deploy", "hand-tuned", *desk.words, "--seconds", 0.2)
    assert any(motion in data for link in desk.links for _, data in link.sent)


@pytest.mark.parametrize(("kind", "how"), [WAYS[0], WAYS[2]])
def test_score_between_two_light_beams_tells_only_what_was_measured(cli, desk_of, kind, how):
    desk = desk_of(kind)
    words = ["score", "hand-tuned", *desk.words, *how, "--stopwatch", f"gate:{GATE}", "--repeats", 2]
    said = cli(*words)
    assert said.code == 0
    assert "2 of 2 evaluation walks finished" in said.out
    assert "nan" not in said.out
    assert ("sway" in said.out) == (kind == "opencat")  # its board has a gyroscope
    assert ("energy" in said.out) == (kind == "dynamixel")  # its servos tell their load
    assert desk.limp


def test_score_in_simulation_tells_all(cli):
    said = cli("score", "hand-tuned", "--robot", ROBOTS["dynamixel"], "--repeats", 1, "--workers", 1, *CHANGES)
    assert all(name in said.out for name in ("sway", "energy", "drift", "artefacts"))


def rows_of(run):
    with run.open_store() as store:
        return {row.place: repr(row) for row in store.rows("learn")}


def test_a_run_on_the_robot_that_is_killed_goes_on_with_what_was_walked(cli, desk_of, monkeypatch):
    desk = desk_of("dynamixel")
    walks = []
    sleep = desk.sleep

    def until(last):  # the third time that the robot is put back, the process is killed
        def put_back(duration):
            walks.append(duration)
            if len(walks) > last:
                os.kill(os.getpid(), signal.SIGTERM)
            sleep(duration)

        desk.sleep = put_back
        desk.install(monkeypatch)

    until(2)
    gate = ["--stopwatch", f"gate:{GATE}"]
    said = cli("learn", "--optimizer", "kohl-stone", *desk.words, *gate, "--traversals", 45, "--fresh", 2, "--json")
    assert (said.code, json.loads(said.out)["interrupted"], json.loads(said.out)["traversals"]) == (130, True, 2)
    assert desk.limp
    run = RunFolder(find("latest", Path("runs")))
    before = rows_of(run)
    assert len(before) == 2
    walks.clear()
    until(1)
    said = cli("resume", "latest", "--yes", "--json")
    assert (said.code, json.loads(said.out)["traversals"]) == (130, 3)
    assert before.items() <= rows_of(run).items()
    assert run.config.real.stopwatch == gate[1]


def test_a_run_goes_on_at_another_port(cli, desk_of, monkeypatch):
    desk = desk_of("dynamixel")
    sleep = desk.sleep

    def killed(duration):
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(duration)

    desk.sleep = killed
    desk.install(monkeypatch)
    learn = ["learn", "--optimizer", "kohl-stone", *desk.words, "--stopwatch", f"gate:{GATE}", "--traversals", 45]
    assert cli(*learn).code == 130
    said = cli("resume", "latest", "--yes", "--body", "dynamixel:/dev/other")
    assert (said.code, "/dev/other: no such port" in said.err) == (2, True)
    assert cli("resume", "latest", "--yes", "--body", desk.address).code == 130


@pytest.mark.parametrize("kind", ROBOTS)
def test_monitor_looks_once_and_moves_nothing(cli, desk_of, kind):
    desk = desk_of(kind)
    told = json.loads(cli("monitor", "--body", desk.address, "--json").out)
    assert told["robot"] == ROBOTS[kind]
    assert told["voltage_v"] > 7
    assert len(told["joints"]) == (12 if kind == "dynamixel" else 8)
    assert (told["tilt_deg"] is None) == (kind == "dynamixel")
    assert desk.limp
    watched = cli("monitor", "--body", desk.address, "--seconds", 1)
    assert watched.code == 0
    assert "front_left_knee" in watched.err
    assert "-0 " not in watched.err


@pytest.mark.parametrize("kind", ROBOTS)
def test_find_port_tells_robot_and_gate_apart(cli, desk_of, kind):
    desk = desk_of(kind)
    said = cli("find-port", PLAIN, GATE, BODY, "/dev/nowhere")
    assert said.code == 0
    assert f"use it with: --body {desk.address}\n" in said.out
    assert f"use it with: --stopwatch gate:{GATE}\n" in said.out
    assert f"{PLAIN:20}no robot answers\n" in said.out
    assert f"{'/dev/nowhere':20}no such port" in said.out
    assert desk.limp
    nobody = cli("find-port", PLAIN, "--json")
    assert (nobody.code, [port["body"] for port in json.loads(nobody.out)["ports"]]) == (1, [None])


def test_a_calibration_is_kept_and_used(cli, desk_of):
    desk = desk_of("dynamixel")
    said = cli("calibrate", "--body", desk.address, "--id", "rex", "--offset", "front_left_knee=100", "--json")
    assert said.code == 0
    assert json.loads(said.out)["joints"]["front_left_knee"] == {"offset": 100.0, "sign": 1}

    def knee(*words):
        told = json.loads(cli("monitor", "--body", desk.address, *words, "--json").out)
        return next(row["angle_deg"] for row in told["joints"] if row["joint"] == "front_left_knee")

    knee()
    desk.sleep(3)  # until it lies still
    assert knee() - knee("--id", "rex") == pytest.approx(100 * 360 / 4096, abs=0.2)
    cli("calibrate", "--body", desk.address, "--id", "rex", "--offset", "front_left_knee=-100")
    assert knee() - knee("--id", "rex") == pytest.approx(0, abs=0.2)


def test_export_writes_a_skill(cli, here):
    words = ["export", "hand-tuned", "--robot", "petoi-bittle", "--format", "opencat", "--skill", "fast"]
    shown, written = cli(*words), cli(*words, "--output", "fast.h", "--json")
    assert (shown.code, written.code) == (0, 0)
    assert (here / "fast.h").read_text().rstrip() == shown.out.rstrip()
    told = json.loads(written.out)
    assert told["frames"] > 10
    assert told["played_cycle_time_s"] == pytest.approx(told["cycle_time_s"], rel=0.05)


def command(*words):
    return [sys.executable, "-m", "gaitopt", *map(str, words)]


class Emulator:
    """`gaitopt emulate` as a process of its own."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            command("emulate", *words, "--json"), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
        )
        self.ports = json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE_S)


def walking(words, record, rows):
    """Return a process that walks, once it has recorded so many rows; on a busy machine it may find nobody at first."""
    walk = command("deploy", "hand-tuned", *words, "--yes", "--seconds", 60, "--record", record)
    for _ in range(5):
        process = subprocess.Popen(walk, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + PATIENCE_S
        while process.poll() is None:
            if record.is_file() and record.read_text().count("\n") > rows:
                return process
            assert time.monotonic() < deadline, "it takes too long"
            time.sleep(0.05)
    raise AssertionError(process.communicate())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_walk_over_a_port_that_is_interrupted_ends_limp(here, number):
    with Emulator("dynamixel", "--scenario", "desk") as emulator:
        words = ["--robot", ROBOTS["dynamixel"], "--body", emulator.ports["body"]]
        process = walking(words, here / "walk.csv", 100)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, out) == (130, "")
        assert err.splitlines()[-1] == "gaitopt: interrupted"
        assert "Traceback" not in err
        joints = look_at(words)
        assert all(abs(joint["load"]) == 0 for joint in joints)


def look_at(words):
    """Return the joints as the monitor tells them; on a busy machine the emulator may answer too late at first."""
    for _ in range(5):
        look = subprocess.run(
            command("monitor", *words, "--json"), env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE_S
        )
        if look.returncode == 0:
            return json.loads(look.stdout)["joints"]
    raise AssertionError(look.stderr)


def test_a_walk_over_a_port_that_vanishes_is_told_in_one_line(here):
    with Emulator("dynamixel", "--scenario", "desk") as emulator:
        words = ["--robot", ROBOTS["dynamixel"], "--body", emulator.ports["body"]]
        process = walking(words, here / "walk.csv", 50)
        emulator.process.kill()
        out, err = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, out) == (2, "")
        [told] = [line for line in err.splitlines() if line.startswith("gaitopt: ")]
        assert "the port is lost" in told
        assert "plug it in again" in told
        assert "Traceback" not in err
