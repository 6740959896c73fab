"""Bad input to the verbs of real robots: one clear line, exit code 2, servos limp, nothing half-written."""

import io
import os
import shutil

import pytest
from memory_desk import BODY, GATE, PLAIN, ROBOTS, MemoryDesk

from gaitopt.emulators.faults import FaultSpec
from gaitopt.robot.spec import robot_folder

DEPLOY = "deploy hand-tuned --robot dynamixel-quadruped --yes --seconds 1"
BITTLE = "deploy hand-tuned --robot petoi-bittle --yes --seconds 1"
SCORE = "score hand-tuned --robot dynamixel-quadruped --scenario desk --yes --repeats 1"


@pytest.fixture(autouse=True)
def own_calibrations(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture
def desks():
    """The desks of a test."""
    made = []
    yield made
    for desk in made:
        desk.close()


@pytest.fixture
def desk_of(desks, monkeypatch):
    def make(kind, **options):
        desks.append(MemoryDesk(kind, **options))
        desks[-1].install(monkeypatch)
        return desks[-1]

    return make


@pytest.fixture
def refused(cli, here, desks):
    """Return a function that runs a command that must be refused, and returns the one line that says why.

    What is told of a robot that answered, or of a walk that does not count, may stand before it.
    """

    def run(*words, lines=None):
        before = set(here.rglob("*"))
        said = cli(*words)
        assert (said.code, said.out) == (2, ""), said
        assert all(desk.limp for desk in desks)
        last = said.err.splitlines()[-1]
        assert last.startswith("gaitopt")
        assert "Traceback" not in said.err
        assert "  " not in last
        if lines is not None:
            assert said.err.count("\n") == lines
        assert set(here.rglob("*")) == before
        return last

    return run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"{DEPLOY} --body dynamixel", "expected 'dynamixel:PORT', such as dynamixel:/dev/ttyUSB0"),
        (f"{DEPLOY} --body dynamixel:", "expected 'dynamixel:PORT'"),
        (f"{DEPLOY} --body dynamixl:/dev/x", "unknown body 'dynamixl'; did you mean dynamixel?"),
        (f"{DEPLOY} --body pybullet:", "deploy is for real robots; in simulation use: gaitopt replay"),
        (f"{DEPLOY} --body dynamixel:/dev/x?baud=fast", "baud: got 'fast'; expected a number such as 115200"),
        (f"{DEPLOY} --body dynamixel:/dev/x?bud=9600", "'bud'; did you mean baud?"),
        (f"{DEPLOY} --body dynamixel:/dev/x?id=a --id b", "contains an id already; leave one of the two out"),
        (f"{DEPLOY} --body dynamixel:/dev/no-such-port", "/dev/no-such-port: no such port"),
        (f"{DEPLOY} --body dynamixel:/dev/null", "/dev/null: this is not a serial port"),
        (f"{DEPLOY} --body dynamixel:.", ".: this is a folder, not a serial port"),
        (f"{DEPLOY} --body opencat:/dev/x", "cannot be driven by opencat; robots that can: petoi-bittle"),
        ("deploy hand-tuned --robot aibo-ers7 --body opencat:/dev/x", "aibo-ers7 cannot be driven by opencat"),
        (f"{DEPLOY} --body dynamixel:/dev/x --id rex", "robot 'rex' is not calibrated (known: none yet); calibrate it"),
        (f"{DEPLOY} --body dynamixel:/dev/x --id ../../rex", "robot '../../rex' is not calibrated"),
        (f"{DEPLOY} --body dynamixel:/dev/x --seconds 0", "--seconds: got '0'; expected a number above 0"),
        (f"{DEPLOY} --body dynamixel:/dev/x --seconds nan", "--seconds: got 'nan'"),
        (f"{DEPLOY} --body dynamixel:/dev/x --slow 0", "--slow: got '0'; expected a number above 0"),
        ("deploy hand-tuned", "the following arguments are required: --body"),
        (f"{SCORE} --native", "--native: for real robots only; give one with --body opencat:PORT"),
        (f"{SCORE} --stopwatch gate:/dev/x --pause 1", "--stopwatch and --pause: for real robots only"),
        (f"{SCORE} --body pybullet: --id rex", "--id: for real robots only"),
        (f"{SCORE} --body dynamixel:/dev/x --stopwatch gat:y", "got 'gat:y'; expected key, or gate:PORT"),
        (f"{SCORE} --body dynamixel:/dev/x --stopwatch gate:", "got 'gate:'; expected key, or gate:PORT"),
        (f"{SCORE} --body dynamixel:/dev/x --pause -1", "--pause: got '-1'; expected a number above 0"),
        (f"{SCORE} --body dynamixel:/dev/x --stopwatch gate:/dev/no-gate", "/dev/no-gate: no such port"),
        ("learn --robot petoi-bittle --body opencat:/dev/x --stopwatch gate:/dev/y --yes", "no such port"),
        ("monitor --body pybullet:", "only real robots can be monitored"),
        ("monitor --body opencat:/dev/no-such-port", "/dev/no-such-port: no such port"),
        ("calibrate --body opencat:/dev/x", "calibrate needs a real robot and its name"),
        ("calibrate --body opencat:/dev/x --id two/words --offset front_left_knee=1", "id: got 'two/words'"),
        ("calibrate --body opencat:/dev/x --id rex --offset front_left_knee", "expected JOINT=UNITS, such as"),
        ("calibrate --body opencat:/dev/x --id rex --offset front_left_knee=nan", "expected JOINT=UNITS, such as"),
        ("calibrate --body opencat:/dev/x --id rex --offset front_knee=1", "did you mean front_left_knee"),
        ("calibrate --body opencat:/dev/x --id rex --flip knee", "unknown joint of petoi-bittle 'knee'"),
        ("export hand-tuned --format opencat", "aibo-ers7 cannot be driven by opencat"),
        ("export hand-tuned --robot petoi-bittle --format opencat --dialect x", "unknown OpenCat dialect 'x'"),
        ("export hand-tuned --robot petoi-bittle --format opencat --skill 1x", "skill name '1x'"),
        ("export hand-tuned --robot petoi-bittle --format opencat --output no/x.h", "no/x.h: cannot be written"),
        ("emulate dynamixl", "unknown protocol 'dynamixl'; did you mean dynamixel?"),
        ("emulate dynamixel --robot petoi-bittle", "petoi-bittle cannot be driven by dynamixel"),
        ("emulate opencat --faults drop=2", "fault drop=2: expected a probability from 0 to 1"),
        ("emulate opencat --scenario desc", "unknown scenario 'desc'; did you mean desk?"),
    ],
)
def test_what_is_wrong_before_any_robot_is_asked(refused, words, said):
    assert said in refused(*words.split(), lines=1)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_no_permission(refused, monkeypatch):
    master, slave = os.openpty()
    port = os.ttyname(slave)
    opened = os.open

    def denied(path, *rest, **more):
        if str(path) == port:
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *rest, **more)

    monkeypatch.setattr(os, "open", denied)
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != port)
    said = refused(*DEPLOY.split(), "--body", f"dynamixel:{port}")
    assert f"{port}: permission denied; run `sudo" in said
    os.close(master)
    os.close(slave)


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_port_that_is_busy(refused):
    from gaitopt.hal.serial.serial_link import SerialLink

    master, slave = os.openpty()
    port = os.ttyname(slave)
    other = SerialLink(port, 115200)
    assert "another program uses this port" in refused(*DEPLOY.split(), "--body", f"dynamixel:{port}", lines=1)
    other.close()
    os.close(master)
    os.close(slave)


