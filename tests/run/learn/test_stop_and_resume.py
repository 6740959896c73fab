"""A run that is stopped and resumed must be the run that never stopped."""

import dataclasses
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from small_runs import ENVIRONMENT, rows_of

from gaitopt.errors import InputError
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.store import RunStore
from gaitopt.view.resume import resume


class StopAfter:
    """Reports progress to nobody, and stops the run at a report."""

    def __init__(self, reports):
        self.left = reports

    def __call__(self, progress):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def stopped(run, reports, workers=1):
    """Return whether the run was stopped, rather than finished."""
    try:
        optimize(run, workers, StopAfter(reports))
    except KeyboardInterrupt:
        return True
    return False


def what_is_left(run):
    return rows_of(run), run.best_path.read_bytes()


@pytest.fixture
def uninterrupted(make_run, free_walks):
    run = make_run()
    optimize(run, 1)
    free_walks.clear()
    return what_is_left(run)


def test_stopped_at_any_report_it_ends_as_if_it_had_not(make_run, free_walks, uninterrupted):
    reports = 12 + 3 + 6  # after each traversal of learning, each iteration, each fresh traversal
    for report in range(1, reports + 1):
        run = make_run()
        assert stopped(run, report)
        optimize(run, 1)
        assert what_is_left(run) == uninterrupted
        assert len(free_walks) == 18  # nothing was walked twice
        free_walks.clear()
    assert not stopped(make_run(), reports + 1)


def test_stopped_again_and_again_it_ends_as_if_it_had_not(make_run, free_walks, uninterrupted):
    run = make_run()
    for walks in range(1, 18):
        free_walks.clear()
        assert stopped(run, 1 + iterations_replayed(walks - 1))
        assert len(rows_of(run)) == walks
    optimize(run, 1)
    assert what_is_left(run) == uninterrupted


def iterations_replayed(stored):
    return min(stored, 12) // 4


@pytest.mark.parametrize("written", [True, False])
def test_stopped_while_a_row_is_written_it_ends_as_if_it_had_not(
    make_run, free_walks, uninterrupted, monkeypatch, written
):
    add = RunStore.add
    for last in range(1, 19):
        run, left = make_run(), last

        def stop(store, row):
            nonlocal left
            left -= 1
            if left or written:
                add(store, row)
            if not left:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(RunStore, "add", stop)
            with pytest.raises(KeyboardInterrupt):
                optimize(run, 1)
        assert len(rows_of(run)) == (last if written else last - 1)
        optimize(run, 1)
        assert what_is_left(run) == uninterrupted


@pytest.mark.parametrize("optimizer", ["forward-difference", "random-search"])
def test_every_optimizer_can_be_resumed(make_run, settings, free_walks, optimizer):
    config = LearnSettings(**settings | {"optimizer": optimizer, "options": {"repeats": 1}, "traversals": 45})
    whole, parts = make_run(config), make_run(config)
    optimize(whole, 1)
    while stopped(parts, 11):
        pass
    assert what_is_left(parts) == what_is_left(whole)


def test_another_seed_would_be_another_run(make_run, settings, free_walks, uninterrupted):
    run = make_run(LearnSettings(**settings | {"seed": 6}))
    optimize(run, 1)
    rows, best = what_is_left(run)
    assert not set(rows.values()) & set(uninterrupted[0].values())
    assert best != uninterrupted[1]


def test_resuming_a_finished_run_walks_nothing(make_run, free_walks):
    run = make_run()
    outcome = optimize(run, 1)
    before = what_is_left(run)
    free_walks.clear()
    again = resume(run.path.name, workers=1, runs=run.path.parent)
    assert free_walks == []
    assert again == dataclasses.replace(outcome, traversals_per_s=0.0)
    assert what_is_left(run) == before


def test_a_stopped_run_keeps_the_best_gait_of_its_finished_iterations(make_run, free_walks):
    kept = {}
    for reports in (4, 5, 9, 10, 11):
        run = make_run()
        assert stopped(run, reports)
        kept[reports] = run.best_path.read_bytes() if run.best_path.is_file() else None
    # Four traversals and one report make an iteration.
    assert kept[4] is None
    assert b"iterations = 1" in kept[5]
    assert kept[9] == kept[5]
    assert b"iterations = 2" in kept[10]
    assert kept[11] == kept[10]


