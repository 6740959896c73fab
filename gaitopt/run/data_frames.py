"""Measurements of an experiment as pandas data frames; the units of a frame's columns are in `frame.attrs["units"]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import KEYS
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.experiment import CURVE, CURVES, RUNS, find, open_experiment
from gaitopt.run.lab.folder import LabFolder
from gaitopt.run.lab.settings import LabSettings
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.store import PURPOSES, Row
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import TrainSettings

if TYPE_CHECKING:
    from pandas import DataFrame

SUFFIXES = {"_mps": "m/s", "_rad": "rad", "_m": "m", "_s": "s", "_j": "J"}
"""Units, by how the name of a column ends; counts, shares and names have none."""


@dataclass(frozen=True)
class RunData:
    """Measurements of a run."""

    path: Path
    settings: LearnSettings
    traversals: DataFrame
    """One row a traversal: its place (purpose, iteration, candidate, repeat), seed, gait and measures."""
    iterations: DataFrame
    """One row an iteration: traversals so far, the recommended gait, and the optimizer's own time."""


@dataclass(frozen=True)
class TrainingData:
    """Measurements of a training."""

    path: Path
    settings: TrainSettings
    metrics: DataFrame
    """One row an update: steps, episodes, falls, mean return, and the algorithm's own measures."""


@dataclass(frozen=True)
class ComparisonData:
    """Measurements of a comparison."""

    path: Path
    settings: CompareSettings
    curves: DataFrame
    """One row for each method, seed and point of its curve: the score of the gait or policy recommended there."""
    runs: tuple[Path, ...]
    """Folders of its runs or trainings; each can be loaded by itself."""


@dataclass(frozen=True)
class LabData:
    """Measurements of a lab experiment."""

    path: Path
    settings: LabSettings
    curve: DataFrame
    """One row a snapshot of the policy: steps and value."""


def load_run(
    experiment: str | Path = "latest", runs: Path | str = RUNS
) -> RunData | TrainingData | ComparisonData | LabData:
    """Return the measurements of an experiment as pandas data frames.

    Args:
        experiment: folder or name of a run, a training, a comparison or a lab result; or `latest`.
        runs: folder in which names are looked up.

    Raises:
        InputError: there is none, its files are damaged, or a comparison or lab experiment is not finished.
    """
    folder = open_experiment(find(experiment, Path(runs)))
    if isinstance(folder, RunFolder):
        with folder.open_store() as store:
            rows = [_traversal(row) for purpose in PURPOSES for row in store.rows(purpose)]
            iterations = [_iteration(asdict(iteration)) for iteration in store.iterations()]
        return RunData(folder.path, folder.config, _frame(rows), _frame(iterations))
    if isinstance(folder, TrainFolder):
        return TrainingData(folder.path, folder.config, _frame(folder.read_progress(), {"mean_return": "cm"}))
    if isinstance(folder, ComparisonFolder):
        unit = "m/s" if folder.config.score is None or folder.config.score.is_speed else str(folder.config.score)
        curves = _read(folder.path / CURVES, {"score": unit})
        return ComparisonData(folder.path, folder.config, curves, tuple(member.path for member in folder.members))
    assert isinstance(folder, LabFolder)
    return LabData(folder.path, folder.config, _read(folder.path / CURVE))


def _traversal(row: Row) -> dict[str, Any]:
    gait = dict(zip(KEYS.values(), row.parameters, strict=True))
    walked = asdict(row.traversal) | {"status": row.traversal.status.value}
    named = {f"{name}_rad" if name.endswith("_spread") else name: value for name, value in walked.items()}
    return {**row.place._asdict(), "seed": row.seed, **gait, **named, "score": row.score, "wall_s": row.wall_s}


def _iteration(row: dict[str, Any]) -> dict[str, Any]:
    gait = dict(zip(KEYS.values(), row.pop("incumbent"), strict=True))
    return row | gait


def _frame(rows: list[Any], units: Mapping[str, str] | None = None) -> DataFrame:
    from pandas import DataFrame  # slow to import

    return _with_units(DataFrame(rows), units)


def _read(path: Path, units: Mapping[str, str] | None = None) -> DataFrame:
    from pandas import read_csv  # slow to import

    if not path.is_file():
        raise InputError(f"{path.parent}: has not finished; continue with: gaitopt resume {path.parent}")
    return _with_units(read_csv(path), units)


def _with_units(frame: DataFrame, units: Mapping[str, str] | None) -> DataFrame:
    ends = {name: next((u for end, u in SUFFIXES.items() if name.endswith(end)), "") for name in frame.columns}
    frame.attrs["units"] = ends | dict(units or {})
    return frame
