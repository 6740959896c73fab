"""`--workers ray` on the command line: who takes it, who refuses it, and how a stop ends it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import ray_rigs

from gaitopt.run.experiment import find
from gaitopt.run.learn.folder import RunFolder

UNREACHABLE = "RAY_ADDRESS=127.0.0.1:1: no Ray cluster can be reached there"


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr("ray.is_initialized", lambda: False)


@pytest.mark.parametrize("words", [["learn"], ["score", "hand-tuned"], ["compare", "--seeds", "1"]])
def test_an_unreachable_cluster_ends_with_2_and_one_line(cli, nobody, here, words):
    said = cli(*words, "--workers", "ray", "--json")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert UNREACHABLE in said.err
    assert list(here.iterdir()) == []


def test_a_run_is_left_as_it_was_where_the_cluster_is_unreachable(cli, nobody, run):
    before = run.best_path.read_bytes()
    assert UNREACHABLE in cli("resume", "latest", "--workers", "ray").err
    assert run.best_path.read_bytes() == before


@pytest.mark.parametrize("words", [["train"], ["compare", "--algorithms", "reinforce", "--seeds", "1"]])
def test_trainings_refuse_ray(cli, here, monkeypatch, words):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    said = cli(*words, "--workers", "ray")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "workers: got 'ray'" in said.err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("word", ["all", "2.5", ""])
def test_neither_a_number_nor_ray(cli, word):
    said = cli("learn", "--workers", word)
    assert said.code == 2
    assert f"got {word!r}; expected a number of processes, or ray" in said.err


def test_no_ray_installed_is_told(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    said = cli("learn", "--workers", "ray")
    assert (said.code, said.err) == (2, "gaitopt: --workers ray needs the package ray: pip install 'gaitopt[ray]'\n")


def rows_written():
    try:
        with RunFolder(find("latest", Path("runs"))).open_store() as store:
            return store.count("learn")
    except Exception:
        return 0


@pytest.mark.study
@pytest.mark.parametrize("whom", ["the command", "its whole group"])
def test_ctrl_c_on_ray_leaves_a_run_to_resume_and_no_process(whom):
    words = ["learn", "--workers", "ray", "--traversals", "4500", "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gaitopt", *words],
        env=environment | {"PYTHONPATH": str(ray_rigs.TESTS.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    ray_rigs.wait_until(lambda: rows_written() >= 5 or process.poll() is not None)
    started = ray_rigs.children(process.pid)
    assert any("raylet" in command for command in started.values())
    send = os.killpg if whom == "its whole group" else os.kill
    send(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=ray_rigs.PATIENCE_S)
    assert (process.returncode, b"Traceback" in err) == (130, False)
    assert json.loads(out)["traversals"] == rows_written() >= 5
    ray_rigs.wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in started))
