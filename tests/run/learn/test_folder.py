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
from gaitopt.run.experiment import find, names, open_experiment
from gaitopt.run.learn.folder import RunFolder, create_run

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
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    name = create_run(small_config, runs).path.name
    made = datetime.datetime.strptime(name, "%Y-%m-%d_%H%M%S_small").replace(tzinfo=datetime.UTC)
    assert before <= made <= datetime.datetime.now(datetime.UTC)


def test_a_run_that_exists_is_left_and_the_new_one_gets_a_number(small_config, runs):
    create_run(small_config, runs, NOW).best_path.write_text("mine")
    before = tree(runs / NAME)
    assert create_run(small_config, runs, NOW).path.name == f"{NAME}-2"
    assert tree(runs / NAME) == before


def test_even_a_file_in_the_place_of_a_run_is_left(small_config, runs):
    runs.mkdir()
    (runs / NAME).write_text("mine")
    assert create_run(small_config, runs, NOW).path.name == f"{NAME}-2"
    assert (runs / NAME).read_text() == "mine"


def disk_full(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def database_full(*args, **kwargs):
    raise sqlite3.OperationalError("database or disk is full")


def interrupted(*args, **kwargs):
    raise KeyboardInterrupt


TROUBLES = {
    "config": ("gaitopt.toml.os.replace", disk_full, InputError),
    "database": ("gaitopt.run.database.sqlite3.connect", database_full, InputError),
    "folder": ("gaitopt.run.experiment.Path.mkdir", disk_full, InputError),
    "name": ("gaitopt.run.experiment.Path.rename", disk_full, InputError),
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
    ours, theirs = (each.model_dump() for each in (run.config, small_config))
    assert theirs["robot"].pop("urdf") == small_config.robot.urdf != ours["robot"].pop("urdf")
    assert ours == theirs


BROKEN = [
    ('optimizer = "kohl-stone"', "optimizer = kohl", "is not valid TOML"),
    ("\nseed = 5", "\nsead = 5", "unknown key 'sead'; did you mean seed"),
    ("\nseed = 5", "\nseed = -5", "seed: got -5; expected greater than or equal to 0"),
    ("\ntraversals = 12", "\ntraversals = 1.5", "traversals: got 1.5"),
    ('\nkind = "learn"', '\nkind = "train"', "holds settings of gaitopt train; expected those of gaitopt learn"),
    ('\nkind = "learn"', '\nkind = "walk"', "does not belong to an experiment of gaitopt"),
    ("\nlayout = 3", '\nlayout = "3"', "provenance: layout: got '3'"),
    (
        "half_width_m = 0.75",
        "half_width_m = nan",
        "provenance: scenario.field.half_width_m: got nan; expected a finite number",
    ),
    ("\ncycle_time = 0.64", "", "gait: 'cycle_time' is missing"),
    ("\ncycle_time = 0.64", "\ncycle_tim = 0.64", "unknown gait parameter 'cycle_tim'; did you mean cycle_time"),
    ("\ncycle_time = 0.64", "\ncycle_time = inf", "gait.cycle_time: got inf; expected a finite number"),
    ("\ncycle_time = 0.64", "\ncycle_time = 64.0", "cycle_time: got 64 s; expected"),
]


@pytest.mark.parametrize(("old", "new", "words"), BROKEN)
def test_broken_settings_are_named(make_run, old, new, words):
    run = make_run()
    config = run.path / "config.toml"
    text = "\n" + config.read_text()
    assert text.count(old) == 1
    config.write_text(text.replace(old, new))
    for read in (RunFolder, lambda path: RunFolder(find(path.name, path.parent))):
        with pytest.raises(InputError) as caught:
            read(run.path)
        assert str(config) in str(caught.value)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_folder_without_settings_is_no_run(tmp_path):
    with pytest.raises(InputError, match=r"is not an experiment of gaitopt: it has no config\.toml; see `gaitopt runs"):
        RunFolder(tmp_path)


def test_a_run_is_found_by_path_name_and_as_the_latest(make_run):
    first, second = make_run(), make_run()
    runs = first.path.parent
    assert find(str(first.path), Path("nowhere")) == find(first.path, Path("nowhere")) == first.path
    assert find(first.path.name, runs) == first.path
    assert find("latest", runs) == second.path
    assert open_experiment(first.path).config == first.config


def test_an_unknown_run_gets_the_nearest_names(make_run, tmp_path):
    run = make_run()
    with pytest.raises(
        InputError, match=f"unknown run, training, comparison or lab result in .*; did you mean {run.path.name}"
    ):
        find(run.path.name.replace("small", "smal"), run.path.parent)
    for name in ("latest", "small"):
        with pytest.raises(InputError, match="known: none"):
            find(name, tmp_path / "nowhere")


def test_only_whole_runs_are_listed_oldest_first(make_run):
    first, broken, last = make_run(), make_run(), make_run()
    runs = first.path.parent
    (broken.path / "config.toml").write_text("?")
    (runs / "notes").mkdir()
    (runs / "file").touch()
    shutil.copytree(first.path, runs / f".{first.path.name}.123")  # what a killed process left half-made
    assert names(runs) == [first.path.name, last.path.name]
    assert names(runs / "nowhere") == []


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
