import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "scripts").glob("*.py"))
SCRIPTS = sorted(
    path.relative_to(ROOT / "scripts").as_posix()
    for path in (ROOT / "scripts").rglob("*.py")
    if "common" not in path.parts
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_explains_itself(name, tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(ROOT / "scripts" / name), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {Path(name).name}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_needs_only_what_the_package_exports(name):
    lines = (ROOT / "scripts" / name).read_text().splitlines()
    assert len(lines) < 60
    imports = [line for line in lines if line.startswith(("import gaitopt", "from gaitopt"))]
    assert imports
    assert all(
        line.startswith(("import gaitopt", "from gaitopt import ")) and "gaitopt." not in line for line in imports
    )


def test_the_scripts_that_readme_and_makefile_name_are_there():
    assert {*EXAMPLES, "bench/bench_rollout.py", "bench/bench_workers.py", "study/study_learning.py"} <= set(SCRIPTS)