def test_while_stored_iterations_are_replayed_the_best_gait_does_not_go_back(make_run, free_walks):
    run = make_run()
    assert stopped(run, 12)
    before = run.best_path.read_bytes()
    assert b"iterations = 2" in before
    assert stopped(run, 1)  # at the end of the first iteration, replayed
    assert run.best_path.read_bytes() == before


SPOILED = {
    "a parameter": "UPDATE traversals SET length = length + 1e-9 WHERE iteration = 1 AND candidate = 0 AND repeat = 1",
    "a seed": "UPDATE traversals SET seed = seed + 1 WHERE purpose = 'learn' AND iteration = 2",
    # Told other speeds, the optimizer asks for other points than those that later rows hold.
    "speeds": "UPDATE traversals SET speed_mps = 1 - speed_mps, status = 'finished' WHERE iteration = 0",
    "a missing number": "UPDATE traversals SET skew = NULL WHERE iteration = 0",
    "a status": "UPDATE traversals SET status = 'flew' WHERE iteration = 0",
    "a fresh one": "UPDATE traversals SET cycle_time = 0.5 WHERE purpose = 'best'",
}


@pytest.mark.parametrize("what", SPOILED)
def test_rows_that_are_not_this_runs_are_refused(make_run, free_walks, what):
    run = make_run()
    optimize(run, 1)
    with sqlite3.connect(run.path / "run.db") as connection:
        assert connection.execute(SPOILED[what]).rowcount > 0
    connection.close()
    free_walks.clear()
    with pytest.raises(InputError) as caught:
        optimize(run, 1)
    assert str(run.path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert free_walks == []


def test_a_run_at_work_is_not_resumed(make_run, free_walks):
    run = make_run()
    with run.locked(), pytest.raises(InputError, match="another process is at work"):
        resume(run.path, workers=1)
    assert rows_of(run) == {}
    resume(run.path, workers=1)
    assert len(rows_of(run)) == 18


def test_a_disk_that_fills_up_ends_the_run_and_with_space_it_goes_on(make_run, free_walks, uninterrupted, monkeypatch):
    run, open_store = make_run(), RunFolder.open_store

    def nearly_full(folder):
        store = open_store(folder)
        store._connection.execute("PRAGMA max_page_count=4")
        return store

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "open_store", nearly_full)
        with pytest.raises(InputError, match="full"):
            optimize(run, 1)
    assert 0 < len(rows_of(run)) < 18
    optimize(run, 1)
    assert what_is_left(run) == uninterrupted


def test_with_physics_and_other_workers_too_it_ends_as_if_it_had_not_stopped(make_run, small_config):
    config = small_config.model_copy(update={"traversals": 8})
    whole, parts = make_run(config), make_run(config)
    optimize(whole, 1)
    assert stopped(parts, 7, workers=2)  # with walks under way
    optimize(parts, 1)
    assert what_is_left(parts) == what_is_left(whole)


LEARN = """
import sys
from pathlib import Path
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import optimize
if __name__ == "__main__":
    optimize(RunFolder(Path(sys.argv[1])), workers=int(sys.argv[2]))
"""


def test_killed_at_random_moments_it_ends_as_if_it_had_not_been(make_run, tmp_path):
    whole, killed = make_run(), make_run()
    optimize(whole, 1)
    script = tmp_path / "learn.py"
    script.write_text(LEARN)
    chance = random.Random(3)
    moments = sorted(chance.sample(range(1, 17), 3))  # so many rows are there when the next kill falls
    for rows, workers in zip(moments, "121", strict=True):
        process = subprocess.Popen([sys.executable, script, killed.path, workers], env=ENVIRONMENT)
        wait_for_rows(killed, rows, process)
        time.sleep(chance.random() * 0.05)
        process.kill()
        assert process.wait(60) in (-signal.SIGKILL, 0)  # 0: it was as fast as that
    optimize(killed, 1)
    assert what_is_left(killed) == what_is_left(whole)


def wait_for_rows(run, rows, process):
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with run.open_store() as store:
            if sum(store.count(purpose) for purpose in ("learn", "start", "best")) >= rows:
                return
        time.sleep(0.005)
    assert process.poll() == 0, "the run neither came so far nor ended"
