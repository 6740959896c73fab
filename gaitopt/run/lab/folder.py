"""The folder of a lab result: config.toml, result.toml, curve.csv and learned.png."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaitopt.errors import InputError
from gaitopt.run.experiment import CONFIG, CURVE, LAYOUT, RESULT, make_folder
from gaitopt.run.lab.findings import FINDINGS
from gaitopt.run.lab.lab import Outcome
from gaitopt.run.lab.settings import LabSettings
from gaitopt.run.settings.versions import current_versions, made_here
from gaitopt.spec import parse_spec
from gaitopt.toml import format_toml, read_toml, write_atomic

PICTURE = "learned.png"


class LabFolder:
    """The folder of one lab result."""

    def __init__(self, path: Path) -> None:
        """Open a folder made by `create_lab`.

        Raises:
            InputError: it is not a lab result's folder.
        """
        self.path = path
        tables = read_toml(path / CONFIG)
        if tables.pop("provenance", {}).get("kind") != LabSettings.kind:
            raise InputError(f"{path / CONFIG}: holds no settings of a lab result")
        self.config = parse_spec(LabSettings, tables, str(path / CONFIG))
        self.picture_path = path / PICTURE
        """File of the picture of the policy."""

    @property
    def result(self) -> dict[str, Any]:
        """Result by name."""
        return read_toml(self.path / RESULT)

    def write_result(self, outcome: Outcome) -> None:
        """Write the result and the learning curve."""
        last = outcome.last
        result = {
            "steps": last.progress.steps,
            "episodes": last.progress.episodes,
            "value": last.value,
            "share_of_best": outcome.share_of_best,
            "interrupted": outcome.interrupted,
            "learned": FINDINGS[self.config.problem].name(last.learned),
        }
        lines = [f"{snapshot.progress.steps},{snapshot.value!r}" for snapshot in outcome.snapshots]
        write_atomic(self.path / CURVE, "\n".join(["steps,value", *lines, ""]))
        write_atomic(self.path / RESULT, format_toml(result))


def create_lab(settings: LabSettings, runs: Path) -> LabFolder:
    """Make the folder of a new lab experiment, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    options = {name: "none" if value is None else value for name, value in settings.options.items()}
    provenance = {"layout": LAYOUT, "kind": LabSettings.kind, "made": made_here(), "versions": current_versions()}
    text = format_toml(settings.model_dump() | {"options": options, "provenance": provenance})
    return LabFolder(make_folder(runs, settings.name, lambda draft: write_atomic(draft / CONFIG, text)))
