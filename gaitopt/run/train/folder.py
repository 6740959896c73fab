"""The folder of a training: config.toml, robot.urdf, state.npz, progress.csv, policy.npz, timing.toml and result.toml.

With snapshots it also holds snapshots/<steps>.npz: the policies after so many steps.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from gaitopt.errors import InputError
from gaitopt.run.experiment import PROGRESS, RESULT, make_folder
from gaitopt.run.settings.config_file import ExperimentFolder, write_config
from gaitopt.run.train.settings import TrainSettings
from gaitopt.spec import NonNegative, Spec, parse_spec
from gaitopt.toml import format_toml, read_toml, write_atomic

STATE, POLICY, SNAPSHOTS, TIMING = "state.npz", "policy.npz", "snapshots", "timing.toml"

Row = Mapping[str, float]
"""Measures of an iteration, by name."""


class Timing(Spec):
    """Content of timing.toml."""

    wall_s: NonNegative
    """Wall time of training [s]."""


class TrainFolder(ExperimentFolder[TrainSettings]):
    """The folder of one training."""

    def __init__(self, path: Path) -> None:
        """Open a folder made by `create_training`.

        Raises:
            InputError: it is not a training's folder.
        """
        super().__init__(TrainSettings, path)
        self.pace_mps = self.provenance.pace_mps or 0.0
        """Speed of the gait alone, which rewards are compared with [m/s]."""
        self.state_path = path / STATE
        """File of the state of training; missing before the first save."""
        self.policy_path = path / POLICY
        """File of the policy so far; missing before the first save."""
        self.progress_path = path / PROGRESS
        """File of the measures of every iteration."""

    def snapshot_path(self, steps: int) -> Path:
        """Return the file of the policy after so many steps."""
        return self.path / SNAPSHOTS / f"{steps}.npz"

    @property
    def wall_s(self) -> float:
        """Wall time of training so far, over all processes that continued it [s]."""
        path = self.path / TIMING
        return parse_spec(Timing, read_toml(path), str(path)).wall_s if path.is_file() else 0.0

    def write_wall_s(self, wall_s: float) -> None:
        """Write the wall time of training so far [s]; in a file of its own, because all others repeat to the bit."""
        write_atomic(self.path / TIMING, format_toml({"wall_s": wall_s}))

    def write_result(self, result: Mapping[str, float]) -> None:
        """Write the measured speeds of a finished training, by name."""
        write_atomic(self.path / RESULT, format_toml(result))

    def read_progress(self) -> list[dict[str, float]]:
        """Return the rows of the iterations so far.

        Raises:
            InputError: the file is damaged.
        """
        if not self.progress_path.is_file():
            return []
        try:
            with self.progress_path.open(newline="", encoding="utf-8") as stream:
                reader = csv.DictReader(stream)
                if missing := {"iteration", "steps"} - set(reader.fieldnames or ()):
                    raise ValueError(f"no column {min(missing)!r}")
                rows = list(reader)
            if any(None in row or None in row.values() for row in rows):
                raise ValueError("a row is cut off, or too long")
            return [{name: _number(value) for name, value in row.items()} for row in rows]
        except (OSError, ValueError, TypeError, AttributeError, csv.Error) as error:
            raise InputError(f"{self.progress_path}: cannot be read, it is damaged: {error}") from error

    def write_progress(self, rows: list[Row]) -> None:
        """Write the rows of all iterations; missing measures are nan."""
        text = io.StringIO()
        names = dict.fromkeys(name for row in rows for name in row) or ["iteration"]
        writer = csv.DictWriter(text, list(names), restval="nan", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomic(self.progress_path, text.getvalue())


def _number(text: str) -> float:
    return int(text) if text.isdigit() else float(text)  # so that rewriting a file changes no byte


def create_training(settings: TrainSettings, pace_mps: float, runs: Path) -> TrainFolder:
    """Make the folder of a new training, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    return TrainFolder(make_folder(runs, settings.name, lambda draft: write_config(draft, settings, pace_mps=pace_mps)))
