"""A comparison that is stopped and resumed, and one whose files were changed or damaged."""

import contextlib
import sqlite3
import subprocess
import sys
import time

import pytest
from small_comparisons import left_by, said
from small_runs import ENVIRONMENT, rows_of

from gaitopt.errors import InputError
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.store import RunStore


class StopAfter:
    def __init__(self, reports):
        self.left = reports

    def __call__(self, progress):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_stopped_at_any_report_it_ends_as_if_it_had_not(make_comparison, free_walks):
    whole = make_comparison(seeds=(3,))
    expected = said(run_comparison(whole, 1))
    total = len(free_walks)
    for report in (1, 2, 3, 4, 9):  # nothing learned, a run, both runs, some fresh traversals
        folder = make_comparison(seeds=(3,))
        free_walks.clear()
        with pytest.raises(KeyboardInterrupt):
            run_comparison(folder, 1, StopAfter(report))
        assert said(run_comparison(ComparisonFolder(folder.path), 1)) == expected
        assert left_by(folder) == left_by(whole)
        assert len(free_walks) == total  # nothing was walked twice


def test_stopped_while_rows_are_written_it_ends_as_if_it_had_not(make_comparison, free_walks, monkeypatch):
    whole = make_comparison(seeds=(3,))
    expected = said(run_comparison(whole, 1))
    add = RunStore.add
    for last in range(3, len(free_walks), 23):
        folder, left = make_comparison(seeds=(3,)), last

        def stop(store, row):
            nonlocal left
            left -= 1
            add(store, row)
            if not left:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(RunStore, "add", stop)
            with pytest.raises(KeyboardInterrupt):
                run_comparison(folder, 1)
        assert said(run_comparison(ComparisonFolder(folder.path), 1)) == expected
        assert left_by(folder) == left_by(whole)


def test_a_finished_comparison_says_the_same_again_and_walks_nothing(make_comparison, free_walks):
    folder = make_comparison()
    first = run_comparison(folder, 1)
    free_walks.clear()
    assert run_comparison(folder, 1) == first
    assert free_walks == []


COMPARE = """
import sys
from pathlib import Path
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
if __name__ == "__main__":
    run_comparison(ComparisonFolder(Path(sys.argv[1])), workers=2)
"""


def test_killed_with_runs_under_way_it_ends_as_if_it_had_not_been(make_comparison, tmp_path):
    changes = {"optimizers": ("kohl-stone",), "traversals": 24, "seeds": (1, 2), "fresh": 2}
    whole, killed = make_comparison(**changes), make_comparison(**changes)
    expected = said(run_comparison(whole, 1))
    script = tmp_path / "compare.py"
    script.write_text(COMPARE)
    process = subprocess.Popen([sys.executable, script, killed.path], env=ENVIRONMENT)
    wait_for_rows(killed, 5, process)
    process.kill()
    process.wait(60)
    assert said(run_comparison(ComparisonFolder(killed.path), 1)) == expected
    assert left_by(killed) == left_by(whole)


def wait_for_rows(folder, rows, process):
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if sum(len(rows_of(member)) for member in folder.members) >= rows:
            return
        time.sleep(0.01)
    assert process.poll() == 0, "the comparison neither came so far nor ended"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "config.toml",
            "traversals = 30",
            "traversals = 60",
            "runs/kohl-stone-1: traversals is 30 in config.toml, and 60 in that of the comparison",
        ),
        (
            "runs/kohl-stone-2/config.toml",
            "half_width_m = 0.75",
            "half_width_m = 0.5",
            "runs/kohl-stone-2: scenario.field.half_width_m is 0.5 in config.toml, and 0.75 in",
        ),
        (
            "runs/kohl-stone-2/config.toml",
            "policies = 2",
            "policies = 3",
            "runs/kohl-stone-2: options.policies is 3 in config.toml, and 2 in",
        ),
    ],
)
def test_a_folder_in_which_settings_were_changed_is_refused(make_comparison, free_walks, file, old, new, words):
    folder = make_comparison()
    path = folder.path / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=words):
        run_comparison(ComparisonFolder(folder.path), 1)
    assert free_walks == []


def test_two_do_not_work_on_one_comparison(make_comparison, free_walks):
    folder = make_comparison()
    with folder.locked(), pytest.raises(InputError, match="another process is at work"):
        run_comparison(folder, 1)


def test_a_run_whose_files_are_damaged_takes_no_other_with_it_and_learns_anew(make_comparison, free_walks):
    folder = make_comparison()
    whole = run_comparison(folder, 1)
    stored = left_by(folder)
    database = folder.members[1].path / "run.db"
    for damage in (lambda: database.write_bytes(database.read_bytes()[:3000]), lambda: database.write_bytes(b"")):
        damage()
        told = run_comparison(ComparisonFolder(folder.path), 1)
        assert list(told.failed) == ["hill-climbing-1"]
        assert f"delete {database}, and resume" in told.failed["hill-climbing-1"]
        assert {s.method: s.seeds for s in told.summaries} == {"kohl-stone": 3, "hill-climbing": 2}
        database.unlink()
        assert said(run_comparison(ComparisonFolder(folder.path), 1)) == said(whole)
        assert left_by(folder)[1:] == stored[1:]


def test_a_run_that_lost_traversals_is_not_believed(make_comparison, free_walks):
    folder = make_comparison()
    run_comparison(folder, 1)
    with contextlib.closing(sqlite3.connect(folder.members[0].path / "run.db")) as connection:
        connection.execute("DELETE FROM traversals WHERE purpose = 'learn' AND iteration = 2")
        connection.commit()
    assert "lacks traversals" in run_comparison(folder, 1).failed["kohl-stone-1"]


def test_lost_fresh_traversals_are_walked_again(make_comparison, free_walks):
    folder = make_comparison(seeds=(1,))
    whole = said(run_comparison(folder, 1))
    for file in folder.path.glob("study.db*"):
        file.unlink()
    assert said(run_comparison(ComparisonFolder(folder.path), 1)) == whole
