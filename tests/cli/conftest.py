"""The command line, called in this process, in an empty folder of its own."""

import os
import shutil
import signal
from typing import NamedTuple

import pytest

from gaitopt.cli.main import main
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn.folder import RunFolder, create_run
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.learn.settings import LearnSettings


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(capfd):
    """Return a function that runs a command and tells what came out of the file descriptors."""

    def run(*words):
        capfd.readouterr()
        kept, handler = os.dup(1), signal.getsignal(signal.SIGTERM)
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
        finally:
            os.dup2(kept, 1)  # --json moves it
            os.close(kept)
            signal.signal(signal.SIGTERM, handler)
        return Said(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def small_config(field):
    """Two traversals of learning and 2 x 2 fresh ones, on a field of a few steps."""
    robot = load_robot("aibo-ers7")
    lines = {"length_m": 0.05, "run_up_m": 0.02, "time_limit_s": 1.0}
    scenario = field.model_copy(update={"field": field.field.model_copy(update=lines)})
    options = {"policies": 2, "repeats": 1}
    return LearnSettings(
        robot=robot,
        scenario=scenario,
        gait="hand-tuned",
        optimizer="kohl-stone",
        options=options,
        traversals=2,
        fresh=2,
        seed=3,
        name="small",
    )


@pytest.fixture(scope="session")
def finished_run(small_config, tmp_path_factory):
    run = create_run(small_config, tmp_path_factory.mktemp("finished"))
    optimize(run, 1)
    return run


@pytest.fixture
def run(finished_run, here):
    """A finished run, the only one in ./runs."""
    return RunFolder(shutil.copytree(finished_run.path, here / "runs" / finished_run.path.name))
