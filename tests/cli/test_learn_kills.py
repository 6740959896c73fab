"""A real learning run that is killed 20 times ends as one that was never killed; takes minutes."""

import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

KILLS, TRAVERSALS = 20, 135
ALL_ROWS = TRAVERSALS + 40
NOT_COMPARED = {"wall_s"}


def command(runs, *words):
    return [sys.executable, "-m", "gaitopt", *words, "--runs", str(runs), "--workers", "2", "--json"]


def learn(runs):
    words = ["--optimizer", "kohl-stone", "--traversals", str(TRAVERSALS), "--seed", "1", "--name", "killed"]
    return command(runs, "learn", *words)


def only_run(runs):
    (folder,) = runs.glob("*_killed")
    return folder


def rows_of(folder):
    with sqlite3.connect(folder / "run.db") as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM traversals ORDER BY purpose, iteration, candidate, repeat")
        return [{key: row[key] for key in row.keys() if key not in NOT_COMPARED} for row in rows]  # noqa: SIM118


def wait_for_rows(runs, count, process):
    """Wait until so many traversals are stored, or the process has ended."""
    while process.poll() is None:
        if any(runs.glob("*_killed/run.db")) and len(rows_of(only_run(runs))) >= count:
            return
        time.sleep(0.02)


@pytest.mark.study
def test_killed_20_times_it_ends_as_if_it_had_never_been(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(learn(whole), check=True, capture_output=True)

    chance = random.Random(20)
    moments = sorted(chance.sample(range(1, ALL_ROWS - 15), KILLS))
    for kill, rows in enumerate(moments):
        words = learn(killed) if kill == 0 else command(killed, "resume", "latest")
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_rows(killed, rows, process)
        time.sleep(0.3 * chance.random())
        assert process.poll() is None, "the run ended before it could be killed"
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert rows <= len(rows_of(only_run(killed))) < ALL_ROWS
    subprocess.run(command(killed, "resume", "latest"), check=True, capture_output=True)

    assert len(rows_of(only_run(whole))) == ALL_ROWS
    assert rows_of(only_run(killed)) == rows_of(only_run(whole))
    assert (only_run(killed) / "best.toml").read_bytes() == (only_run(whole) / "best.toml").read_bytes()
