import io
import resource
from contextlib import contextmanager

import pytest
from rich.console import Console

from gaitopt.robot.spec import load_robot


@pytest.fixture(scope="session")
def ers7():
    return load_robot("aibo-ers7")


@pytest.fixture(scope="session")
def tiny_field(field):
    """A field of a few steps."""
    lines = {"length_m": 0.08, "run_up_m": 0.02, "time_limit_s": 1.0}
    return field.model_copy(update={"field": field.field.model_copy(update=lines)})


@pytest.fixture
def make_console():
    """Return a function that makes a console, of a terminal or not, whose `file` keeps what was printed."""

    def make(terminal, width=150):
        return Console(
            file=io.StringIO(), force_terminal=terminal, width=width, color_system=None, legacy_windows=False
        )

    return make


@pytest.fixture
def small_disk():
    """Return a context in which no file can grow beyond so many bytes."""

    @contextmanager
    def limited(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited
