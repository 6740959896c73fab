"""The names that scripts use, and their types."""

import ast
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import gaitopt

ROOT = Path(gaitopt.__file__).parent
CACHE = ROOT.parent / ".mypy_cache" / "users"


def names_for_type_checkers():
    """Return the module of each name in the part of `__init__.py` that only type checkers read."""
    body = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8")).body
    block = next(node for node in body if isinstance(node, ast.If))
    assert all(alias.asname == alias.name for node in block.body for alias in node.names)  # or it is not exported
    return {alias.name: node.module.removeprefix("gaitopt.") for node in block.body for alias in node.names}


def test_every_name_is_there_and_is_what_type_checkers_see():
    assert names_for_type_checkers() == gaitopt._HOMES
    for name in gaitopt.__all__:
        assert getattr(gaitopt, name) is getattr(import_module(f"gaitopt.{gaitopt._HOMES[name]}"), name)
    with pytest.raises(AttributeError, match="no attribute 'lern'"):
        gaitopt.lern  # noqa: B018


def test_the_names_can_be_listed():
    assert set(gaitopt.__all__) <= set(dir(gaitopt))
    assert {"learn", "evaluate", "load_robot", "__version__"} <= set(dir(gaitopt))


def test_importing_the_package_loads_nothing_slow_and_hooks_nothing():
    program = """
import sys
before = list(sys.meta_path), list(sys.path_hooks)
import gaitopt
assert (sys.meta_path, sys.path_hooks) == before
print(sorted({"numpy", "pydantic", "gymnasium", "pybullet", "matplotlib"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


SCRIPT = """
import gaitopt
robot = gaitopt.load_robot("aibo-ers7")
gait = gaitopt.load_gait("hand-tuned", robot)
outcome = gaitopt.learn(gaitopt.LearnSettings(robot="aibo-ers7", traversals=30), workers=2)
reveal_type(robot.wheelbase)
reveal_type(outcome.best)
reveal_type(gaitopt.evaluate(gait, robot, "field").speed_mps)
reveal_type(gaitopt.GaitSpace(robot).from_cube([0.5] * 12).skew)
gaitopt.save_gait(robot, "fast.toml")
gaitopt.lern(robot="aibo-ers7")
"""


def test_type_checkers_see_the_types_in_a_users_script(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    # Found by PYTHONPATH as an installed package is: its types count only because of its file py.typed.
    environment = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    command = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", str(CACHE), "script.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert re.findall(r"^script\.py:(\d+): (.*)$", done.stdout, re.MULTILINE) == [
        ("6", 'note: Revealed type is "float"'),
        ("7", 'note: Revealed type is "gaitopt.gait.gait_file.Gait"'),
        ("8", 'note: Revealed type is "float"'),
        ("9", 'note: Revealed type is "float"'),
        ("10", 'error: Argument 1 to "save_gait" has incompatible type "RobotSpec"; expected "Gait"  [arg-type]'),
        ("11", 'error: Module has no attribute "lern"  [attr-defined]'),
    ]
