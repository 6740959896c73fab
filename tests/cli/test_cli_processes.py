"""The command as a process of its own: what only the system can show."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gaitopt.gait.gait_file import read_gait
from gaitopt.gait.parameters import PARAMETER_NAMES
from gaitopt.run.experiment import find, names
from gaitopt.run.learn.folder import RunFolder
from gaitopt.toml import read_toml

ROOT = Path(__file__).parents[2]
PYTHONPATH = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
ENVIRONMENT = os.environ | {"PYTHONPATH": PYTHONPATH}
LEARN = ["learn", "--optimizer", "kohl-stone", "--traversals", "45", "--seed", "1", "--workers", "2"]
QUICK = {"length_m": 0.05, "run_up_m": 0.02, "time_limit_s": 1}
LEARN += [word for key, value in QUICK.items() for word in ("--set", f"scenario.field.{key}={value}")]
PATIENCE_S = 120

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, or writes to /dev/full")


def command(*words):
    return [sys.executable, "-m", "gaitopt", *words]


def run(*words, **options):
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(command(*words), env=ENVIRONMENT, text=True, timeout=PATIENCE_S, **told)


def test_learn_prints_one_json_object_and_nothing_else():
    done = run(*LEARN, "--json")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert {"best", "start_speed_mps", "best_speed_mps", "traversals", "traversals_per_s", "run"} <= set(told)
    assert tuple(told["best"]) == PARAMETER_NAMES
    assert told["traversals"] == 45
    assert told["traversals_per_s"] > 0
    learned = RunFolder(find(told["run"], Path("nowhere")))
    assert told["best"] == vars(read_gait(learned.best_path).parameters)
    assert told["best_speed_mps"] == read_gait(learned.best_path).origin["speed_mps"]
    with learned.open_store() as store:
        assert [store.count(purpose) for purpose in ("learn", "start", "best")] == [45, 20, 20]
    config = read_toml(learned.path / "config.toml")
    assert config["scenario"] == {"base": "field", "field": QUICK}
    assert {key: config["provenance"]["scenario"]["field"][key] for key in QUICK} == QUICK
    # Progress went to standard error, in plain lines, as that is no terminal.
    assert done.stderr.startswith("learning: iteration 1, 45 of 45 traversals, ")
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_while_it_is_still_being_imported_leaves_one_line():
    program = """
import sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "gaitopt.cli.main":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from gaitopt.__main__ import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "gaitopt: interrupted\n")


def test_bad_input_ends_with_2_and_one_line():
    done = run("learn", "--robot", "aibo-ers8", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gaitopt: unknown robot 'aibo-ers8'; did you mean aibo-ers7 or aibo-ers210?\n"
    assert list(Path.cwd().iterdir()) == []


def living_members(group):
    """Return the processes of a group that are not dead."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it ended meanwhile
            continue
        if its_group == str(group) and state != "Z":
            found.append(path.parent.name)
    return found


def rows_written():
    try:
        with RunFolder(find("latest", Path("runs"))).open_store() as store:
            return store.count("learn")
    except Exception:
        return 0


def wait_until(what):
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.01)


@linux
def test_ctrl_c_leaves_a_run_to_resume_and_no_workers(cli):
    process = subprocess.Popen(
        command(*LEARN, "--json"),
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_until(lambda: rows_written() >= 2 or process.poll() is not None)
    assert len(living_members(process.pid)) >= 3  # the command and two workers, so they would be seen below
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process of the group gets it
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert b"Traceback" not in err
    wait_until(lambda: not living_members(process.pid))
    told = json.loads(out)
    [left] = names(Path("runs"))
    assert (told["interrupted"], told["run"]) == (True, f"runs/{left}")
    assert 2 <= told["traversals"] == rows_written() < 45
    said = cli("resume", "latest", "--workers", 1, "--json")
    assert said.code == 0
    assert json.loads(said.out)["traversals"] == rows_written() == 45


def test_a_disk_that_fills_up_is_told_in_one_line():
    def small_files():  # the run's folder can be made, but its database soon grows no more
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))

    done = run(*LEARN, "--json", preexec_fn=small_files)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "run.db: the run database cannot be used" in done.stderr
    assert 0 < rows_written() < 45


def test_a_run_that_does_not_fit_on_the_disk_is_not_begun():
    def tiny_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, resource.RLIM_INFINITY))

    done = run(*LEARN, preexec_fn=tiny_files)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "cannot be written: File too large" in done.stderr
    assert list(Path("runs").glob("*")) == []


@linux
@pytest.mark.parametrize("words", [("list", "robots"), ("list", "robots", "--json")])
def test_an_output_that_cannot_be_written_is_told_in_one_line(words):
    with open("/dev/full", "w") as full:
        done = run(*words, stdout=full)
    assert (done.returncode, done.stderr) == (2, "gaitopt: No space left on device\n")
