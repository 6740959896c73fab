"""Resuming an experiment, of any kind and however it is named: it ends as if it had never stopped."""

import dataclasses

import pytest
from small_comparisons import left_by, said
from small_runs import rows_of
from small_trainings import SMALL

from gaitopt.errors import InputError
from gaitopt.rl.policies.files import read_arrays
from gaitopt.run.compare.compare import run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import continue_training, new_training
from gaitopt.view.resume import resume


def stop_after(reports):
    """Return a report that interrupts the work at its call of this number."""
    calls = []

    def report(*progress):
        calls.append(progress)
        if len(calls) == reports:
            raise KeyboardInterrupt

    return report


NAMED = {
    "name": lambda folder: {"experiment": folder.path.name, "runs": folder.path.parent},
    "latest": lambda folder: {"experiment": "latest", "runs": str(folder.path.parent)},
    "path": lambda folder: {"experiment": folder.path},
    "text of the path": lambda folder: {"experiment": str(folder.path)},
    "object": lambda folder: {"experiment": type(folder)(folder.path)},
}


@pytest.mark.parametrize("how", NAMED)
def test_a_run_is_resumed(make_run, free_walks, how):
    whole, stopped = make_run(), make_run()
    expected = optimize(whole, 1)
    with pytest.raises(KeyboardInterrupt):
        optimize(stopped, 1, stop_after(7))
    assert 0 < len(rows_of(stopped)) < len(rows_of(whole))
    free_walks.clear()
    left = len(rows_of(whole)) - len(rows_of(stopped))
    reports = []
    outcome = resume(**NAMED[how](stopped), workers=1, report=reports.append)
    assert dataclasses.replace(outcome, run=whole.path, traversals_per_s=0) == dataclasses.replace(
        expected, traversals_per_s=0
    )
    assert rows_of(stopped) == rows_of(whole)
    assert len(free_walks) == left  # nothing was walked twice
    assert len(reports) >= left


@pytest.mark.parametrize("how", NAMED)
def test_a_comparison_is_resumed(make_comparison, free_walks, how):
    few = {"optimizers": ("kohl-stone",), "traversals": 9, "seeds": (1, 2), "fresh": 2}
    whole, stopped = make_comparison(**few), make_comparison(**few)
    expected = said(run_comparison(whole, 1))
    with pytest.raises(KeyboardInterrupt):
        run_comparison(stopped, 1, stop_after(3))
    assert left_by(stopped)[0] == [] != left_by(whole)[0]  # learned, and not evaluated yet
    reports = []
    assert said(resume(**NAMED[how](stopped), workers=1, report=reports.append)) == expected
    assert left_by(stopped) == left_by(whole)
    assert reports[-1].stage == "measuring"


@pytest.mark.parametrize("how", NAMED)
def test_a_training_is_resumed(ers7, tiny_field, tmp_path, free_steps, how):
    fields = {"algorithm": "ppo", "options": SMALL["options"]["ppo"], "steps": 100, "fresh": 2, "environments": 2}
    settings = TrainSettings(robot=ers7, scenario=tiny_field, **fields)
    whole, stopped = (new_training(settings, tmp_path / name) for name in ("whole", "stopped"))
    expected = continue_training(whole, 1)
    with pytest.raises(KeyboardInterrupt):
        continue_training(stopped, 1, stop_after(2))
    assert len(stopped.read_progress()) == 2 < len(whole.read_progress())
    outcome = resume(**NAMED[how](stopped), workers=1)
    assert outcome.trained.digest == expected.trained.digest
    assert outcome.learned == expected.learned
    bits = [{name: array.tobytes() for name, array in read_arrays(f.state_path)[1].items()} for f in (whole, stopped)]
    assert bits[0] == bits[1]


def test_what_is_stored_counts_and_not_only_the_settings(make_run, free_walks):
    """Negative control: a run whose store was emptied walks everything again."""
    run = make_run()
    optimize(run, 1)
    free_walks.clear()
    resume(run.path, workers=1)
    assert free_walks == []
    with run.open_store() as store:
        store._connection.execute("DELETE FROM traversals")
        store._connection.execute("DELETE FROM iterations")
    resume(run.path, workers=1)
    assert len(free_walks) == 18


def test_what_cannot_be_resumed_is_named(make_run, make_comparison, ers7, tiny_field, tmp_path, free_steps):
    run, comparison = make_run(), make_comparison()
    training = new_training(TrainSettings(robot=ers7, scenario=tiny_field, steps=9), tmp_path / "trainings")
    free_steps.clear()
    for folder in (run, training, comparison):
        with pytest.raises(InputError, match="workers: got 0"):
            resume(folder, workers=0)
        with folder.locked(), pytest.raises(InputError, match="another process is at work"):
            resume(folder.path, workers=1)
    with pytest.raises(InputError, match="workers: got 'ray', expected a number: only traversals run on Ray"):
        resume(training, workers="ray")
    with pytest.raises(InputError, match="3: cannot be resumed; expected a run, a training or a comparison"):
        resume(3, workers=1)
    name = run.path.name.replace("small", "smal")
    with pytest.raises(InputError, match=f"unknown run, training or comparison in .*; did you mean {run.path.name}"):
        resume(name, workers=1, runs=run.path.parent)
    assert free_steps == []
    for kind, folder in ((RunFolder, run), (TrainFolder, training), (ComparisonFolder, comparison)):
        assert type(kind(folder.path)) is type(folder)