def test_nobody_to_ask(refused, desk_of, monkeypatch):
    desk = desk_of("dynamixel")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    words = [word for word in desk.words if word != "--yes"]
    assert "would move: add --yes when it stands safely" in refused("deploy", "hand-tuned", *words)
    assert "keys can be read from a terminal only" in refused("score", "hand-tuned", *desk.words)
    assert "keys can be read from a terminal only" in refused("learn", *desk.words)
    calibrate = ["calibrate", "--body", desk.address, "--id", "rex", "--yes"]
    assert "give offsets: --offset JOINT=UNITS" in refused(*calibrate)


def test_the_wrong_device(refused, desk_of):
    desk_of("dynamixel")
    assert f"{BODY}: no OpenCat robot answers" in refused(*BITTLE.split(), "--body", f"opencat:{BODY}", lines=1)
    desk_of("opencat")
    said = refused(*DEPLOY.split(), "--body", f"dynamixel:{BODY}", lines=1)
    assert "none of the servos 11" in said
    assert "check that they have power and that the baud rate" in said
    assert "none of the servos" in refused(*DEPLOY.split(), "--body", f"dynamixel:{PLAIN}", lines=1)


@pytest.fixture
def changed_robot(here):
    """Return a function that copies a robot, changes its file and returns the file."""

    def change(kind, old, new):
        folder = shutil.copytree(robot_folder(ROBOTS[kind]), here / "robot", dirs_exist_ok=True)
        text = (folder / "robot.toml").read_text()
        assert old in text
        (folder / "robot.toml").write_text(text.replace(old, new))
        return "robot/robot.toml"

    return change


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("dynamixel", "id = 13", "id = 14", "servos 14 do not answer; check their cables and ids"),
        ("dynamixel", '"XL430-W250"', '"XM430-W350"', "servo 11 is XL430-W250, expected XM430-W350"),
        ("dynamixel", '"XL430-W250"', '"XL431"', "XL431"),
        ("opencat", 'model = "Bittle"', 'model = "Nybble"', "'Bittle X' answered, expected a Nybble"),
    ],
)
def test_the_wrong_robot(refused, desk_of, changed_robot, kind, old, new, said):
    desk = desk_of(kind)
    robot = changed_robot(kind, old, new)
    words = ["deploy", "hand-tuned", "--robot", robot, "--yes", "--body", desk.address]
    assert said in refused(*words, lines=1)


