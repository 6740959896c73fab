"""Figures drawn with matplotlib without a screen, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gaitopt.view.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 120


@contextmanager
def figure_file(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Give an empty figure of so many inches; once drawn, it is written to `path`.

    Raises:
        InputError: it cannot be written; an older file is left as it was.
    """
    from matplotlib.figure import Figure  # slow to import

    figure = Figure(figsize=(width, height), layout="constrained")
    yield figure
    with whole_file(path) as draft:
        figure.savefig(draft, dpi=DOTS_PER_INCH)
