"""The catalogs of methods: to list them costs nothing but Python, and each line leads to a class."""

import subprocess
import sys

import pytest

from gaitopt.optim.base import Optimizer
from gaitopt.optim.catalog import OPTIMIZERS
from gaitopt.rl.algorithms.base import Algorithm
from gaitopt.rl.algorithms.catalog import ALGORITHMS, algorithm_class

HEAVY = ("numpy", "scipy", "sklearn", "cma", "pydantic", "ray", "gaitopt.workers.ray")


def imported(statement):
    """Return which heavy packages a fresh Python imports for a statement."""
    code = f"import sys; {statement}; print([name for name in {HEAVY} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "names",
    [
        "from gaitopt.optim.catalog import OPTIMIZERS as NAMES",
        "from gaitopt.rl.algorithms.catalog import ALGORITHMS as NAMES",
    ],
)
def test_listing_names_imports_nothing_heavy(names):
    assert imported(f"{names}; list(NAMES.items())") == "[]"


def test_resolving_options_imports_only_the_method_s_own_packages():
    """Also the negative control: `imported` does see what is there."""
    options = "from gaitopt.optim.catalog import resolve_options; resolve_options('kohl-stone')"
    assert imported(options) == "['numpy', 'pydantic']"
    assert imported(options.replace("kohl-stone", "bayesian")) == "['numpy', 'pydantic']"
    assert "scipy" in imported("import scipy.special")


def test_every_line_leads_to_a_class_of_its_kind():
    assert all(issubclass(OPTIMIZERS.load(name), Optimizer) for name in OPTIMIZERS)
    assert all(issubclass(algorithm_class(name), Algorithm) for name in ALGORITHMS)
    assert all(OPTIMIZERS.name_of(OPTIMIZERS.load(name)) == name for name in OPTIMIZERS)


def test_workers_import_no_part_of_ray_until_asked_for():
    assert imported("import gaitopt.workers") == "[]"
    assert imported("import gaitopt.workers.ray.connection") == "['gaitopt.workers.ray']"
