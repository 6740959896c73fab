"""Bad input: one clear line, exit code 2, nothing half-written."""

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from gaitopt.robot.spec import load_robot, robot_folder

START = (robot_folder("aibo-ers7") / "gaits" / "hand-tuned.toml").read_text()


def tree(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.fixture
def refused(cli, here):
    """Return a function that runs a command that must be refused, and returns the one line it says."""

    def run(*words):
        before = tree(here)
        said = cli(*words)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("gaitopt")
        assert said.err.count("\n") == 1
        assert said.err.endswith("\n")
        assert tree(here) == before
        return said.err

    return run


WALKERS = ("learn", "score hand-tuned", "replay hand-tuned")


@pytest.mark.parametrize("verb", WALKERS)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--robot aibo-ers8", "unknown robot 'aibo-ers8'; did you mean aibo-ers7"),
        ("--robot zebra", "unknown robot 'zebra'; known: aibo-ers210, aibo-ers7"),
        ("--robot nowhere.toml", "nowhere.toml: cannot be read: No such file"),
        ("--scenario feild", "unknown scenario 'feild'; did you mean field?"),
        ("--scenario nowhere.toml", "nowhere.toml: cannot be read: No such file"),
        ("--set scenario.frction=0.5", "unknown key 'frction'; did you mean friction?"),
        ("--set scenario.friction=nan", "friction: got nan; expected a finite number"),
        ("--set friction=0.5", "expected NAME.KEY=VALUE"),
        ("--set engine.time_step_s=0.003", "time_step_s: got 0.003; expected a whole fraction of the command period"),
        ("--seed -1", "argument --seed: got '-1'; expected a whole number of at least 0"),
        ("--seed x", "argument --seed: got 'x'"),
        ("--frictoin 1", "unrecognized arguments: --frictoin 1"),
    ],
)
def test_unknown_names_and_wrong_values(refused, verb, words, said):
    assert said in refused(*verb.split(), *words.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("learn --optimizer kohl-ston", "unknown optimizer 'kohl-ston'; did you mean kohl-stone?"),
        ("learn --start hand-tund", "unknown gait of aibo-ers7 'hand-tund'; did you mean hand-tuned?"),
        ("learn --name two/words", "name: got 'two/words'"),
        ("learn --yes", "--yes: for real robots only"),
        ("list optimizers --options ppo", "ppo: is one of the algorithms; see: gaitopt list algorithms --options ppo"),
        ("list algorithms --options cma-es", "cma-es: is one of the optimizers; see"),
        ("learn --workers 0", "workers: got 0, expected 1 or more"),
        ("learn --workers -3", "workers: got -3, expected 1 or more"),
        ("learn --workers two", "argument --workers"),
        ("score hand-tuned --workers 0", "workers: got 0, expected 1 or more"),
        ("resume latest --workers 0", "workers: got 0, expected 1 or more"),
        ("learn --traversals 11", "traversals: got 11; one iteration of ego-cma takes 12"),
        ("learn --traversals 38 --optimizer forward-difference", "traversals: got 38"),
        ("learn --traversals 0", "argument --traversals: got '0'; expected a whole number of at least 1"),
        ("score hand-tuned --repeats 0", "argument --repeats: got '0'"),
        ("score hand-tund", "'hand-tund'; did you mean hand-tuned?"),
        ("score", "the following arguments are required: WALKER"),
        ("replay latest", "unknown run in runs 'latest'; known: none"),
        ("resume nothing", "unknown run, training or comparison in runs 'nothing'; known: none"),
        ("replay hand-tuned --video walk.avi", "walk.avi: got a name that ends in '.avi'; expected .mp4 or .gif"),
        ("replay hand-tuned --video no/walk.gif", "no/walk.gif: there is no folder no; make it first"),
        ("list robot", "invalid choice: 'robot' (choose from"),
        ("list gaits --robot aibo", "unknown robot 'aibo'"),
        ("lern", "'lern'"),
        ("", "the following arguments are required: VERB"),
    ],
)
def test_words_that_cannot_be_used(refused, words, said):
    assert said in refused(*words.split())


def test_with_json_too_the_line_is_all_there_is(refused):
    assert "unknown robot" in refused("learn", "--robot", "aibo-ers8", "--json")
    assert "unrecognized" in refused("score", "hand-tuned", "--json", "--frictoin")


