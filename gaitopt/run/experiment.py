"""What `latest` stands for: the newest folder in a folder of runs."""

from __future__ import annotations

from pathlib import Path

from gaitopt.run.compare.folder import STUDY
from gaitopt.run.learn.folder import CONFIG
from gaitopt.run.train.folder import TRAINING

LATEST = "latest"


def named(text: str, runs: Path, comparisons: bool = False) -> str:
    """Return the path of the newest run or training in `runs` where `text` is `latest`; other texts as they are.

    Args:
        text: what a user named.
        runs: folder of runs.
        comparisons: whether the newest may be a comparison as well.
    """
    names = folder_names(runs, comparisons)
    return str(runs / names[-1]) if text == LATEST and names else text


def folder_names(runs: Path, comparisons: bool = False) -> list[str]:
    """Return the names of all runs and trainings in `runs`, and of comparisons if wanted; the newest last."""
    marks = (CONFIG, TRAINING, STUDY) if comparisons else (CONFIG, TRAINING)
    return sorted(path.parent.name for mark in marks for path in runs.glob(f"[!.]*/{mark}"))
