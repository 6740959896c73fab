"""Sections of README that studies write, between `<!-- NAME: begin -->` and `<!-- NAME: end -->`."""

import datetime
import os
import platform
from pathlib import Path

README = Path(__file__).resolve().parents[3] / "README.md"


def machine() -> str:
    """Return when and on what machine a study was made."""
    return f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def write_section(name: str, text: str, readme: Path = README) -> None:
    """Put a text in place of what stood between the marks of a section."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = readme.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    readme.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
