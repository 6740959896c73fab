import dataclasses
import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from PIL import Image

import gaitopt
from gaitopt.cli.output import table, write_json
from gaitopt.gait.gait_file import read_gait
from gaitopt.gait.parameters import PARAMETER_NAMES
from gaitopt.hal.catalog import make_body
from gaitopt.run.evaluate import evaluate
from gaitopt.run.learn.folder import RunFolder, create_run
from gaitopt.run.rollout import measure
from gaitopt.run.store import RunStore
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse

VERBS = ("learn", "resume", "evaluate", "replay", "runs", "list", "doctor")


def the_object(said):
    """Return the one JSON object on standard output, and nothing else may be there."""
    assert said.out.endswith("}\n")
    assert said.out.count("\n") == 1
    return json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_version_is_told(cli):
    assert cli("--version") == (0, f"gaitopt {gaitopt.__version__}\n", "")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(cli, verb):
    assert verb in cli("--help").out
    said = cli(verb, "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"usage: gaitopt {verb}")
    assert "--json" in said.out


def test_robots_scenarios_optimizers_and_gaits_are_listed(cli):
    lists = {what: cli("list", what) for what in ("robots", "scenarios", "optimizers", "gaits")}
    assert all((said.code, said.err) == (0, "") for said in lists.values())
    for what, words in {
        "robots": ("aibo-ers7", "aibo-ers210", "Sony AIBO ERS-7", "hand-tuned"),
        "scenarios": ("field", "2.000"),
        "optimizers": ("kohl-stone", "forward-difference", "random-search"),
        "gaits": ("hand-tuned", "kohl-stone-start", "rUNSWift"),
    }.items():
        assert all(word in lists[what].out for word in words)
    assert "aibo-ers210" not in cli("list", "gaits", "--robot", "aibo-ers7").out


def test_options_of_a_method_are_listed_with_default_bounds_and_meaning(cli):
    said = cli("list", "optimizers", "--options", "kohl-stone")
    assert said.code == 0
    assert re.search(r"^eta +number +2 +x > 0 +Length of every step, in units of epsilon\.$", said.out, re.MULTILINE)
    for_walking = the_object(cli("list", "algorithms", "--options", "ppo", "--json"))
    rates = [row for row in for_walking["options"] if row["option"] == "rate"]
    assert rates == [
        {"option": "rate", "type": "number", "default": 5e-4, "bounds": "x > 0", "meaning": "Step size of Adam."}
    ]
    for words, expected in {
        ("optimizers", "--options", "kohlstone"): "unknown optimizer 'kohlstone'; did you mean kohl-stone?",
        ("gaits", "--options", "ppo"): "--options: got it with gaits; expected optimizers or algorithms",
    }.items():
        refused = cli("list", *words)
        assert refused.code == 2
        assert expected in refused.err


def test_lists_are_json_too(cli):
    robots = the_object(cli("list", "robots", "--json"))["robots"]
    assert {robot["name"]: robot["start_gait"] for robot in robots} == {
        "aibo-ers7": "hand-tuned",
        "aibo-ers210": "kohl-stone-start",
        "dynamixel-quadruped": "hand-tuned",
        "petoi-bittle": "hand-tuned",
    }
    gaits = the_object(cli("list", "gaits", "--json"))["gaits"]
    assert {(gait["robot"], gait["name"]) for gait in gaits} == {
        ("aibo-ers7", "hand-tuned"),
        ("aibo-ers7", "learned"),
        ("aibo-ers210", "hand-tuned"),
        ("aibo-ers210", "kohl-stone-start"),
        ("dynamixel-quadruped", "hand-tuned"),
        ("dynamixel-quadruped", "learned"),
        ("petoi-bittle", "hand-tuned"),
        ("petoi-bittle", "learned"),
    }


def test_runs_are_listed_with_how_far_they_are(cli, run, small_config):
    fresh = create_run(small_config.model_copy(update={"name": "new"}), run.path.parent)
    rows = {row["run"]: row for row in the_object(cli("runs", "--json"))["runs"]}
    speed = read_gait(run.best_path).origin["speed_mps"]
    shared = {"kind": "run", "robot": "aibo-ers7", "method": "kohl-stone"}
    assert rows == {
        run.path.name: shared
        | {"run": run.path.name, "done": "2 of 2 traversals", "learned_mps": speed, "state": "finished"},
        fresh.path.name: shared
        | {"run": fresh.path.name, "done": "0 of 2 traversals", "learned_mps": None, "state": "unfinished"},
    }
    said = cli("runs")
    assert (said.code, said.err) == (0, "")
    head, *lines = said.out.splitlines()
    assert head.split() == ["run", "kind", "robot", "method", "done", "learned_mps", "state"]
    assert sorted(line.split()[0] for line in lines) == sorted(rows)


def test_no_runs_are_told_too(cli):
    assert cli("runs") == (0, "no runs in runs; make one with: gaitopt learn, or gaitopt train\n", "")
    assert the_object(cli("runs", "--json")) == {"runs": []}


def test_a_broken_run_does_not_hide_the_others(cli, run):
    def spoiled(name, spoil):
        spoil(Path(shutil.copytree(run.path, run.path.parent / name)))

    spoiled("database", lambda path: (path / "run.db").write_bytes(b"no database" * 100))
    spoiled("missing", lambda path: (path / "run.db").unlink())
    spoiled("gait", lambda path: (path / "best.toml").write_text("?"))
    spoiled("settings", lambda path: (path / "config.toml").write_text("?"))
    said = cli("runs", "--json")
    states = {row["run"]: row["state"] for row in the_object(said)["runs"]}
    assert states == {run.path.name: "finished", "database": "broken", "missing": "broken", "gait": "broken"}
    assert said.code == 0


def test_a_score_is_the_evaluation_by_fresh_traversals(cli, run, small_config):
    words = ("score", "latest", "--repeats", 3, "--seed", 8, "--workers", 1)
    best = read_gait(run.best_path).parameters
    expected = evaluate(best, small_config.robot, small_config.scenario, repeats=3, seed=8)
    told = the_object(cli(*words, "--json"))
    assert told["speed_mps"] == expected.speed_mps
    assert told["speed_ci95_mps"] == list(expected.speed_ci95_mps)
    assert (told["finished"], told["fell"], told["repeats"]) == (expected.finished, expected.fell, 3)
    assert told["artefacts"] == list(expected.artefacts)
    assert (told["robot"], told["gait"], told["scenario"], told["seed"]) == ("aibo-ers7", "small", "field", 8)
    said = cli(*words)
    assert (said.code, said.err) == (0, "")
    low, high = (round(1e3 * end) for end in expected.speed_ci95_mps)
    assert f"{1e3 * expected.speed_mps:.0f} mm/s (95 % interval {low} to {high}; 3 of 3 evaluation walks" in said.out


def test_a_change_of_the_field_changes_the_score(cli, run):
    def speed(*words):
        return the_object(cli("score", run.path, "--repeats", 2, "--workers", 1, "--json", *words))["speed_mps"]

    assert speed() == speed("--set", "engine.time_step_s=0.004")  # what it was
    assert speed() != speed("--set", "scenario.friction=0.2")
    assert speed("--set", "scenario.friction=0.2") != speed("--set", "scenario.friction=0.9")


def test_a_replay_is_one_traversal(cli, run, small_config):
    parameters = read_gait(run.best_path).parameters
    with make_body(small_config.robot) as body:
        controller = GaitController(parameters, small_config.robot, small_config.scenario)
        walk = traverse(body, controller, small_config.scenario, traversal_seed(4, Stream.FRESH, 0))
    told = the_object(cli("replay", run.path.name, "--seed", 4, "--json"))
    assert told == dataclasses.asdict(walk) | {"status": walk.status.value, "video": None}
    said = cli("replay", "latest", "--seed", 4)
    assert said.out == f"small: finished in {walk.time_s:.2f} s, {walk.speed_mps * 1e3:.0f} mm/s\n"
    film = cli("replay", "latest", "--seed", 4, "--video", "walk.gif")
    assert film == (0, f"{said.out}video     walk.gif\n", "")  # the driver that draws has nothing to say
    with Image.open("walk.gif") as picture:
        assert picture.n_frames > 5


def test_a_finished_run_tells_again_what_was_learned(cli, run):
    best = read_gait(run.best_path)
    told = the_object(cli("resume", "latest", "--workers", 1, "--json"))
    assert told["best"] == dict(zip(PARAMETER_NAMES, best.parameters.to_vector(), strict=True))
    assert told["best_speed_mps"] == best.origin["speed_mps"] == told["learned"]["speed_mps"]
    assert told["start_speed_mps"] == told["start"]["speed_mps"]
    assert (told["traversals"], told["traversals_per_s"], told["video"]) == (2, 0.0, None)
    assert told["stopped_by"] == {"traversals": "2 of 2 traversals done"}
    assert told["run"] == str(Path("runs") / run.path.name)
    assert Path(told["learning_curve"]).is_file()
    said = cli("resume", run.path, "--workers", 1)
    assert said.code == 0
    assert f"learned   {1e3 * told['best_speed_mps']:.0f} mm/s" in said.out
    gain = told["best_speed_mps"] / told["start_speed_mps"] - 1
    assert f"gain      {gain:+.0%}\n" in said.out
    assert f"gait      {run.best_path}\n" in said.out


def test_a_run_of_other_versions_is_resumed_with_a_note(cli, run):
    config = run.path / "config.toml"
    config.write_text(config.read_text().replace(f'gaitopt = "{gaitopt.__version__}"', 'gaitopt = "0.0.1"'))
    said = cli("resume", "latest", "--workers", 1, "--json")
    assert f"gaitopt 0.0.1 -> {gaitopt.__version__}" in said.err
    assert the_object(said)["traversals"] == 2
    assert said.code == 0


def test_the_doctor_tells_what_works(cli, monkeypatch):
    monkeypatch.setattr("gaitopt.run.diagnosis.egl_works", lambda: False)
    said = cli("doctor")
    assert (said.code, said.err) == (0, "")
    assert "ok    pybullet: a traversal: finished" in said.out
    assert "no    EGL: no driver\n       fix: " in said.out
    Path("file").touch()
    said = cli("doctor", "--runs", "file/runs", "--json")
    told = the_object(said)
    assert (said.code, told["works"]) == (2, False)
    assert [f["what"] for f in told["findings"] if f["needed"] and not f["works"]] == ["runs"]


class Interrupt:
    """In the place of `RunStore.add`: sends this process a signal when a row is written."""

    def __init__(self, number):
        self.number, self.add = number, RunStore.add

    def __get__(self, store, kind):
        return lambda row: self(store, row)

    def __call__(self, store, row):
        self.add(store, row)
        os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_tells_how_to_go_on(cli, here, small_config, monkeypatch, number):
    run = create_run(small_config, here / "runs")
    # After the first traversal, the second and last, and the first fresh one.
    for best, words in ((False, "no iteration was finished"), (False, ""), (True, "best gait so far")):
        with monkeypatch.context() as patch:
            patch.setattr(RunStore, "add", Interrupt(number))
            said = cli("resume", "latest", "--workers", 1, *(["--json"] if not words else []))
        assert said.code == 130
        assert "Traceback" not in said.err
        assert run.best_path.is_file() == best
        if words:
            assert words in said.out
            assert said.out.endswith(f"continue with: gaitopt resume runs/{run.path.name}\n")
        else:
            told = the_object(said)
            assert told == {"interrupted": True, "best": None, "traversals": 2, "run": f"runs/{run.path.name}"}
    assert cli("resume", "latest", "--workers", 1).code == 0
    assert RunFolder(run.path).best_path.read_text().count("speed_mps") == 1


def test_interrupted_elsewhere_nothing_but_that_is_told(cli, monkeypatch):
    def stop(*args):
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("gaitopt.cli.evaluate.find_walk", stop)
    assert cli("score", "hand-tuned", "--json") == (130, "", "gaitopt: interrupted\n")


def test_what_libraries_print_does_not_reach_the_json(cli, run, monkeypatch):
    def noisy(*args, **options):
        os.write(1, b"build time: yesterday\n")  # as a library in C does
        return measure(*args, **options)

    monkeypatch.setattr("gaitopt.cli.evaluate.measure", noisy)
    words = ("score", "latest", "--repeats", 1, "--workers", 1)
    said = cli(*words, "--json")
    assert the_object(said)["repeats"] == 1
    assert said.err == "build time: yesterday\n"
    assert cli(*words).out.startswith("build time: yesterday\n")  # so it was loud enough


def test_tables_are_in_columns():
    rows = [{"name": "a", "speed": 0.25, "note": None}, {"name": "longer", "speed": 12, "note": "x y"}]
    assert table(rows) == "name    speed  note\na       0.250  -\nlonger  12     x y"


def test_what_json_lacks_becomes_null():
    inner, outer = os.pipe()
    write_json(outer, {"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": (-float("inf"), "x", None, True)}})
    with open(inner) as stream:
        assert json.load(stream) == {"a": None, "b": [None, 1.5], "c": {"d": [None, "x", None, True]}}
