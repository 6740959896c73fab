"""Sections of docs/results/ that studies write, between `<!-- NAME: begin -->` and `<!-- NAME: end -->`."""

import datetime
import os
import platform
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results"


def machine() -> str:
    """Return when and on what machine a study was made."""
    return f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def table_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in (columns, ["---"] * len(columns), *rows)]
    return "\n".join(lines) + "\n"


def write_section(page: Path, name: str, text: str) -> None:
    """Replace the text between the marks of a section.

    Raises:
        ValueError: the page does not have both marks once.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    whole = page.read_text(encoding="utf-8")
    if whole.count(begin) != 1 or whole.count(end) != 1:
        raise ValueError(f"{page}: expected one {begin} and one {end}")
    before, rest = whole.split(begin)
    page.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")
