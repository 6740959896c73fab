"""`train`, and what other verbs make of its runs, in this process."""

import json
import re
import warnings
from pathlib import Path

import pytest

from gaitopt.run.train.folder import TrainFolder
from gaitopt.toml import format_toml

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
        (
            ["--policy", "perceptron", "--set", "policy.hidden=[3000000,3000000]"],
            "options of policy gaussian-mlp: cannot",
        ),
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


@pytest.mark.parametrize("options", [{"kl_stop": "none", "max_gradient_norm": "none"}, {"kl_stop": 0.5}])
def test_an_option_may_be_switched_off(train, options):
    """TOML has no word for nothing: what is missing in a training's file was switched off."""
    changes = [word for name, value in options.items() for word in ("--set", f"algorithm.{name}={value}")]
    told = json.loads(train(*changes, "--json").out)
    kept = TrainFolder(Path(told["run"])).config.options
    assert kept["kl_stop"] == (None if options["kl_stop"] == "none" else 0.5)
    assert kept["max_gradient_norm"] == (None if "max_gradient_norm" in options else 0.5)


@pytest.mark.parametrize("words", [["reinforce", "actor_rate=1e200"], ["ppo", "rate=1e20"]])
def test_learning_that_diverges_is_told_in_one_line(cli, ground, words):
    algorithm, option = words
    few = ["--set", "algorithm.episodes=2"] if algorithm == "reinforce" else TINY
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy's would come before the line
        said = cli(
            "train",
            "--scenario",
            ground,
            "--algorithm",
            algorithm,
            "--iterations",
            20,
            *few,
            *SMALL,
            "--set",
            f"algorithm.{option}",
            "--json",
        )
    assert said.code == 2
    (line,) = [line for line in said.err.splitlines() if not line.startswith("training: ")]
    assert "expected a finite number" in line


SPOILED = {
    "config.toml": [
        (lambda text: re.sub(r"(?m)^steps = 48$", "steps = 0", text), "steps: got 0; expected"),
        (
            lambda text: re.sub(r"(?m)^kind = .*$", "", text),
            "does not belong to an experiment of gaitopt",
        ),
        (lambda text: re.sub(r"(?m)^front_height = .*$", "", text), "'front_height' is missing"),
        (lambda text: text.replace("front_height", "foo_height"), "unknown gait parameter 'foo_height'"),
    ],
    "progress.csv": [
        (lambda text: text[: text.rindex(",")], "it is damaged"),
        (lambda text: text.replace("iteration", "iterations"), "it is damaged"),
        (lambda text: text.replace("1", "x"), "it is damaged"),
    ],
    "timing.toml": [
        (lambda text: text.replace("wall_s", "wall"), "unknown key 'wall'"),
        (lambda text: "wall_s = 'a'", "wall_s: got 'a'"),
    ],
}


@pytest.mark.parametrize(
    ("name", "spoil", "said"), [(name, *case) for name, cases in SPOILED.items() for case in cases]
)
def test_a_damaged_training_is_not_resumed(cli, train, name, spoil, said):
    folder = Path(json.loads(train("--json").out)["run"])
    whole = (folder / name).read_text()
    (folder / name).write_text(spoil(whole))
    assert (folder / name).read_text() != whole
    told = cli("resume", folder, "--workers", 1)
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 1)
    assert name in told.err
    assert said in told.err


def test_a_training_that_was_cut_in_its_first_save_begins_anew(cli, train):
    """What is written last is the policy: where there is none, nothing is lost."""
    told = json.loads(train("--json").out)
    folder = Path(told["run"])
    for name in ("state.npz", "policy.npz"):
        (folder / name).unlink()
    again = json.loads(cli("resume", folder, "--workers", 1, "--json").out)
    assert again["parameters_digest"] == told["parameters_digest"]


def test_a_training_that_lost_its_state_is_not_begun_anew(cli, train):
    folder = Path(json.loads(train("--json").out)["run"])
    policy = (folder / "policy.npz").read_bytes()
    (folder / "state.npz").unlink()
    said = cli("resume", folder, "--workers", 1)
    assert (said.code, "state.npz: is missing" in said.err) == (2, True)
    assert (folder / "policy.npz").read_bytes() == policy


def test_a_policys_file_walks_at_the_time_step_of_its_training(cli, train, ground):
    told = json.loads(train("--set", "engine.time_step_s=0.002", "--json").out)

    def energy(*words):
        said = cli("score", told["policy"], "--scenario", ground, "--repeats", 2, "--workers", 1, "--json", *words)
        return json.loads(said.out)["energy_j"]

    assert energy() == energy("--set", "engine.time_step_s=0.002")
    assert energy() != energy("--set", "engine.time_step_s=0.004")


def test_another_robots_policy_is_refused(cli, train):
    told = json.loads(train("--json").out)
    said = cli("score", told["policy"], "--robot", "aibo-ers210", "--repeats", 1)
    assert (said.code, "is a gait of aibo-ers7; expected one of aibo-ers210" in said.err) == (2, True)
