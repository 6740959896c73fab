"""The folder of a run: `runs/<date>_<time>_<name>/` with config.toml, robot.urdf, run.db and best.toml.

A folder holds all that its run needs, so it can be replayed and resumed when robots and scenarios have changed.
"""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gaitopt.errors import InputError, unknown_name
from gaitopt.files import format_toml, read_spec, write_atomic
from gaitopt.run.config import RunConfig
from gaitopt.run.store import RunStore

CONFIG, DATABASE, BEST, URDF = "config.toml", "run.db", "best.toml", "robot.urdf"


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        """Open a folder made by `create_run`.

        Raises:
            InputError: it is not a run's folder.
        """
        self.path = path
        if not (path / CONFIG).is_file():
            raise InputError(f"{path}: is not a run: it has no {CONFIG}; see `gaitopt runs`")
        config = read_spec(RunConfig, path / CONFIG)
        robot = config.robot.model_copy(update={"urdf": str(path / config.robot.urdf)})
        self.config = config.model_copy(update={"robot": robot})

    @property
    def best_path(self) -> Path:
        """The file of the best gait so far."""
        return self.path / BEST

    def open_store(self) -> RunStore:
        """Return the run's database, opened."""
        return RunStore(self.path / DATABASE)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from working on the same run.

        Raises:
            InputError: another process is at work on it.
        """
        try:
            import fcntl
        except ImportError:  # no such locks on this system
            yield
            return
        try:
            handle = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise InputError(f"{self.path}: another process is at work on this run; wait for it or stop it") from error
        try:
            yield
        finally:
            os.close(handle)


def create_run(config: RunConfig, runs: Path, now: datetime.datetime | None = None) -> RunFolder:
    """Make the folder of a new run, whole or not at all.

    Raises:
        InputError: the folder exists, or it cannot be written.
    """
    moment = now or datetime.datetime.now()
    path = runs / f"{moment:%Y-%m-%d_%H%M%S}_{config.name}"
    if path.exists():
        raise InputError(f"{path}: this run exists, and runs are never overwritten; give another --name")
    draft = runs / f".{path.name}.{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        _fill(draft, config)
        draft.rename(path)
    except OSError as error:
        raise InputError(f"{path}: the run's folder cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return RunFolder(path)


def find_run(text: str, runs: Path) -> RunFolder:
    """Return the run of a path, of a folder's name in `runs`, or `latest`.

    Raises:
        InputError: there is none.
    """
    for path in (Path(text), runs / text):
        if (path / CONFIG).is_file():
            return RunFolder(path)
    names = [folder.path.name for folder in list_runs(runs)]
    if text == "latest" and names:
        return RunFolder(runs / names[-1])
    raise unknown_name(f"run in {runs}", text, names)


def list_runs(runs: Path) -> list[RunFolder]:
    """Return the runs in a folder, oldest first; what is no run is passed over, and so are drafts."""
    found = []
    for path in sorted(runs.glob(f"[!.]*/{CONFIG}")):
        try:
            found.append(RunFolder(path.parent))
        except InputError:
            continue
    return found


def _fill(folder: Path, config: RunConfig) -> None:
    shutil.copyfile(config.robot.urdf, folder / URDF)
    portable = config.model_copy(update={"robot": config.robot.model_copy(update={"urdf": URDF})})
    write_atomic(folder / CONFIG, format_toml(portable.model_dump()))
    RunStore(folder / DATABASE, create=True).close()
