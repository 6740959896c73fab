"""When training stops, and the state it saves."""

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.rl.mdps.catalog import make_training
from gaitopt.rl.policies.files import save_policy
from gaitopt.rl.training import Stopping


def train(**stopping):
    return make_training("aliased-gridworld", "td-actor-critic", 1, {}, Stopping(**stopping))


def test_stops_after_so_many_steps():
    training, seen = train(steps=100), []
    training.run(seen.append)
    assert [progress.steps for progress in seen] == [32, 64, 96, 128]
    assert training.stop_reasons() == {"steps": "128 of 100 steps done"}


def test_stops_after_so_many_iterations():
    training, seen = train(iterations=3, steps=10_000), []
    training.run(seen.append)
    assert len(seen) == 3
    assert training.stop_reasons() == {"iterations": "3 of 3 iterations done"}


def test_stops_once_the_moving_average_reaches_its_goal():
    training, seen = train(return_goal=0.9, window=50, steps=100_000), []
    training.run(seen.append)
    assert list(training.stop_reasons()) == ["return"]
    assert seen[-1].mean_return >= 0.9
    assert seen[-1].episodes >= 50
    assert all(progress.mean_return < 0.9 for progress in seen[:-1] if progress.episodes >= 50)


def test_no_rule_is_refused():
    with pytest.raises(InputError, match="expected one of steps, iterations, return_goal"):
        train().run()
    with pytest.raises(InputError, match="steps: got 0"):
        Stopping(steps=0)


def test_before_an_episode_ended_there_is_no_return():
    training = make_training("puck-world", "ppo", 1, {"steps": 64}, Stopping(iterations=1))
    assert np.isnan(training.iterate().mean_return)


def test_only_the_state_of_a_training_is_loaded(tmp_path):
    training = train(iterations=2)
    training.run()
    training.save(tmp_path / "state")
    copy = train(iterations=2)
    copy.load(tmp_path / "state")
    assert copy.stop_reasons() == training.stop_reasons()
    save_policy(tmp_path / "policy", training.algorithm.policy)
    with pytest.raises(InputError, match="is not the state of a training"):
        copy.load(tmp_path / "policy")
    (tmp_path / "text").write_text("no")
    with pytest.raises(InputError, match="is not a file of arrays"):
        copy.load(tmp_path / "text")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        copy.load(tmp_path / "missing")
