"""The folder of a run: config.toml, robot.urdf, run.db and best.toml.

A folder holds everything its run needs, so it can be replayed and resumed when robots and scenarios have changed.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from gaitopt.run.experiment import BEST, DATABASE, make_folder
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings.config_file import ExperimentFolder, write_config
from gaitopt.run.store import RunStore


class RunFolder(ExperimentFolder[LearnSettings]):
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        """Open a folder made by `create_run`.

        Raises:
            InputError: it is not a run's folder.
        """
        super().__init__(LearnSettings, path)
        self.best_path = path / BEST
        """File of the best gait so far."""
        self.database_path = path / DATABASE
        """File of the traversals."""

    def open_store(self) -> RunStore:
        """Open the run's database and return it."""
        return RunStore(self.database_path)


def create_run(settings: LearnSettings, runs: Path, now: datetime.datetime | None = None) -> RunFolder:
    """Make the folder of a new run, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    return RunFolder(make_folder(runs, settings.name, lambda draft: fill_run(draft, settings), now))


def fill_run(folder: Path, settings: LearnSettings) -> None:
    """Write the settings and an empty database of a new run into a folder."""
    write_config(folder, settings)
    RunStore(folder / DATABASE, create=True).close()
