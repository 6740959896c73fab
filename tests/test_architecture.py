"""Imports go down only, and each third-party library that is special has one home."""

import ast
from pathlib import Path

import pytest

import gaitopt

ROOT = Path(gaitopt.__file__).parent
BASE = ("arrays", "errors", "field_table", "registry", "seeding", "spec", "threads", "toml")
DIRECTLY_BELOW = {
    "base": (),
    "robot": ("base",),
    "gait": ("robot",),
    "scenario": ("robot",),
    "hal": ("gait", "scenario"),
    "emulators": ("hal",),
    "walk": ("hal",),
    "optim": ("base",),  # optim, rl and workers never see robots
    "rl": ("base",),
    "workers": ("base",),
    "run": ("walk", "optim", "rl", "workers", "emulators"),
    "gym": ("run",),
    "view": ("run",),
    "cli": ("view",),
}
HOMES = {
    "gymnasium": "gym.py",
    "pybullet": "hal/sim/pybullet_world.py",
    "mujoco": "hal/sim/mujoco_",
    "matplotlib": "view/",
    "av": "view/",
    "pandas": "run/data_frames.py",
    "sqlite3": "run/database.py",
    "serial": "hal/serial/serial_link.py",
    "cma": "optim/cma_es.py",
    "onnx": "run/train/onnx_export.py",
    "sklearn": "optim/gaussian_process.py",
    "ray": "workers/ray/connection.py",
    "threadpoolctl": "threads.py",
}
READS_VERSION = ("run/settings/versions.py", "cli/")  # these may import the package itself, for its version


def below(layer):
    """Return the layers that a layer may import: itself and all further down."""
    return {layer}.union(*(below(lower) for lower in DIRECTLY_BELOW[layer]))


def layer_of(part):
    return "base" if part in BASE else "cli" if part == "__main__" else part


def imported(source):
    """Return the full names of the modules that a source text imports, wherever it does."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
    return names


def violations(path, source):
    """Return what a file at `path`, relative to the package, imports and should not."""
    if path == "__init__.py":
        return []
    allowed = below(layer_of(path.split("/")[0].removesuffix(".py")))
    found = []
    for name in imported(source):
        top, *parts = name.split(".")
        if top in HOMES and not path.startswith(HOMES[top]):
            found.append(f"{path}: {top} has its home in {HOMES[top]}")
        if top == "" or (top == "gaitopt" and not parts and not path.startswith(READS_VERSION)):
            found.append(f"{path}: write out which module of gaitopt is imported")
        if top == "gaitopt" and parts and layer_of(parts[0]) not in allowed:
            found.append(f"{path}: must not import {name}")
    return found


def test_imports_go_down_only():
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
    assert len(files) > 30
    assert [line for path, source in files.items() for line in violations(path, source)] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("robot/spec.py", "from gaitopt.gait.cycle import cycle"),
        ("gait/cycle.py", "import gaitopt.scenario.spec"),
        ("scenario/spec.py", "from gaitopt.gait import cycle"),
        ("hal/body.py", "from gaitopt.walk.traversal import traverse"),
        ("walk/evaluation.py", "def late():\n    from gaitopt import run"),
        ("optim/base.py", "from gaitopt.robot.spec import RobotSpec"),
        ("workers/base.py", "import gaitopt.walk"),
        ("run/store.py", "from gaitopt.view.learn.curve import learning_curve"),
        ("view/learn/curve.py", "from gaitopt.cli.main import main"),
        ("spec.py", "from gaitopt.robot.spec import RobotSpec"),
        ("walk/evaluation.py", "import gaitopt"),
        ("walk/evaluation.py", "from . import traversal"),
        ("walk/evaluation.py", "from ..run import store"),
        ("hal/body.py", "import pybullet as p"),
        ("run/learn/settings.py", "import sqlite3"),
        ("walk/environment.py", "import gymnasium"),
        ("cli/main.py", "if True:\n    from matplotlib.figure import Figure"),
        ("run/store.py", "import av.video"),
        ("cli/export.py", "import onnx.helper"),
        ("hal/serial/ports.py", "from serial.tools import list_ports"),
        ("run/compare/compare.py", "import ray"),
    ],
)
def test_a_forbidden_import_is_caught(path, source):
    """Negative control."""
    assert len(violations(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("hal/sim/pybullet_world.py", "import pybullet as p\nfrom gaitopt.hal.body import Body"),
        (
            "run/learn/optimize.py",
            "from gaitopt.optim.base import Optimizer\nfrom gaitopt.walk.evaluation import score",
        ),
        ("run/settings/versions.py", "import gaitopt"),
        ("view/video.py", "import av\nfrom gaitopt.run.learn.folder import RunFolder\nfrom gaitopt import seeding"),
        ("__init__.py", "from gaitopt.cli.main import main"),
        ("__main__.py", "from gaitopt.cli.main import main"),
    ],
)
def test_an_allowed_import_is_let_pass(path, source):
    assert violations(path, source) == []


def test_the_layers_have_no_loops():
    assert all(layer not in below(lower) for layer, lowers in DIRECTLY_BELOW.items() for lower in lowers)


MOST_PARAMETERS = 8
MOST_FILES, LISTS = 15, ("optim", "cli")
"""Files of a folder, and the folders that are lists of methods or verbs."""


def parameters(function):
    """Return how many parameters a function has, but for self or cls."""
    a = function.args
    names = [argument.arg for argument in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def long_signatures(source):
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    return [function.name for function in functions if parameters(function) > MOST_PARAMETERS]


def test_no_signature_is_long():
    found = {path.name: long_signatures(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")}
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_a_long_signature_is_caught():
    """Negative control; settings are fields, not parameters, and self does not count."""
    names = ", ".join(f"p{n}" for n in range(MOST_PARAMETERS))
    assert long_signatures(f"def f({names}, *, more): ...") == ["f"]
    assert long_signatures(f"class A:\n    def f(self, {names}, **fields): ...") == []


def test_a_folder_holds_no_more_files_than_one_can_take_in():
    counts = {path: len([*path.glob("*.py")]) - 1 for path in ROOT.rglob("*") if (path / "__init__.py").is_file()}
    assert {path.name for path, count in counts.items() if count > MOST_FILES and path.name not in LISTS} == set()