def test_a_servo_that_is_dead(refused, desk_of):
    desk = desk_of("dynamixel")
    desk.emulation.firmware.kill(13)
    assert "servos 13 do not answer" in refused("deploy", "hand-tuned", *desk.words, lines=1)


def test_a_calibration_of_another_make(refused, desk_of, cli):
    desk = desk_of("opencat")
    cli("calibrate", "--body", "dynamixel:/dev/x", "--id", "rex", "--offset", "front_left_knee=1")
    said = refused("deploy", "hand-tuned", *desk.words, "--id", "rex", lines=1)
    assert "calibration 'rex' is for a dynamixel-quadruped; got a petoi-bittle" in said


def test_a_gait_of_another_robot(refused, desk_of, here):
    desk = desk_of("dynamixel")
    shutil.copy(robot_folder("petoi-bittle") / "gaits" / "hand-tuned.toml", here / "gait.toml")
    assert "is a gait of petoi-bittle; expected one of dynamixel" in refused("deploy", "gait.toml", *desk.words)


def test_a_gait_too_fast_for_the_link(refused, desk_of):
    desk = desk_of("opencat")
    gate = ["--stopwatch", f"gate:{GATE}"]
    for words in (["deploy", "hand-tuned", "--slow", "1"], ["score", "hand-tuned", *gate], ["learn", *gate]):
        said = refused(*words, *desk.words, lines=1)
        assert "too fast for the link" in said
        assert "(--native)" in said
    assert "plays no skills of its own; leave out --native" in refused(
        "deploy", "hand-tuned", *desk_of("dynamixel").words, "--native"
    )


@pytest.mark.parametrize(("kind", "volts"), [("dynamixel", 6.1), ("opencat", 6.6)])
def test_a_battery_that_is_low(refused, desk_of, kind, volts):
    desk = desk_of(kind)
    desk.emulation.robot.battery = volts
    said = refused("deploy", "hand-tuned", *desk.words)
    assert "battery low: " in said  # the board may complain before it is asked
    assert f"{volts}" in said
    assert "charge it" in said


def test_a_battery_that_goes_low_on_the_way(refused, desk_of):
    desk = desk_of("dynamixel")
    desk.faults = FaultSpec(low_battery=4.0)
    assert "battery low" in refused("deploy", "hand-tuned", *desk.words, "--seconds", 10)


@pytest.mark.parametrize(
    ("kind", "when", "said"),
    [
        ("dynamixel", 4.0, "restarted and are limp"),
        ("opencat", 8.0, "restarted by itself"),
    ],
)
def test_a_board_that_resets_on_the_way(refused, desk_of, kind, when, said):
    desk = desk_of(kind)
    desk.faults = FaultSpec(reset=when)
    assert said in refused("deploy", "hand-tuned", *desk.words, "--seconds", 10)


def test_a_light_gate_that_never_fires(refused, desk_of):
    desk = desk_of("dynamixel")
    desk.fires = False
    said = refused("score", "hand-tuned", *desk.words, "--stopwatch", f"gate:{GATE}", "--repeats", 4, lines=1)
    assert "no beam was broken in 3 walks of 4 s; check that the robot crosses both beams" in said


def test_a_light_gate_that_is_none(refused, desk_of):
    desk = desk_of("opencat")
    score = ["score", "hand-tuned", "--native", *desk.words, "--stopwatch"]
    assert f"{PLAIN}: no light gate answers" in refused(*score, f"gate:{PLAIN}", lines=1)
    assert f"{BODY}: this is not a light gate" in refused(*score, f"gate:{BODY}", lines=1)
    learn = ["learn", "--native", *desk.words, "--stopwatch", f"gate:{PLAIN}"]
    assert "no light gate answers" in refused(*learn, lines=1)  # and no run is left behind


def test_a_record_that_cannot_be_written(refused, desk_of):
    desk = desk_of("dynamixel")
    said = refused("deploy", "hand-tuned", *desk.words, "--record", "no/walk.csv")
    assert "no/walk.csv: cannot be written: No such file" in said


def test_a_run_of_simulation_is_not_resumed_on_a_robot(refused, run):
    assert "was walked in simulation; leave out --body" in refused("resume", "latest", "--body", "opencat:/dev/x")
    assert "was walked in simulation; leave out --pause" in refused("resume", "latest", "--pause", 1)
