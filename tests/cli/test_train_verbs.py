"""`train`, and what other verbs make of its runs, in this process."""

import json

import pytest

from gaitopt.files import format_toml

TINY = ["--set", "algorithm.steps=24", "--set", "algorithm.minibatch=8", "--set", "algorithm.epochs=1"]
SMALL = ["--environments", 2, "--fresh", 2, "--workers", 1, "--runs", "kept"]


@pytest.fixture
def ground(here, field):
    """A scenario's file: a field of a few steps."""
    lines = {"length_m": 0.05, "run_up_m": 0.02, "time_limit_s": 1.0}
    tiny = field.model_copy(update={"name": "tiny", "field": field.field.model_copy(update=lines)})
    path = here / "tiny.toml"
    path.write_text(format_toml(tiny.model_dump(mode="json")), encoding="utf-8")
    return path.name


@pytest.fixture
def train(cli, ground):
    """Return a function that trains, and tells what was said."""

    def run(*words):
        return cli("train", "--scenario", ground, "--steps", 48, *TINY, *SMALL, *words)

    return run


def test_training_twice_tells_the_same_bits(train):
    first, second = (json.loads(train("--seed", 1, "--name", name, "--json").out) for name in ("a", "b"))
    other = json.loads(train("--seed", 2, "--name", "c", "--json").out)
    assert first["parameters_digest"] == second["parameters_digest"] != other["parameters_digest"]
    assert (first["learned"], first["metrics"]) == (second["learned"], second["metrics"])
    assert (first["steps"], first["iterations"], first["stopped_by"].keys()) == (48, 2, {"steps"})


def test_a_policy_is_scored_replayed_and_listed(cli, train, here):
    told = json.loads(train("--json", "--video").out)
    assert (here / told["training_curve"]).stat().st_size > 5_000
    assert (here / told["video"]).stat().st_size > 5_000
    by_folder = json.loads(cli("score", told["run"], "--repeats", 2, "--workers", 1, "--json").out)
    assert by_folder["speed_mps"] == told["policy_speed_mps"] != told["gait_speed_mps"]
    by_file = cli("score", told["policy"], "--scenario", "tiny.toml", "--repeats", 2, "--workers", 1, "--json")
    assert json.loads(by_file.out)["speed_mps"] == told["policy_speed_mps"]
    replayed = json.loads(cli("replay", told["run"], "--json").out)
    assert replayed["status"] == "finished"
    [row] = json.loads(cli("runs", "--runs", "kept", "--json").out)["runs"]
    assert (row["method"], row["done"], row["state"]) == ("ppo", "48 of 48 steps", "finished")
    again = json.loads(cli("resume", told["run"], "--workers", 1, "--json").out)
    assert again["parameters_digest"] == told["parameters_digest"]


def test_the_latest_may_be_a_training(cli, train):
    told = json.loads(train("--json").out)
    scored = json.loads(cli("score", "latest", "--runs", "kept", "--repeats", 2, "--workers", 1, "--json").out)
    assert scored["speed_mps"] == told["policy_speed_mps"]
    again = json.loads(cli("resume", "latest", "--runs", "kept", "--workers", 1, "--json").out)
    assert again["run"] == told["run"]
    other = json.loads(train("--json", "--name", "zz-other", "--set", "policy.sigma=0.01").out)
    again = json.loads(cli("resume", "latest", "--runs", "kept", "--workers", 1, "--json").out)
    assert again["run"] == other["run"] != told["run"]


@pytest.mark.parametrize("algorithm", ["reinforce", "td-actor-critic", "natural-actor-critic"])
def test_other_algorithms_use_a_linear_policy(cli, ground, algorithm):
    size = ["--set", "algorithm.episodes=2"] if algorithm == "reinforce" else ["--set", "algorithm.steps=24"]
    said = cli("train", "--scenario", ground, "--algorithm", algorithm, "--iterations", 2, *size, *SMALL, "--json")
    assert (said.code, json.loads(said.out)["iterations"]) == (0, 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--algorithm", "pppo"], "unknown algorithm 'pppo'; did you mean ppo"),
        (["--policy", "linaer"], "unknown policy 'linaer'; did you mean linear"),
        (["--policy", "linear", "--set", "policy.hidden=[8]"], "policy.hidden: got (8,); a linear policy has none"),
        (["--set", "algorithm.lam=1.5"], "lam: got 1.5"),
        (["--set", "algorithm.discount=-1"], "discount: got -1"),
        (["--set", "algorithm.rat=1"], "unknown key 'rat'"),
        (["--set", "interface.observe=['tlit']"], "'tlit'; did you mean tilt"),
        (["--set", "interface.adjust.parameters=false", "--set", "interface.adjust.residuals=false"], "both off"),
        (["--gait", "nothing"], "unknown gait of aibo-ers7 'nothing'"),
        (["--steps", 0], "expected a whole number of at least 1"),
        (["--workers", 0], "expected 1 or more"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(train, here, words, message):
    said = train(*words)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not (here / "kept").exists()


def test_a_training_in_simulation_is_not_resumed_on_a_robot(cli, train):
    told = json.loads(train("--json").out)
    said = cli("resume", told["run"], "--body", "opencat:/dev/null", "--yes")
    assert (said.code, "was trained in simulation; leave out --body" in said.err) == (2, True)


def test_another_robots_policy_is_refused(cli, train):
    told = json.loads(train("--json").out)
    said = cli("score", told["policy"], "--robot", "aibo-ers210", "--repeats", 1)
    assert (said.code, "is a gait of aibo-ers7; expected one of aibo-ers210" in said.err) == (2, True)
