"""Packages of somebody else, written into a folder on `sys.path`: modules, and entry points that name them."""

import sys
from pathlib import Path


def install(monkeypatch, folder: Path, modules: dict[str, str], entry_points: dict[str, dict[str, str]]) -> None:
    """Put modules (name: source) on the path, with entry points ({group: {name: place}}) of a package `foreign`."""
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
    info = folder / "foreign-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n", encoding="utf-8")
    lines = [
        line
        for group, points in entry_points.items()
        for line in (f"[{group}]", *(f"{name} = {place}" for name, place in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
