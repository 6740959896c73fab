"""What Python calls leave in an experiment's folder, and what they show: with physics, but hardly any."""

import pytest

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.view.compare.compare import FILES, compare
from gaitopt.view.learn.learn import learn
from gaitopt.view.resume import resume
from gaitopt.view.train.train import train


@pytest.fixture
def small(ers7, tiny_field, tmp_path):
    """Two traversals of learning and 2 x 2 evaluation walks."""
    return {
        "robot": ers7,
        "scenario": tiny_field,
        "gait": "hand-tuned",
        "optimizer": "kohl-stone",
        "options": {"policies": 2, "repeats": 1},
        "traversals": 2,
        "fresh": 2,
        "seed": 3,
        "name": "small",
        "runs": tmp_path / "runs",
        "workers": 1,
    }


@pytest.fixture
def terminal(monkeypatch, make_console):
    """Make standard error a terminal; return the console that progress goes to."""
    console = make_console(terminal=True)

    def console_of(**how):
        assert how["stderr"]
        return console

    monkeypatch.setattr("gaitopt.view.progress_view.Console", console_of)
    return console


def test_learning_leaves_its_curve_and_prints_nothing(small, capfd):
    outcome = learn(**small)
    assert (outcome.run / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    assert (outcome.run / "best.toml").is_file()
    assert capfd.readouterr() == ("", "")


def test_on_a_terminal_learning_shows_progress(small, terminal):
    learn(**small)
    text = terminal.file.getvalue()
    for words in ("learning", "start gait", "learned gait"):
        assert words in text


def test_a_report_takes_the_place_of_the_view(small, terminal):
    reports = []
    learn(**small, report=reports.append)
    assert {report.stage for report in reports} == {"learning", "start", "best"}
    assert terminal.file.getvalue() == ""


def test_training_leaves_its_curve_and_goes_on(ers7, tiny_field, tmp_path, terminal):
    settings = {
        "robot": ers7,
        "scenario": tiny_field,
        "gait": load_gait("hand-tuned", ers7),
        "algorithm": "ppo",
        "options": {"steps": 24, "minibatch": 8, "epochs": 2},
        "steps": 48,
        "environments": 2,
        "fresh": 2,
        "seed": 4,
    }

    def stop(progress, speed):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(**settings, runs=tmp_path, workers=1, report=stop)
    assert terminal.file.getvalue() == ""
    (folder,) = tmp_path.iterdir()
    assert not (folder / "training_curve.png").exists()
    outcome = resume(folder.name, workers=1, runs=tmp_path)
    assert outcome.run == folder
    assert outcome.progress.steps == 48
    assert (folder / "training_curve.png").read_bytes().startswith(b"\x89PNG")
    assert "mean return" in terminal.file.getvalue()


def test_a_comparison_leaves_tables_and_picture_and_goes_on(ers7, tiny_field, tmp_path, terminal):
    settings = {"optimizers": "kohl-stone", "options": {"kohl-stone": {"policies": 2, "repeats": 1}}}
    settings |= {"traversals": 4, "seeds": 1, "fresh": 2, "robot": ers7, "scenario": tiny_field}

    def stop(progress):
        if progress.ended:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(**settings, runs=tmp_path, workers=1, report=stop)
    (folder,) = tmp_path.iterdir()
    assert not any((folder / name).exists() for name in FILES.values())
    comparison = resume("latest", workers=1, runs=tmp_path)
    assert comparison.folder == folder
    assert FILES == {
        "csv": "comparison.csv",
        "markdown": "comparison.md",
        "curves": "curves.csv",
        "figure": "comparison.png",
    }
    assert all((folder / name).stat().st_size > 100 for name in FILES.values())
    assert "evaluation walks" in terminal.file.getvalue()


def test_a_run_goes_on_as_if_it_had_not_been_stopped(small, tmp_path):
    whole = learn(**small | {"runs": tmp_path / "whole"})

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(**small, report=stop)
    resumed = resume(workers=1, runs=small["runs"])
    assert resumed.best.parameters == whole.best.parameters
    assert resumed.learned == whole.learned
    assert (resumed.run / "learning_curve.png").is_file()


def test_workers_are_checked_before_a_folder_is_made(small):
    with pytest.raises(InputError, match="workers: got 0"):
        learn(**small | {"workers": 0})
    assert not small["runs"].exists()