@pytest.mark.parametrize("command", ["learn --start gait.toml", "score gait.toml", "replay gait.toml"])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cycle_time_s = 0.64", "cycle_time_s = nan", "parameters.cycle_time_s: got nan; expected a finite number"),
        ("cycle_time_s = 0.64", "cycle_time_s = inf", "parameters.cycle_time_s: got inf; expected a finite number"),
        ("cycle_time_s = 0.64", "cycle_time_s = 64.0", "cycle_time: got 64 s; expected"),
        ("cycle_time_s = 0.64", "cycle_time_s = '1'", "parameters.cycle_time_s: got '1'"),
        ("cycle_time_s = 0.64", "cycle_time_ms = 640.0", "did you mean parameters.cycle_time_s"),
        ("cycle_time_s = 0.64", "", "key 'parameters.cycle_time_s' is missing"),
        ("cycle_time_s = 0.64", "cycle_time_s = ", "is not valid TOML"),
        ("schema_version = 1", "schema_version = 2", "schema_version: got 2; expected 1"),
        ('robot = "aibo-ers7"', 'robot = "zebra"', "zebra"),
        ("[parameters]", "[parameter]", "unknown key 'parameter'; did you mean parameters?"),
    ],
)
def test_gait_files_that_cannot_be_walked(refused, here, command, old, new, said):
    assert START.count(old) == 1
    (here / "gait.toml").write_text(START.replace(old, new))
    line = refused(*command.split())
    assert said in line
    assert "gait.toml" in line or said == "zebra"  # a file may name its robot; then that name is what is wrong


def test_a_gait_of_another_robot(refused, here):
    (here / "gait.toml").write_text(START)
    for words in ("learn --robot aibo-ers210 --start gait.toml", "score gait.toml --robot aibo-ers210"):
        assert "gait.toml: is a gait of aibo-ers7; expected one of aibo-ers210" in refused(*words.split())
    assert "unknown gait of aibo-ers7 'kohl-stone-start'" in refused("learn", "--start", "kohl-stone-start")


def test_a_file_that_is_no_text(refused, here):
    (here / "gait.toml").write_bytes(b"\xff\xfe\x00")
    assert "gait.toml: is not UTF-8 text" in refused("score", "gait.toml")
    (here / "folder.toml").mkdir()
    assert "folder.toml: is a folder, but not that of an experiment" in refused("score", "folder.toml")


@pytest.mark.parametrize("verb", WALKERS)
def test_broken_robot_and_scenario_files(refused, here, verb):
    (here / "field.toml").write_text("schema_version = ")
    assert "field.toml: is not valid TOML" in refused(*verb.split(), "--scenario", "field.toml")
    folder = shutil.copytree(Path(load_robot("aibo-ers7").urdf).parent, here / "robot")
    toml = folder / "robot.toml"
    whole = toml.read_text()
    toml.write_text(whole.replace("mass_kg", "mas_kg", 1))
    assert "mass_kg" in refused(*verb.split(), "--robot", "robot/robot.toml")
    toml.write_text(whole)
    (folder / "robot.urdf").write_text("<robot>")
    assert "robot.urdf: is not a readable URDF" in refused(*verb.split(), "--robot", "robot/robot.toml")
    (folder / "robot.urdf").unlink()
    assert "robot.urdf" in refused(*verb.split(), "--robot", "robot/robot.toml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("learn --runs file/runs", "file/runs/"),
        ("learn --runs file", "Not a directory"),
        ("replay hand-tuned --video file/walk.gif", "file/walk.gif: there is no folder file"),
        ("resume latest --runs file", "unknown run, training or comparison in file 'latest'"),
    ],
)
def test_folders_that_cannot_be_written(refused, here, words, said):
    (here / "file").touch()
    assert said in refused(*words.split())


def spoil_database(run):
    (run.path / "run.db").write_bytes(b"no database" * 100)


def spoil_rows(run):
    with sqlite3.connect(run.path / "run.db") as connection:
        connection.execute("UPDATE traversals SET length = length + 1e-9")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_database, "run.db: the run database cannot be used: file is not a database"),
        (spoil_rows, "is not what this run would walk"),
        (lambda run: (run.path / "run.db").unlink(), "run.db: there is no run database here"),
        (lambda run: (run.path / "config.toml").write_text("?"), "config.toml: is not valid TOML"),
    ],
)
def test_a_broken_run_is_not_resumed(refused, run, spoil, said):
    spoil(run)
    assert said in refused("resume", run.path.name, "--workers", 1)


def test_a_run_with_a_broken_body_is_not_walked(refused, run):
    (run.path / "robot.urdf").write_text("?")
    for words in ("score latest --workers 1", "replay latest", "replay latest --video walk.gif"):
        assert "robot.urdf: is not a readable URDF" in refused(*words.split())


def test_a_run_is_of_its_own_robot(refused, run):
    said = refused("score", "latest", "--robot", "aibo-ers210")
    assert "is a run of aibo-ers7; got robot aibo-ers210: leave the robot out" in said


def test_a_run_without_a_gait(refused, run):
    run.best_path.unlink()
    for verb in ("score", "replay"):
        assert "has learned nothing yet; continue with: gaitopt resume" in refused(verb, "latest")


def test_two_at_a_time_do_not_work_on_one_run(refused, run):
    with run.locked():
        assert "another process is at work on this run" in refused("resume", "latest", "--workers", 1)


@pytest.mark.parametrize("words", ["learn --video", "resume latest --video", "replay latest --video walk.mp4"])
def test_a_film_that_cannot_be_made_is_told_before_anything_is_walked(refused, run, monkeypatch, words):
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    assert "an .mp4 needs PyAV: pip install 'gaitopt[video]', or ask for a .gif" in refused(*words.split())
