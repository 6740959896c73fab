"""`gaitopt compare --algorithms`: with physics, but hardly any."""

import json
import os
import signal
from pathlib import Path

import pytest

from gaitopt.cli import compare as compare_verb
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.run.compare.compare import run_comparison

QUICK = {"length_m": 0.05, "run_up_m": 0.02, "time_limit_s": 1}
TINY = [word for key, value in QUICK.items() for word in ("--set", f"scenario.field.{key}={value}")]
SMALL = ["--set", "ppo.steps=12", "--set", "ppo.minibatch=6", "--set", "ppo.epochs=1", "--set", "td-lambda.steps=25"]
COMPARE = ["compare", "--algorithms", "ppo,td-lambda", "--steps", 24, "--seeds", 1, "--fresh", 2, "--workers", 1]
COMPARE += [*SMALL, *TINY, "--name", "mine", "--json"]


def the_object(said):
    assert said.out.count("\n") == 1, said.err
    return json.loads(said.out)


def refused(cli, *words):
    said = cli(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    return said.err


def without_times(told):
    """Return what a comparison said but where it lies and how long it took."""
    kept = {key: value for key, value in told.items() if key not in ("run", "files")}
    strip = {"wall_s", "overhead_s", "overhead"}
    for rows in ("curves", "summaries"):
        kept[rows] = [{key: value for key, value in row.items() if key not in strip} for row in kept[rows]]
    return kept


def test_a_comparison_of_algorithms_from_begin_to_end(cli, here, monkeypatch):
    comparison = the_object(cli(*COMPARE))
    folder = Path(comparison["run"])
    assert (comparison["budget"], comparison["unit"]) == (24, "steps")
    assert comparison["left_out"] == {"td-lambda": "an update takes 25 steps or more, and the budget is 24"}
    (row,) = comparison["summaries"]
    assert (row["method"], row["seeds"], row["spent"]) == ("ppo", 1, 24)
    assert list(row["at"]) == ["5", "10", "24"]
    (curve,) = comparison["curves"]
    assert (curve["points"], curve["since"]) == ([0, 1, 2, 5, 10, 15, 20, 24], [0, 0, 0, 0, 0, 12, 12, 24])
    assert row["at"]["24"]["median"] == curve["scores"][-1] > 0
    assert row["gain"]["median"] == pytest.approx(curve["scores"][-1] / curve["scores"][0] - 1)
    assert sorted(Path(path).name for path in comparison["files"].values()) == [
        "comparison.csv", "comparison.md", "comparison.png", "curves.csv",
    ]  # fmt: skip
    assert all(Path(path).is_file() for path in comparison["files"].values())

    # A member is a training, and its snapshots are policies, like any other.
    member = folder / "runs" / "ppo-1"
    assert the_object(cli("resume", member, "--workers", 1, "--json"))["steps"] == 24
    scored = the_object(cli("score", member / "snapshots" / "12.npz", *TINY, "--repeats", 1, "--json"))
    assert scored["speed_mps"] > 0
    (listed,) = the_object(cli("runs", "--json"))["runs"]
    assert (listed["run"], listed["state"], listed["done"]) == (folder.name, "finished", "1 of 1 runs")

    # Resumed, it says the same.
    for words in ("latest", folder):
        assert the_object(cli("resume", words, "--workers", 1, "--json")) == comparison
    text = cli("resume", folder, "--workers", 1).out
    assert text.startswith("method  seeds  at 5 ")
    assert "Left out: td-lambda: an update takes 25 steps or more" in text

    # Stopped and resumed, another ends as this one.
    def stopped(folder, workers, report):
        def stop(progress):
            report(progress)
            if progress.ended:
                os.kill(os.getpid(), signal.SIGINT)

        return run_comparison(folder, workers, stop)

    with monkeypatch.context() as patch:
        patch.setattr("gaitopt.view.compare.compare.run_comparison", stopped)
        said = cli(*COMPARE, "--runs", "others")
    assert said.code == 130
    told = the_object(said)
    assert (told["runs_ended"], told["runs"]) == (1, 1)
    again = the_object(cli("resume", told["run"], "--workers", 1, "--json"))
    assert without_times(again) == without_times(comparison)


def test_bad_input_is_told_in_one_line_and_leaves_nothing(cli, here):
    for words, said in {
        "--algorithms ppo --optimizers powell": "--optimizers and --algorithms cannot be compared with each other",
        "--algorithms ppo --traversals 5": "--traversals belongs to --optimizers; the budget of --algorithms is",
        "--algorithms ppo --score speed": "--score belongs to --optimizers",
        "--optimizers powell --steps 5": "--steps belongs to --algorithms; the budget of --optimizers is --traversals",
        "--steps 5": "--steps belongs to --algorithms",
        "--algorithms ppo,pppo": "unknown algorithm 'pppo'; did you mean ppo?",
        "--algorithms zebra": "unknown algorithm 'zebra'; known: advantage-actor-critic, augmented-random-search,",
        "--algorithms ppo,": "unknown algorithm ''",
        "--algorithms ppo --steps 0": "argument --steps: got '0'",
        "--algorithms ppo --steps 9": "no method is left to compare: ppo: an update takes",
        "--algorithms ppo --set ppo.rat=1": "unknown key 'rat'",
        "--algorithms ppo --set qac.rate=1": "qac is not at work; expected method.rate",
        "--algorithms ppo --set interface.observe=['tlit']": "'tlit'; did you mean tilt",
        "--algorithms ppo --start nowhere": "unknown gait of aibo-ers7 'nowhere'",
        "--algorithms ppo --name a/b": "name: got 'a/b'",
    }.items():
        assert said in refused(cli, "compare", *words.split())
        assert list(here.iterdir()) == []


def test_algorithms_have_a_budget_of_their_own(cli, monkeypatch):
    class PlannedError(Exception):
        pass

    def new(settings, runs, workers):
        assert (settings.algorithms, settings.steps) == (tuple(ALGORITHMS), 200_000)
        assert settings.seeds == (1, 2, 3, 4, 5)
        assert (settings.optimizers, settings.traversals) == (None, None)
        assert settings.options["ppo"]["discount"] == 0.97  # as `train` has it for walking
        raise PlannedError

    monkeypatch.setattr(compare_verb, "new_comparison", new)
    with pytest.raises(PlannedError):
        cli("compare", "--algorithms", "all")
