"""What `latest` stands for: the newest folder in a folder of runs."""

from __future__ import annotations

from pathlib import Path

from gaitopt.run.folder import CONFIG
from gaitopt.run.study import STUDY
from gaitopt.run.train_folder import TRAINING

LATEST = "latest"


def named(text: str, runs: Path, comparisons: bool = False) -> str:
    """Return the path of the newest run or training in `runs` where `text` is `latest`; other texts as they are.

    Args:
        text: what a user named.
        runs: folder of runs.
        comparisons: whether the newest may be a comparison as well.
    """
    marks = (CONFIG, TRAINING, STUDY) if comparisons else (CONFIG, TRAINING)
    folders = [path.parent for mark in marks for path in runs.glob(f"[!.]*/{mark}")]
    return str(max(folders, key=lambda folder: folder.name)) if text == LATEST and folders else text
