"""Runs too small to learn anything, but whole; and walks that cost nothing."""

import datetime
import itertools
from types import SimpleNamespace

import pytest
import small_trainings
from small_comparisons import NOON, SMALL
from small_runs import chance_walk

from gaitopt.robot.spec import load_robot
from gaitopt.run.compare.compare import new_comparison
from gaitopt.run.compare.folder import create_comparison, plan
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.learn.folder import create_run
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings import versions
from gaitopt.workers.base import InProcess


@pytest.fixture(autouse=True)
def one_day(monkeypatch):
    """The date stays, as what two experiments stored is compared, even at midnight."""
    monkeypatch.setattr(
        versions, "datetime", SimpleNamespace(date=SimpleNamespace(today=lambda: datetime.date(2026, 1, 2)))
    )


@pytest.fixture(scope="session")
def ers7():
    return load_robot("aibo-ers7")


@pytest.fixture(scope="session")
def tiny_field(field):
    """A field of a few steps."""
    lines = {"length_m": 0.05, "run_up_m": 0.02, "time_limit_s": 1.0}
    return field.model_copy(update={"field": field.field.model_copy(update=lines)})


@pytest.fixture(scope="session")
def settings(ers7, tiny_field):
    """Three iterations of 2 x 2 traversals, then 3 fresh ones for start and winner: 18 in all."""
    return {
        "robot": ers7,
        "scenario": tiny_field,
        "gait": "hand-tuned",
        "optimizer": "kohl-stone",
        "options": {"policies": 2, "repeats": 2},
        "traversals": 12,
        "fresh": 3,
        "seed": 5,
        "name": "small",
    }


@pytest.fixture(scope="session")
def small_config(settings):
    return LearnSettings(**settings)


@pytest.fixture
def make_run(small_config, tmp_path):
    """Return a function that makes a new run, each a second later than the one before."""
    start = datetime.datetime(2026, 1, 2, 3, 4, 5)
    moments = (start + datetime.timedelta(seconds=n) for n in itertools.count())

    def make(config=small_config):
        return create_run(config, tmp_path / "runs", now=next(moments))

    return make


@pytest.fixture
def free_walks(monkeypatch):
    """Replace physics by chance that depends on the task alone; return the list of tasks walked."""
    walked = []

    def walk(task):
        walked.append(task)
        return chance_walk(task)

    monkeypatch.setattr("gaitopt.run.rollout.make_workers", lambda factory, count: InProcess(lambda: walk))
    return walked


def of_the_methods(small, changes):
    """Return the settings of a small comparison with changes; other methods' options would be refused."""
    settings = small | changes
    methods = settings["algorithms" if "algorithms" in small else "optimizers"] or ()
    options = {name: own for name, own in small["options"].items() if methods == "all" or name in methods}
    return small | {"options": options} | changes


@pytest.fixture
def make_comparison(ers7, tiny_field, tmp_path):
    """Return a function that makes a new comparison, each a minute later than the one before."""
    made = []

    def make(**changes):
        made.append(NOON + datetime.timedelta(minutes=len(made)))
        settings = {"robot": ers7, "scenario": tiny_field} | of_the_methods(SMALL, changes)
        return create_comparison(plan(CompareSettings(**settings)), tmp_path / "runs", {}, made[-1])

    return make


@pytest.fixture
def free_steps(monkeypatch, free_walks):
    """Replace physics in trainings, too; return the list of traversals walked."""
    monkeypatch.setattr("gaitopt.run.train.settings.TraversalEnvironment", small_trainings.FreeEnvironment)
    return free_walks


@pytest.fixture
def make_contest(ers7, tiny_field, tmp_path):
    """Return a function that makes a new comparison of algorithms."""
    made = []

    def make(**changes):
        made.append(tmp_path / f"contest{len(made)}")
        settings = {"robot": ers7, "scenario": tiny_field} | of_the_methods(small_trainings.SMALL, changes)
        return new_comparison(CompareSettings(**settings), made[-1])

    return make
