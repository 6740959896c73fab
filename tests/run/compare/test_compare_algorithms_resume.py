"""A comparison of algorithms that is stopped and taken up again, with the same settings and with others."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_runs import ENVIRONMENT
from small_studies import said
from small_trainings import trained_by

from gaitopt.errors import InputError
from gaitopt.rl.training import Training
from gaitopt.robot.spec import load_robot
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import ComparisonFolder, find_study, list_studies
from gaitopt.run.compare.settings import check_given
from gaitopt.run.train import train as train_module
from gaitopt.run.train.settings import SEEING_SPEED
from gaitopt.walk.policy_controller import Interface


def test_stopped_at_any_report_it_ends_as_if_it_had_not(make_contest, free_steps):
    whole = make_contest(seeds=(3,))
    free_steps.clear()
    expected = said(run_comparison(whole, 1))
    total = len(free_steps)
    for report in (1, 2, 3, 4, 9):  # nothing learned, a training, both trainings, some fresh traversals
        study, left = make_contest(seeds=(3,)), report

        def stop(progress):
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

        free_steps.clear()
        with pytest.raises(KeyboardInterrupt):
            run_comparison(study, 1, stop)
        assert said(run_comparison(ComparisonFolder(study.path), 1)) == expected
        assert trained_by(study) == trained_by(whole)
        assert len(free_steps) == total  # nothing was walked twice


class StopInUpdate:
    """Lets so many updates but one happen, and stops in the last; killed, it leaves only what was saved before."""

    def __init__(self, patch, updates, killed):
        self.left, self.killed = updates, killed
        self.iterate, self.save = Training.iterate, train_module._Work._save
        patch.setattr(Training, "iterate", lambda training: self.update(training))
        patch.setattr(train_module._Work, "_save", lambda work: self.save_if_alive(work))

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
        study = make_contest(seeds=(3,))
        with monkeypatch.context() as patch:
            StopInUpdate(patch, updates, killed)
            with pytest.raises(KeyboardInterrupt):
                run_comparison(study, 1)
        assert said(run_comparison(ComparisonFolder(study.path), 1)) == expected
        assert trained_by(study) == trained_by(whole)


def test_a_finished_comparison_says_the_same_again_and_walks_nothing(make_contest, free_steps):
    study = make_contest()
    first = run_comparison(study, 1)
    free_steps.clear()
    again = run_comparison(study, 1)
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
from gaitopt.workers.in_process import InProcess

class SlowEnvironment(FreeEnvironment):
    def step(self, action):
        time.sleep(0.005)
        return super().step(action)

train_config.TraversalEnvironment = SlowEnvironment  # in the processes of the pool, too: they import this file
rollout.make_workers = lambda factory, count: InProcess(lambda: chance_walk)
if __name__ == "__main__":
    run_comparison(ComparisonFolder(Path(sys.argv[1])), workers=2)
"""


def test_killed_with_trainings_side_by_side_it_ends_as_if_it_had_lived(make_contest, free_steps, tmp_path):
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


def wait_for_a_snapshot(study, process):
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if any(study.path.glob("runs/*/snapshots/*.npz")):
            return
        time.sleep(0.01)
    assert process.poll() == 0, "the comparison neither came so far nor ended"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"steps": 200}, "steps is 100, got 200"),
        ({"seeds": (1,)}, r"seeds is \(1, 2\), got \(1,\)"),
        ({"fresh": 5}, "fresh is 4, got 5"),
        ({"name": "other"}, "name is small, got other"),
        ({"algorithms": ["ppo"]}, "algorithms is .*reinforce.* got .*ppo"),
        ({"options": {"ppo": {"steps": 24, "minibatch": 9}}}, "options.ppo.minibatch is 8, got 9|options.ppo.discount"),
        ({"interface": Interface(observe=("phase",))}, r"interface.observe is \(.*\), got \('phase',\)"),
        ({"robot": "aibo-ers210"}, "robot.name is aibo-ers7, got aibo-ers210"),
    ],
)
def test_with_other_settings_it_is_not_taken_up_and_the_difference_is_named(make_contest, free_steps, given, words):
    study = make_contest()
    if given.get("robot"):
        given = {"robot": load_robot("aibo-ers210")}
    with pytest.raises(InputError, match=words) as caught:
        check_given(study, given)
    assert str(study.path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_settings_given_again_are_no_difference(make_contest, free_steps, ers7, tiny_field):
    study = make_contest()
    check_given(study, {"robot": ers7, "scenario": tiny_field, "steps": 100, "seeds": (1, 2)})
    check_given(study, {"algorithms": ["ppo", "reinforce"], "interface": SEEING_SPEED})


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("study.toml", "steps = 100", "steps = 200", "is .*100.* in runs/ppo-1/training.toml, got .*200"),
        ("runs/ppo-2/training.toml", "time_limit_s = 1.0", "time_limit_s = 2.0", "time_limit_s is 2.0 in runs/ppo-2"),
        ("runs/ppo-2/training.toml", "minibatch = 8", "minibatch = 9", "minibatch is 8 in runs/ppo-1"),
        (
            "runs/reinforce-1/training.toml",
            'policy = "linear"',
            'policy = "perceptron"',
            "policy is perceptron in runs",
        ),
    ],
)
def test_a_folder_in_which_settings_were_changed_is_refused(make_contest, free_steps, file, old, new, words):
    study = make_contest()
    free_steps.clear()
    path = study.path / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=words):
        run_comparison(ComparisonFolder(study.path), 1)
    assert free_steps == []


def test_it_is_found_and_listed_like_any_comparison(make_contest, make_study, free_steps):
    contest, study = make_contest(), make_study()
    runs = contest.path.parent
    assert find_study(contest.path.name, runs).path == contest.path
    assert [found.config.methods for found in list_studies(runs)] == [("ppo", "reinforce")]
    assert [found.config.methods for found in list_studies(study.path.parent)] == [("kohl-stone", "hill-climbing")]
