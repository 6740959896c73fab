"""A comparison of algorithms that is stopped and resumed, and one whose files were changed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_comparisons import said
from small_runs import ENVIRONMENT
from small_trainings import trained_by

from gaitopt.errors import InputError
from gaitopt.rl.training import Training
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.experiment import find, names, open_experiment
from gaitopt.run.train import train as train_module


def test_stopped_at_any_report_it_ends_as_if_it_had_not(make_contest, free_steps):
    whole = make_contest(seeds=(3,))
    free_steps.clear()
    expected = said(run_comparison(whole, 1))
    total = len(free_steps)
    for report in (1, 2, 3, 4, 9):  # nothing learned, a training, both trainings, some fresh traversals
        folder, left = make_contest(seeds=(3,)), report

        def stop(progress):
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

        free_steps.clear()
        with pytest.raises(KeyboardInterrupt):
            run_comparison(folder, 1, stop)
        assert said(run_comparison(ComparisonFolder(folder.path), 1)) == expected
        assert trained_by(folder) == trained_by(whole)
        assert len(free_steps) == total  # nothing was walked twice


class StopInUpdate:
    """Lets so many updates but one happen, and stops in the last; killed, it leaves only what was saved before."""

    def __init__(self, patch, updates, killed):
        self.left, self.killed = updates, killed
        self.iterate, self.save = Training.iterate, train_module._TrainLoop._save
        patch.setattr(Training, "iterate", lambda training: self.update(training))
        patch.setattr(train_module._TrainLoop, "_save", lambda loop: self.save_if_alive(loop))

    def update(self, training):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        return self.iterate(training)

    def save_if_alive(self, work):
        if self.left or not self.killed:
            self.save(work)


@pytest.mark.parametrize("killed", [False, True])
def test_stopped_in_any_update_it_ends_as_if_it_had_not(make_contest, free_steps, monkeypatch, killed):
    whole = make_contest(seeds=(3,))
    expected = said(run_comparison(whole, 1))
    for updates in (2, 3, 4, 5, 7, 8):
        folder = make_contest(seeds=(3,))
        with monkeypatch.context() as patch:
            StopInUpdate(patch, updates, killed)
            with pytest.raises(KeyboardInterrupt):
                run_comparison(folder, 1)
        assert said(run_comparison(ComparisonFolder(folder.path), 1)) == expected
        assert trained_by(folder) == trained_by(whole)


def test_a_finished_comparison_says_the_same_again_and_walks_nothing(make_contest, free_steps):
    folder = make_contest()
    first = run_comparison(folder, 1)
    free_steps.clear()
    again = run_comparison(folder, 1)
    assert said(again) == said(first)
    assert [curve.wall_s for curve in again.curves] == [curve.wall_s for curve in first.curves]
    assert free_steps == []


COMPARE = """
import sys, time
from pathlib import Path
sys.path.append(sys.argv[2])
from small_runs import chance_walk
from small_trainings import FreeEnvironment
from gaitopt.run import rollout
from gaitopt.run.train import settings as train_config
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.workers.base import InProcess

class SlowEnvironment(FreeEnvironment):
    def step(self, action):
        time.sleep(0.005)
        return super().step(action)

train_config.TraversalEnvironment = SlowEnvironment  # in the processes of the pool, too: they import this file
rollout.make_workers = lambda factory, count: InProcess(lambda: chance_walk)
if __name__ == "__main__":
    run_comparison(ComparisonFolder(Path(sys.argv[1])), workers=2)
"""


def test_killed_with_trainings_side_by_side_it_ends_as_if_it_had_not_been(make_contest, free_steps, tmp_path):
    whole, killed = make_contest(), make_contest()
    expected = said(run_comparison(whole, 1))
    script = tmp_path / "compare.py"
    script.write_text(COMPARE)
    process = subprocess.Popen([sys.executable, script, killed.path, Path(__file__).parents[1]], env=ENVIRONMENT)
    wait_for_a_snapshot(killed, process)
    process.kill()
    process.wait(60)
    assert said(run_comparison(ComparisonFolder(killed.path), 1)) == expected
    assert trained_by(killed) == trained_by(whole)


def wait_for_a_snapshot(folder, process):
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if any(folder.path.glob("runs/*/snapshots/*.npz")):
            return
        time.sleep(0.01)
    assert process.poll() == 0, "the comparison neither came so far nor ended"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "config.toml",
            "steps = 100",
            "steps = 200",
            "runs/ppo-1: steps is 100 in config.toml, and 200 in that of the comparison",
        ),
        ("runs/ppo-2/config.toml", "half_width_m = 0.75", "half_width_m = 0.5", "half_width_m is 0.5 in"),
        ("runs/ppo-2/config.toml", "minibatch = 8", "minibatch = 9", "runs/ppo-2: options.minibatch is 9 in"),
        (
            "runs/reinforce-1/config.toml",
            'policy = "linear"',
            'policy = "perceptron"',
            "runs/reinforce-1: policy is perceptron in",
        ),
    ],
)
def test_a_folder_in_which_settings_were_changed_is_refused(make_contest, free_steps, file, old, new, words):
    folder = make_contest()
    free_steps.clear()
    path = folder.path / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=words):
        run_comparison(ComparisonFolder(folder.path), 1)
    assert free_steps == []


def test_it_is_found_and_listed_like_any_comparison(make_contest, make_comparison, free_steps):
    contest, optimizers = make_contest(), make_comparison()
    assert find(contest.path.name, contest.path.parent) == contest.path
    for made, methods in ((contest, ("ppo", "reinforce")), (optimizers, ("kohl-stone", "hill-climbing"))):
        (name,) = names(made.path.parent)
        assert open_experiment(made.path.parent / name).config.methods == methods
