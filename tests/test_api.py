"""The names that scripts use."""

import subprocess
import sys

import pytest

import gaitopt


def test_every_promised_name_is_there_and_no_other():
    assert sorted(gaitopt.__all__) == sorted(gaitopt._HOMES)
    for name in gaitopt.__all__:
        assert getattr(gaitopt, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'lern'"):
        gaitopt.lern  # noqa: B018


def test_importing_the_package_loads_no_engine_and_no_plotting():
    heavy = "import sys, gaitopt; print([m for m in ('numpy', 'pybullet', 'matplotlib', 'PIL') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"
