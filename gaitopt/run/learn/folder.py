"""The folder of a run: `runs/<date>_<time>_<name>/` with config.toml, robot.urdf, run.db and best.toml.

A folder holds all that its run needs, so it can be replayed and resumed when robots and scenarios have changed.
"""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from gaitopt.errors import InputError, unknown_name
from gaitopt.robot.urdf import urdf_text
from gaitopt.run.learn.settings import RunConfig
from gaitopt.run.store import RunStore
from gaitopt.run.train.settings import TrainConfig
from gaitopt.spec import read_spec
from gaitopt.toml import format_toml, write_atomic

AnyConfig = TypeVar("AnyConfig", RunConfig, TrainConfig)

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
        self.config = read_config(RunConfig, path / CONFIG)

    @property
    def best_path(self) -> Path:
        """The file of the best gait so far."""
        return self.path / BEST

    def open_store(self) -> RunStore:
        """Return the run's database, opened."""
        return RunStore(self.path / DATABASE)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from working on the same run; see `lock`."""
        return lock(self.path)


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keep other processes from working in the same folder.

    Raises:
        InputError: another process is at work there.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise InputError(f"{folder}: cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise InputError(f"{folder}: another process is at work on this run; wait for it or stop it") from error
    try:
        yield
    finally:
        os.close(handle)


def create_run(config: RunConfig, runs: Path, now: datetime.datetime | None = None) -> RunFolder:
    """Make the folder of a new run, whole or not at all.

    Raises:
        InputError: the folder exists, or it cannot be written.
    """
    return RunFolder(make_folder(runs, config.name, lambda draft: fill_run(draft, config), now))


def make_folder(runs: Path, name: str, fill: Callable[[Path], None], now: datetime.datetime | None = None) -> Path:
    """Make `runs/<date>_<time>_<name>/`, whole or not at all, and return it.

    Args:
        runs: where.
        name: of what is kept there.
        fill: writes what belongs into the folder.
        now: the moment; the present if None.

    Raises:
        InputError: the folder exists, or it cannot be written.
    """
    moment = now or datetime.datetime.now()
    path = runs / f"{moment:%Y-%m-%d_%H%M%S}_{name}"
    if path.exists():
        raise InputError(f"{path}: this run exists, and runs are never overwritten; give another --name")
    draft = runs / f".{path.name}.{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        fill(draft)
        draft.rename(path)
    except OSError as error:
        raise InputError(f"{path}: the run's folder cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return path


def find_run(text: str, runs: Path, others: Sequence[str] = ()) -> RunFolder:
    """Return the run of a path, of a folder's name in `runs`, or `latest`.

    Args:
        text: what a user named.
        runs: folder of runs.
        others: names of what else would have done, for the error.

    Raises:
        InputError: there is none.
    """
    for path in (Path(text), runs / text):
        if (path / CONFIG).is_file():
            return RunFolder(path)
    names = [folder.path.name for folder in list_runs(runs)]
    if text == "latest" and names:
        return RunFolder(runs / names[-1])
    raise unknown_name(f"run in {runs}", text, sorted({*names, *others}))


def list_runs(runs: Path) -> list[RunFolder]:
    """Return the runs in a folder, oldest first; what is no run is passed over, and so are drafts."""
    found = []
    for path in sorted(runs.glob(f"[!.]*/{CONFIG}")):
        try:
            found.append(RunFolder(path.parent))
        except InputError:
            continue
    return found


def fill_run(folder: Path, config: RunConfig) -> None:
    """Write what a run begins with into an empty folder."""
    write_config(folder / CONFIG, config)
    RunStore(folder / DATABASE, create=True).close()


def write_config(path: Path, config: RunConfig | TrainConfig) -> None:
    """Write settings into a folder, and the robot's URDF beside them, so that they stand by themselves."""
    write_atomic(path.parent / URDF, urdf_text(config.robot))
    portable = config.model_copy(update={"robot": config.robot.model_copy(update={"urdf": URDF})})
    write_atomic(path, format_toml(portable.model_dump(mode="json")))


def read_config(kind: type[AnyConfig], path: Path) -> AnyConfig:
    """Return the settings in a folder; see `write_config`.

    Raises:
        InputError: they cannot be read, or are not of this kind.
    """
    config = read_spec(kind, path)
    robot = config.robot.model_copy(update={"urdf": str(path.parent / config.robot.urdf)})
    return config.model_copy(update={"robot": robot})
