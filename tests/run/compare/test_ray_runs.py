"""Runs on Ray: the same rows as in one process, whoever dies meanwhile."""

import os
import subprocess
import sys

import pytest
import ray_rigs
from small_comparisons import left_by, said
from small_runs import ENVIRONMENT, rows_of

from gaitopt.errors import InputError
from gaitopt.run.compare.compare import new_comparison, run_comparison
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.evaluate import evaluate
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.optimize import optimize
from gaitopt.view.learn.learn import learn

LONGER = {"traversals": 60, "fresh": 10}


@pytest.fixture
def longer(small_config):
    return small_config.model_copy(update=LONGER)


class At:
    """Does something when so many reports have come."""

    def __init__(self, report, what):
        self.left, self._what = report, what

    def __call__(self, progress):
        self.left -= 1
        if self.left == 0:
            self._what()


def interrupt():
    raise KeyboardInterrupt


def test_learning_on_ray_is_the_same_to_the_bit(local_ray, make_run):
    here, there = make_run(), make_run()
    first, second = optimize(here, 1), optimize(there, "ray")
    assert rows_of(there) == rows_of(here)
    assert there.best_path.read_bytes() == here.best_path.read_bytes()
    assert (second.best, second.start, second.learned) == (first.best, first.start, first.learned)


def test_timing_a_gait_on_ray_is_the_same_to_the_bit(local_ray, small_config, ers7, tiny_field):
    gait = small_config.start_gait
    one, ray = (evaluate(gait, ers7, tiny_field, repeats=6, seed=3, workers=workers) for workers in (1, "ray"))
    assert repr(ray) == repr(one)


def test_a_worker_killed_in_mid_run_loses_nothing(local_ray, make_run, longer):
    here, there = make_run(longer), make_run(longer)
    optimize(here, 1)
    kill = At(20, lambda: ray_rigs.kill_a_worker(os.getpid()))
    optimize(there, "ray", kill)
    assert kill.left < 0
    assert rows_of(there) == rows_of(here)


def test_interrupted_on_ray_it_is_resumed_as_if_it_had_not_been(local_ray, make_run):
    whole, stopped = make_run(), make_run()
    optimize(whole, 1)
    with pytest.raises(KeyboardInterrupt):
        optimize(stopped, "ray", At(5, interrupt))
    assert 0 < len(rows_of(stopped)) < len(rows_of(whole))
    optimize(RunFolder(stopped.path), "ray")
    assert rows_of(stopped) == rows_of(whole)


def test_a_comparison_on_ray_is_the_same_to_the_bit(local_ray, make_comparison):
    here, there = (make_comparison(traversals=24, seeds=(1, 2), fresh=2) for _ in range(2))
    expected = said(run_comparison(here, 1))
    with pytest.raises(KeyboardInterrupt):
        run_comparison(there, "ray", At(3, interrupt))
    reports = []
    assert said(run_comparison(ComparisonFolder(there.path), "ray", reports.append)) == expected
    assert left_by(there) == left_by(here)
    assert reports[-1].done == reports[-1].total


def test_a_run_of_a_comparison_that_breaks_off_on_ray_leaves_the_others(local_ray, make_comparison, monkeypatch):
    folder = make_comparison(optimizers=("kohl-stone",), traversals=8, seeds=(1, 2), fresh=2)
    (folder.members[0].path / "run.db").write_text("no database")
    comparison = run_comparison(folder, "ray")
    assert list(comparison.failed) == ["kohl-stone-1"]
    assert "run.db" in comparison.failed["kohl-stone-1"]
    assert {curve.seed for curve in comparison.curves} == {2}


def test_a_node_removed_in_mid_run_loses_nothing(make_run, longer):
    here, there = make_run(longer), make_run(longer)
    optimize(here, 1)
    with ray_rigs.TwoNodes() as cluster:
        process = subprocess.Popen(
            [sys.executable, "-m", "gaitopt", "resume", there.path, "--workers", "ray"],
            env=ENVIRONMENT | dict(os.environ) | {"RAY_ADDRESS": cluster.address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        ray_rigs.wait_until(lambda: len(rows_of(there)) >= 10 or process.poll() is not None)
        assert len(rows_of(there)) < len(rows_of(here))
        cluster.remove_a_node()
        out, err = process.communicate(timeout=ray_rigs.PATIENCE_S)
    assert (process.returncode, "raylet" in out + err) == (0, False), err
    assert rows_of(there) == rows_of(here)


def test_an_unreachable_cluster_is_told_before_a_folder_is_made(monkeypatch, tmp_path, ers7, tiny_field):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    with pytest.raises(InputError, match=r"^RAY_ADDRESS=127.0.0.1:1: no Ray cluster can be reached there"):
        learn(robot=ers7, scenario=tiny_field, workers="ray", runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_algorithms_are_not_compared_on_ray(tmp_path, ers7, tiny_field):
    settings = CompareSettings(robot=ers7, scenario=tiny_field, algorithms=("reinforce",), steps=1000, seeds=1)
    with pytest.raises(InputError, match="workers: got 'ray'"):
        new_comparison(settings, tmp_path / "runs", "ray")
    assert not (tmp_path / "runs").exists()
