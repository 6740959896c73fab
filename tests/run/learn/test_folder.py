import datetime
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import ENVIRONMENT

from gaitopt.errors import InputError
from gaitopt.run.learn.folder import RunFolder, create_run, find_run, list_runs

NOW = datetime.datetime(2026, 3, 4, 5, 6, 7)
NAME = "2026-03-04_050607_small"


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


def tree(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_a_new_run_is_a_folder_named_by_time_and_name(small_config, ers7, runs):
    run = create_run(small_config, runs, NOW)
    assert run.path == runs / NAME
    assert sorted(path.name for path in runs.rglob("*")) == [NAME, "config.toml", "robot.urdf", "run.db"]
    assert (run.path / "robot.urdf").read_bytes() == Path(ers7.urdf).read_bytes()
    assert run.best_path == run.path / "best.toml"
    with run.open_store() as store:
        assert store.rows("learn") == []


def test_a_run_made_now_is_named_by_the_present(small_config, runs):
    before = datetime.datetime.now().replace(microsecond=0)
    made = datetime.datetime.strptime(create_run(small_config, runs).path.name, "%Y-%m-%d_%H%M%S_small")
    assert before <= made <= datetime.datetime.now()


def test_a_run_that_exists_is_left_as_it_is(small_config, runs):
    create_run(small_config, runs, NOW).best_path.write_text("mine")
    before = tree(runs)
    with pytest.raises(InputError, match=f"{NAME}: this run exists.*another --name"):
        create_run(small_config, runs, NOW)
    assert tree(runs) == before
    create_run(small_config.model_copy(update={"name": "other"}), runs, NOW)  # two at a time need two names


def test_even_a_file_in_the_place_of_a_run_is_left(small_config, runs):
    runs.mkdir()
    (runs / NAME).write_text("mine")
    with pytest.raises(InputError, match="this run exists"):
        create_run(small_config, runs, NOW)
    assert tree(runs) == {NAME: b"mine"}


def disk_full(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def database_full(*args, **kwargs):
    raise sqlite3.OperationalError("database or disk is full")


def interrupted(*args, **kwargs):
    raise KeyboardInterrupt


TROUBLES = {
    "config": ("gaitopt.toml.os.replace", disk_full, InputError),
    "database": ("gaitopt.run.store.sqlite3.connect", database_full, InputError),
    "folder": ("gaitopt.run.learn.folder.Path.mkdir", disk_full, InputError),
    "name": ("gaitopt.run.learn.folder.Path.rename", disk_full, InputError),
    "ctrl-c": ("gaitopt.toml.os.fsync", interrupted, KeyboardInterrupt),
}


@pytest.mark.parametrize("what", TROUBLES)
def test_a_run_is_made_whole_or_not_at_all(small_config, runs, monkeypatch, what):
    runs.mkdir()
    place, trouble, error = TROUBLES[what]
    with monkeypatch.context() as patch:
        patch.setattr(place, trouble)
        with pytest.raises(error) as caught:
            create_run(small_config, runs, NOW)
    assert tree(runs) == {}
    if error is InputError:
        assert NAME in str(caught.value)
        assert "full" in str(caught.value) or "No space" in str(caught.value)
        assert "\n" not in str(caught.value)
    create_run(small_config, runs, NOW)  # and nothing stands in the way of the next try


def test_a_run_cannot_be_made_where_folders_cannot(small_config, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="Not a directory"):
        create_run(small_config, tmp_path / "file" / "runs", NOW)
    assert tree(tmp_path) == {"file": b"mine"}


def test_a_run_without_its_urdf_is_not_begun(small_config, runs):
    robot = small_config.robot.model_copy(update={"urdf": "nowhere.urdf"})
    with pytest.raises(InputError, match="No such file"):
        create_run(small_config.model_copy(update={"robot": robot}), runs, NOW)
    assert tree(runs) == {}


def test_settings_come_back_as_they_were_and_the_folder_can_be_moved(small_config, runs, tmp_path):
    create_run(small_config, runs, NOW)
    shutil.move(runs / NAME, tmp_path / "elsewhere")
    run = RunFolder(tmp_path / "elsewhere")
    assert run.config.robot.urdf == str(tmp_path / "elsewhere" / "robot.urdf")
    assert run.config.model_copy(update={"robot": small_config.robot}) == small_config
    assert run.config.robot.model_copy(update={"urdf": small_config.robot.urdf}) == small_config.robot


BROKEN = [
    ('optimizer = "kohl-stone"', "optimizer = kohl", "is not valid TOML"),
    ("\nseed = 5", "\nsead = 5", "unknown key 'sead'; did you mean seed"),
    ("\nseed = 5", "", "key 'seed' is missing"),
    ("\nseed = 5", "\nseed = -5", "seed: got -5; expected greater than or equal to 0"),
    ("\ntraversals = 12", "\ntraversals = 1.5", "traversals: got 1.5"),
    (
        '\nschema_version = 1\nname = "small"',
        '\nschema_version = 2\nname = "small"',
        "schema_version: got 2; expected 1",
    ),
    ("\ntime_limit_s = 1.0", "\ntime_limit_s = nan", "scenario.field.time_limit_s: got nan; expected a finite number"),
    ("\ncycle_time = 0.64", "", "start: 'cycle_time' is missing"),
    ("\ncycle_time = 0.64", "\ncycle_tim = 0.64", "unknown gait parameter 'cycle_tim'; did you mean cycle_time"),
    ("\ncycle_time = 0.64", "\ncycle_time = inf", "start.cycle_time: got inf; expected a finite number"),
    ("\ncycle_time = 0.64", "\ncycle_time = 64.0", "cycle_time: got 64 s; expected"),
]


@pytest.mark.parametrize(("old", "new", "words"), BROKEN)
def test_broken_settings_are_named(make_run, old, new, words):
    run = make_run()
    config = run.path / "config.toml"
    text = "\n" + config.read_text()
    assert text.count(old) == 1
    config.write_text(text.replace(old, new))
    for find in (lambda: RunFolder(run.path), lambda: find_run(run.path.name, run.path.parent)):
        with pytest.raises(InputError) as caught:
            find()
        assert str(config) in str(caught.value)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_folder_without_settings_is_no_run(tmp_path):
    with pytest.raises(InputError, match=r"is not a run: it has no config\.toml"):
        RunFolder(tmp_path)


def test_a_run_is_found_by_path_name_and_as_the_latest(make_run):
    first, second = make_run(), make_run()
    runs = first.path.parent
    assert find_run(str(first.path), Path("nowhere")).path == first.path
    assert find_run(first.path.name, runs).path == first.path
    assert find_run("latest", runs).path == second.path


def test_an_unknown_run_gets_the_nearest_names(make_run, tmp_path):
    run = make_run()
    with pytest.raises(InputError, match=f"unknown run in .*; did you mean {run.path.name}"):
        find_run(run.path.name.replace("small", "smal"), run.path.parent)
    for name in ("latest", "small"):
        with pytest.raises(InputError, match="known: none"):
            find_run(name, tmp_path / "nowhere")


def test_only_whole_runs_are_listed_oldest_first(make_run):
    first, broken, last = make_run(), make_run(), make_run()
    runs = first.path.parent
    (broken.path / "config.toml").write_text("?")
    (runs / "notes").mkdir()
    (runs / "file").touch()
    shutil.copytree(first.path, runs / f".{first.path.name}.123")  # what a killed process left half-made
    assert [run.path for run in list_runs(runs)] == [first.path, last.path]
    assert list_runs(runs / "nowhere") == []


def test_one_process_at_a_time_works_on_a_run(make_run):
    run, other = make_run(), make_run()
    ask = f"""
from pathlib import Path
from gaitopt.run.learn.folder import RunFolder
try:
    with RunFolder(Path({str(run.path)!r})).locked():
        print("open")
except Exception as error:
    print(type(error).__name__, error)
"""

    def answer():
        return subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, env=ENVIRONMENT, timeout=120)

    with run.locked(), other.locked():
        assert answer().stdout.startswith(f"InputError {run.path}: another process is at work on this run")
        with pytest.raises(InputError, match="another process"), RunFolder(run.path).locked():
            pass
    assert answer().stdout == "open\n"
    with run.locked():
        pass


def test_a_run_whose_folder_is_gone_says_so(make_run):
    run = make_run()
    shutil.rmtree(run.path)
    with pytest.raises(InputError, match="cannot be opened"), run.locked():
        pass
