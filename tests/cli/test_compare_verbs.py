"""`gaitopt compare`, and the scores and the noise that `learn` and `score` tell."""

import contextlib
import json
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from gaitopt.cli import compare as compare_verb
from gaitopt.optim.catalog import OPTIMIZERS
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.experiment import find, open_experiment

QUICK = {"length_m": 0.05, "run_up_m": 0.02, "time_limit_s": 1}
TINY = [word for key, value in QUICK.items() for word in ("--set", f"scenario.field.{key}={value}")]
SMALL = ["--set", "kohl-stone.policies=2", "--set", "kohl-stone.repeats=1", "--fresh", 2, "--workers", 1, *TINY]
COMPARE = ["compare", "--optimizers", "kohl-stone,random-search", "--traversals", 4, "--seeds", 1, *SMALL]


def the_object(said):
    assert said.out.count("\n") == 1, said.err
    return json.loads(said.out)


def refused(cli, *words):
    said = cli(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    return said.err


@pytest.fixture
def comparison(cli, here):
    """A comparison that has come to its end."""
    said = cli(*COMPARE, "--name", "mine", "--json")
    assert said.code == 0
    return the_object(said)


def test_a_comparison_answers_with_table_figure_and_who_was_left_out(cli, comparison):
    folder = Path(comparison["run"])
    assert folder.name.endswith("_mine")
    assert comparison["left_out"] == {"random-search": "an iteration takes 45 traversals, and the budget is 4"}
    (row,) = comparison["summaries"]
    assert (row["method"], row["seeds"], row["learned_in"]) == ("kohl-stone", 1, 4)
    assert row["at"]["4"]["median"] == comparison["curves"][0]["scores"][-1] > 0
    assert {Path(path).name for path in comparison["files"].values()} == {
        "comparison.csv",
        "comparison.md",
        "curves.csv",
        "comparison.png",
    }
    assert all(Path(path).is_file() for path in comparison["files"].values())


def test_resumed_it_says_the_same_again(cli, comparison):
    folder = comparison["run"]
    for words in ("latest", folder):
        assert the_object(cli("resume", words, "--workers", 1, "--json")) == comparison
    text = cli("resume", Path(folder).name, "--workers", 1).out
    assert text.startswith("method      seeds  at 4 ")
    assert "Left out: random-search: an iteration takes 45 traversals" in text
    assert f"figure    {folder}/comparison.png" in text


def test_with_runs_that_broke_off_the_exit_code_is_1(cli, here):
    comparison = the_object(cli(*COMPARE, "--seeds", 2, "--json"))
    assert comparison["failed"] == {}
    (Path(comparison["run"]) / "runs" / "kohl-stone-2" / "run.db").write_bytes(b"not a database")
    said = cli("resume", comparison["run"], "--workers", 1, "--json")
    assert said.code == 1
    assert list(the_object(said)["failed"]) == ["kohl-stone-2"]
    assert [row["seeds"] for row in the_object(said)["summaries"]] == [1]


def test_a_comparison_that_is_not_there_is_told_with_those_that_are(cli, comparison):
    assert Path(comparison["run"]).name in refused(cli, "resume", "other")


def test_it_is_listed_among_the_runs(cli, comparison):
    (row,) = the_object(cli("runs", "--json"))["runs"]
    assert row["run"] == Path(comparison["run"]).name
    assert (row["robot"], row["state"]) == ("aibo-ers7", "finished")
    assert "comparison of 1" in row.values()
    assert "1 of 1 runs" in row.values()
    run = open_experiment(find("kohl-stone-1", Path(comparison["run"]) / "runs"))
    kept = run.best_path.read_bytes()
    run.best_path.write_text("?")  # damaged, it counts as not learned, and is made again from the run's traversals
    (row,) = the_object(cli("runs", "--json"))["runs"]
    assert "0 of 1 runs" in row.values()
    assert the_object(cli("resume", comparison["run"], "--workers", 1, "--json")) == comparison
    assert run.best_path.read_bytes() == kept
    assert run.config.optimizer == "kohl-stone"


def test_bad_input_is_told_in_one_line_and_leaves_nothing(cli, here):
    for words, said in {
        "--optimizers kohl-ston": "unknown optimizer 'kohl-ston'; did you mean kohl-stone?",
        "--optimizers kohl-stone,": "unknown optimizer ''",
        "--score spee": "unknown term 'spee'; did you mean speed?",
        "--score speed/2": "'/2' cannot be read",
        "--seeds 0": "--seeds: got 0; expected 1 to 1,000 of them",
        "--traversals x": "argument --traversals: got 'x'",
        "--optimizers random-search --traversals 44": "no method is left to compare: random-search: an iteration takes",
        "--robot zebra": "unknown robot 'zebra'",
        "--scenario feild": "did you mean field?",
        "--start nowhere": "unknown gait of aibo-ers7 'nowhere'",
        "--set cma-es.popsize=3": "unknown key 'popsize'",
        "--set kohl.popsize=3": "unknown first part of --set 'kohl'",
        "--name a/b": "name: got 'a/b'",
        "--workers 0": "workers: got 0",
        "--resume latest": "unrecognized arguments: --resume latest",
    }.items():
        assert said in refused(cli, "compare", *words.split())
        assert list(here.iterdir()) == []


def test_resume_has_nothing_to_film_of_a_comparison(cli, comparison):
    assert "is a comparison in simulation; leave out --video" in refused(cli, "resume", comparison["run"], "--video")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_tells_how_to_go_on_and_ends_as_if_it_had_not_been(cli, here, comparison, monkeypatch, number):
    def stopped(folder, workers, report):
        def stop(progress):
            report(progress)
            if progress.ended:
                os.kill(os.getpid(), number)

        return run_comparison(folder, workers, stop)

    with monkeypatch.context() as patch:
        patch.setattr("gaitopt.view.compare.compare.run_comparison", stopped)
        said = cli(*COMPARE, "--name", "again", "--json")
    assert said.code == 130
    assert "Traceback" not in said.err
    told = the_object(said)
    folder = told.pop("run")
    assert told == {"interrupted": True, "runs_ended": 1, "runs": 1}
    whole, parts = comparison, the_object(cli("resume", folder, "--workers", 1, "--json"))
    for key in ("title", "score", "budget", "best_known", "left_out"):
        assert parts[key] == whole[key]
    strip = {"wall_s", "overhead_s"}
    for mine, theirs in zip(parts["curves"], whole["curves"], strict=True):
        assert {k: v for k, v in mine.items() if k not in strip} == {k: v for k, v in theirs.items() if k not in strip}


def test_all_methods_are_planned_by_default(cli, monkeypatch):
    class PlannedError(Exception):
        pass

    def new(settings, runs, workers):
        assert (settings.optimizers, settings.traversals) == (tuple(OPTIMIZERS), 1035)
        assert settings.seeds == (1, 2, 3, 4, 5)
        raise PlannedError

    monkeypatch.setattr(compare_verb, "new_comparison", new)
    with pytest.raises(PlannedError):
        cli("compare")


LEARN = ["learn", "--optimizer", "kohl-stone", "--traversals", 4, "--fresh", 2, "--workers", 1, *TINY]
LEARN += ["--set", "optimizer.policies=2", "--set", "optimizer.repeats=2"]


def test_learn_makes_a_score_high_and_tells_the_noise(cli, here):
    told = the_object(cli(*LEARN, "--score", "speed - 0.5*sway", "--json"))
    assert told["score"] == "speed - 0.5*sway"
    assert told["learned"]["score"] < told["learned"]["speed_mps"]
    assert told["noise"]["traversals"] == 8
    assert told["noise"]["std"] > 0
    assert told["noise"]["degrees_of_freedom"] >= 4
    run = open_experiment(find("latest", Path("runs")))
    assert run.config.options["policies"] == 2
    assert str(run.config.score) == "speed - 0.5*sway"
    with run.open_store() as store:
        assert all(row.score < row.traversal.speed_mps for row in store.rows("learn"))
    said = cli("resume", "latest", "--workers", 1)
    assert "score     " in said.out
    assert " of speed - 0.5*sway\n" in said.out
    assert "\nnoise     " in said.out
    # What it was learned for is what its gait is scored by, unless told otherwise.
    scored = the_object(cli("score", "latest", "--repeats", 2, "--workers", 1, "--json"))
    assert scored["score_of"] == "speed - 0.5*sway"
    other = the_object(cli("score", "latest", "--repeats", 2, "--workers", 1, "--json", "--score=-drift"))
    assert other["speed_mps"] == scored["speed_mps"]
    assert -1 <= other["score"] <= 0


def test_a_scenario_may_bring_its_score(cli, here, field):
    text = (Path(compare_verb.__file__).parents[2] / "scenarios" / "field.toml").read_text()
    (here / "calm.toml").write_text(text + "\n[score]\nspeed = 1.0\nsway = -0.5\n")
    words = ("score", "hand-tuned", "--scenario", "calm.toml", "--repeats", 1, "--workers", 1, *TINY)
    assert the_object(cli(*words, "--json"))["score_of"] == "speed - 0.5*sway"
    assert the_object(cli(*words, "--json", "--score", "speed"))["score_of"] == "speed"
    assert " of speed - 0.5*sway\n" in cli(*words).out


def test_a_bad_score_is_told_in_one_line(cli, here):
    for verb in (["learn"], ["score", "hand-tuned"]):
        assert "unknown term 'swya'; did you mean sway?" in refused(cli, *verb, "--score", "speed - swya")
        assert "'* 2' cannot be read" in refused(cli, *verb, "--score", "* 2")
        assert "unknown term 'swya'; did you mean sway?" in refused(cli, *verb, "--score", "-swya")
    assert list(here.iterdir()) == []


def test_a_comparison_is_found_from_python(comparison):
    assert open_experiment(find("latest", Path("runs"), ["compare"])).config.name == "mine"


def test_a_run_that_lost_what_stood_after_its_iterations_is_not_compared(cli, comparison):
    run = open_experiment(find("kohl-stone-1", Path(comparison["run"]) / "runs"))
    with contextlib.closing(sqlite3.connect(run.path / "run.db")) as connection:
        connection.execute("DROP TABLE iterations")
        connection.commit()
    said = refused(cli, "resume", comparison["run"])
    assert "lacks traversals or iterations" in said
    assert f"delete {run.path / 'run.db'}, and resume" in said
