import io
import resource
from contextlib import contextmanager

import pytest
from rich.console import Console


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
