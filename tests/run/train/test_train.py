"""Training: repeatable, resumable, independent of the number of processes, and honest about what it learned."""

import dataclasses
import json

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.rl.policies.files import read_arrays, write_arrays
from gaitopt.run.experiment import find
from gaitopt.run.train import train as train_module
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import PolicyOptions, TrainSettings, new_policy
from gaitopt.run.train.train import continue_training, new_training
from gaitopt.run.walkers.trained_policy import read_trained
from gaitopt.walk.environment import TraversalEnvironment


@pytest.fixture
def small(ers7, tiny_field):
    """Six updates of 24 steps, in two environments."""
    return {
        "robot": ers7,
        "scenario": tiny_field,
        "gait": load_gait("hand-tuned", ers7),
        "algorithm": "ppo",
        "options": {"steps": 24, "minibatch": 8, "epochs": 2},
        "steps": 144,
        "environments": 2,
        "fresh": 2,
        "seed": 4,
        "name": "small",
    }


def bits(folder):
    """Return everything that a training kept, to the bit."""
    policy = read_arrays(folder.policy_path)[1]
    state = read_arrays(folder.state_path)[1]
    return {name: array.tobytes() for name, array in {**policy, **state}.items()}, folder.progress_path.read_bytes()


def stop_after(updates):
    """Return a report that interrupts a training."""

    def report(progress, speed):
        if progress.iteration == updates:
            raise KeyboardInterrupt

    return report


@pytest.fixture
def whole(small, tmp_path):
    """A training that was never stopped."""
    folder = new_training(TrainSettings(**small), tmp_path / "whole")
    return folder, continue_training(folder, workers=1)


def test_it_measures_gait_and_policy_by_the_same_fresh_traversals(whole):
    folder, outcome = whole
    assert (outcome.progress.steps, outcome.progress.iteration) == (144, 6)
    assert outcome.reasons == {"steps": "144 of 144 steps done"}
    assert (outcome.gait.repeats, outcome.learned.repeats) == (2, 2)
    assert outcome.gait.speed_mps != outcome.learned.speed_mps
    origin = read_trained(folder.policy_path).about.origin
    assert (origin["speed_mps"], origin["gait_speed_mps"]) == (outcome.learned.speed_mps, outcome.gait.speed_mps)
    assert [row["steps"] for row in folder.read_progress()] == [24, 48, 72, 96, 120, 144]


def test_two_processes_learn_the_same_bits(small, whole, tmp_path):
    folder = new_training(TrainSettings(**small), tmp_path / "two")
    outcome = continue_training(folder, workers=2)
    assert bits(folder) == bits(whole[0])
    assert outcome.trained.digest == whole[1].trained.digest


def test_another_seed_learns_something_else(small, whole, tmp_path):
    folder = new_training(TrainSettings(**{**small, "seed": 5}), tmp_path / "other")
    assert continue_training(folder, workers=1).trained.digest != whole[1].trained.digest


@pytest.mark.parametrize("updates", [1, 4])
def test_stopped_and_resumed_it_ends_as_if_it_never_had_been(small, whole, tmp_path, updates):
    folder = new_training(TrainSettings(**small), tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt):
        continue_training(folder, 1, stop_after(updates))
    assert read_trained(folder.policy_path).about.origin["steps"] == 24 * updates
    continue_training(TrainFolder(folder.path), workers=1)
    assert bits(folder) == bits(whole[0])


def test_killed_between_two_savings_it_ends_as_if_it_never_had_been(small, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(train_module, "SAVE_EVERY_S", -1.0)  # after every update
    folder = new_training(TrainSettings(**small), tmp_path / "killed")
    kept = {}

    def keep(progress, speed):
        if progress.iteration == 3:  # what a kill in update 3 would find on the disk
            kept.update({path: path.read_bytes() for path in folder.path.iterdir()})

    continue_training(folder, 1, keep)
    for path, content in kept.items():
        path.write_bytes(content)
    assert len(folder.read_progress()) == 2
    continue_training(folder, workers=1)
    assert bits(folder) == bits(whole[0])


def test_a_finished_training_only_reports_again(whole):
    folder, outcome = whole
    again = continue_training(folder, workers=1)
    assert again.steps_per_s == 0.0
    assert (again.learned, again.trained.digest) == (outcome.learned, outcome.trained.digest)
    assert again.progress.steps == outcome.progress.steps


def test_what_is_no_number_stops_it_and_the_last_state_is_kept(small, tmp_path, monkeypatch):
    folder = new_training(TrainSettings(**small), tmp_path)
    end_step, ends = TraversalEnvironment.end_step, []

    def broken(self):
        observation, reward, fell, cut = end_step(self)
        ends.append(reward)
        return observation, float("nan") if len(ends) == 59 else reward, fell, cut  # two environments, side by side

    monkeypatch.setattr(TraversalEnvironment, "end_step", broken)
    with pytest.raises(InputError, match=r"environment 0, .*got reward nan"):
        continue_training(folder, workers=1)
    assert [row["iteration"] for row in folder.read_progress()] == [1, 2]
    assert np.isfinite(read_trained(folder.policy_path).policy.parameters).all()


def test_a_state_of_other_settings_is_refused(small, tmp_path):
    first = new_training(TrainSettings(**small), tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        continue_training(first, 1, stop_after(1))
    second = new_training(TrainSettings(**{**small, "environments": 3}), tmp_path / "b")
    second.state_path.write_bytes(first.state_path.read_bytes())
    with pytest.raises(InputError, match="is of 2 environments, expected 3"):
        continue_training(second, workers=1)


def test_changed_settings_are_named(small, tmp_path):
    folder = new_training(TrainSettings(**small), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        continue_training(folder, 1, stop_after(1))
    settings = folder.path / "config.toml"
    settings.write_text(settings.read_text().replace("discount = 0.97", "discount = 0.9"))
    with pytest.raises(InputError, match=r"was begun with options.discount = 0.97, got 0.9; change it back"):
        continue_training(TrainFolder(folder.path), workers=1)


def test_a_training_from_before_a_setting_was_there_goes_on(small, whole, tmp_path):
    folder = new_training(TrainSettings(**small), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        continue_training(folder, 1, stop_after(2))
    header, arrays = read_arrays(folder.state_path)
    del header["settings"]["policy_options"]["hidden"]
    write_arrays(folder.state_path, json.dumps(header), arrays)
    continue_training(folder, workers=1)
    assert bits(folder) == bits(whole[0])


def test_a_policy_begins_as_its_options_say(small, whole, tmp_path):
    options = PolicyOptions(sigma=0.1, hidden=(5, 3))
    folder = new_training(TrainSettings(**small, policy_options=options), tmp_path)
    policy = new_policy(folder.config, folder.config.environment())
    np.testing.assert_allclose(policy.sigma, 0.1, rtol=1e-6)
    assert [weights.shape[1] for weights, _ in policy.layers] == [5, 3, policy.actions]
    usual = whole[1].trained.policy
    assert [weights.shape[1] for weights, _ in usual.layers] == [64, 64, usual.actions]
    linear = TrainSettings(**{**small, "algorithm": "reinforce", "options": {}, "policy_options": {"sigma": 0.1}})
    np.testing.assert_allclose(new_policy(linear, linear.environment()).sigma, 0.1)


def test_a_training_may_go_on_for_longer(small, whole, tmp_path):
    folder = new_training(TrainSettings(**{**small, "steps": 72}), tmp_path / "longer")
    continue_training(folder, workers=1)
    settings = folder.path / "config.toml"
    settings.write_text(settings.read_text().replace("steps = 72", "steps = 144"))
    continue_training(TrainFolder(folder.path), workers=1)
    assert bits(folder) == bits(whole[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"algorithm": "pppo"}, "unknown algorithm 'pppo'; did you mean ppo"),
        ({"policy": "linera"}, "unknown policy 'linera'; did you mean linear"),
        ({"options": {"lam": 1.5}}, "lam"),
        ({"options": {"discount": -0.1}}, "discount"),
        ({"steps": 0}, "steps: got 0"),
        ({"environments": 0}, "environments"),
        ({"gait": "of another robot"}, "is a gait of aibo-ers210"),
    ],
)
def test_bad_settings_leave_nothing_behind(small, tmp_path, change, message):
    if "gait" in change:
        change = {"gait": dataclasses.replace(small["gait"], robot="aibo-ers210")}
    with pytest.raises(InputError, match=message):
        new_training(TrainSettings(**{**small, **change}), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_an_unknown_training_names_those_there_are(small, tmp_path):
    folder = new_training(TrainSettings(**small), tmp_path)
    assert find(folder.path.name, tmp_path) == folder.path
    with pytest.raises(InputError, match="small"):
        find("nothing", tmp_path)
