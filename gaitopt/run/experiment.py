"""Experiments: finding and listing the folders of runs, trainings, comparisons and lab results.

Nothing here needs numpy, so that listing is instant; `open_experiment` returns the folder with all its content.
"""

from __future__ import annotations

import csv
import datetime
import errno
import itertools
import os
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from gaitopt.errors import InputError, unknown_name
from gaitopt.run.database import count
from gaitopt.toml import read_toml

CONFIG, URDF, DATABASE, BEST = "config.toml", "robot.urdf", "run.db", "best.toml"
PROGRESS, RESULT, CURVE = "progress.csv", "result.toml", "curve.csv"
MEMBERS, TABLE, CURVES = "runs", "comparison.csv", "curves.csv"
_Row = tuple[Any, str, float | None, bool]
"""Method, progress, learned speed [m/s], and whether an experiment has ended."""
LAYOUT = 3
"""Version of the folders' layout."""
LATEST = "latest"
RUNS = "runs"
"""Folder of experiments by default: in the current folder."""
KINDS = {"learn": "run", "train": "training", "compare": "comparison", "lab": "lab result"}
"""Names of the kinds of experiments, by the verb that makes them."""
RESUMABLE = ("learn", "train", "compare")
"""Kinds that can be resumed."""
OF_LAYOUT_1 = {"training.toml": "train", "study.toml": "compare"}
"""Settings files of older versions, in place of config.toml, with the verb."""
_FOLDERS = {
    "learn": "gaitopt.run.learn.folder:RunFolder",
    "train": "gaitopt.run.train.folder:TrainFolder",
    "compare": "gaitopt.run.compare.folder:ComparisonFolder",
    "lab": "gaitopt.run.lab.folder:LabFolder",
}


def config_path(folder: Path) -> Path:
    """Return the path of an experiment's settings, whether the file exists or not."""
    older = (folder / name for name in OF_LAYOUT_1 if (folder / name).is_file())
    return next(older, folder / CONFIG)


def kind_of(folder: Path) -> str | None:
    """Return the verb that made a folder; None if it is no experiment, or its settings cannot be read."""
    path = config_path(folder)
    if path.name in OF_LAYOUT_1:
        return OF_LAYOUT_1[path.name]
    try:
        tables = read_toml(path) if path.is_file() else {}
    except InputError:
        return None
    if "schema_version" in tables:
        return "learn"
    provenance = tables.get("provenance")
    kind = provenance.get("kind") if isinstance(provenance, Mapping) else None
    return next((known for known in KINDS if known == kind), None)


def names(runs: Path, kinds: Collection[str] = tuple(KINDS)) -> list[str]:
    """Return the names of the experiments in a folder, the newest last, without drafts."""
    found = {path.parent.name for mark in (CONFIG, *OF_LAYOUT_1) for path in runs.glob(f"[!.]*/{mark}")}
    return sorted(name for name in found if kind_of(runs / name) in kinds)


def find(text: str | Path, runs: Path, kinds: Collection[str] = tuple(KINDS)) -> Path:
    """Return the folder of an experiment.

    Args:
        text: its path, its folder's name in `runs` with or without the date, or `latest`.
        runs: folder of experiments.
        kinds: verbs; `latest` and the names that an error suggests are of these kinds.

    Raises:
        InputError: there is none, or its settings cannot be read.
    """
    if not isinstance(text, (str, Path)):
        raise InputError(f"experiment: got {text!r}; expected the name or the path of a folder, or {LATEST!r}")
    if (folder := look_up(text, runs, kinds) or look_up_undated(str(text), runs, kinds)) is not None:
        return folder
    check_no_folder(text)
    *most, last = (KINDS[kind] for kind in kinds)
    what = f"{', '.join(most)} or {last}" if most else last
    raise unknown_name(f"{what} in {runs}", str(text), names(runs, kinds))


def look_up(text: str | Path, runs: Path, kinds: Collection[str] = tuple(KINDS)) -> Path | None:
    """Return the folder of an experiment by its path, its folder's name or `latest`; None if there is none."""
    if str(text) == LATEST and (known := names(runs, kinds)):
        return runs / known[-1]
    for path in (Path(text), runs / text):
        if config_path(path).is_file():
            check_experiment(path)
            return path
    return None


def look_up_undated(text: str, runs: Path, kinds: Collection[str] = tuple(KINDS)) -> Path | None:
    """Return the folder of an experiment by its name without the date, as given by `--name`; None if there is none.

    Raises:
        InputError: several have this name.
    """
    found = [name for name in names(runs, kinds) if name.split("_", 2)[-1] == text]
    if len(found) > 1:
        raise InputError(f"{text}: is the name of {len(found)} experiments in {runs}; give one of {', '.join(found)}")
    return runs / found[0] if found else None


def check_no_folder(text: str | Path) -> None:
    """Check that a name, by which no experiment was found, is not the path of some other folder.

    Raises:
        InputError: it is.
    """
    if Path(text).is_dir():
        raise InputError(f"{text}: is a folder, but not that of an experiment; see `gaitopt runs`")


def check_experiment(folder: Path) -> str:
    """Return the verb that made an experiment.

    Raises:
        InputError: the folder is no experiment, or its settings cannot be read.
    """
    if (kind := kind_of(folder)) is None:
        if not config_path(folder).is_file():
            raise InputError(f"{folder}: is not an experiment of gaitopt: it has no {CONFIG}; see `gaitopt runs`")
        read_toml(config_path(folder))  # reports what is wrong with it
        raise InputError(f"{config_path(folder)}: does not belong to an experiment of gaitopt; see `gaitopt runs`")
    return kind


def open_experiment(folder: Path) -> Any:
    """Return a `RunFolder`, `TrainFolder`, `ComparisonFolder` or `LabFolder`.

    Raises:
        InputError: the folder is no experiment, or its settings cannot be used.
    """
    module, _, name = _FOLDERS[check_experiment(folder)].partition(":")
    return getattr(import_module(module), name)(folder)


def check_layout(folder: Path, layout: int, versions: Mapping[str, str]) -> None:
    """Check that an experiment can be resumed by this version.

    Raises:
        InputError: it has an older layout.
    """
    if layout != LAYOUT:
        raise InputError(
            f"{folder}: has layout {layout}, of gaitopt {versions.get('gaitopt')} ({versions.get('git')}); this "
            f"version resumes layout {LAYOUT}: resume it with that one, or start a new one; what it "
            "learned can still be evaluated and replayed"
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder against other processes.

    Raises:
        InputError: another process is at work there.
    """
    try:
        import fcntl
    except ImportError:  # this system has no such locks
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


def make_folder(runs: Path, name: str, fill: Callable[[Path], None], now: datetime.datetime | None = None) -> Path:
    """Make `runs/<date>_<time>_<name>/`, whole or not at all, and return it.

    Nothing is overwritten: if two are made in the same second, the name of the later one ends in a number.

    Args:
        runs: folder of experiments.
        name: name of the experiment.
        fill: writes the content of the folder.
        now: time in UTC; the present if None.

    Raises:
        InputError: it cannot be written.
    """
    moment = now or datetime.datetime.now(datetime.UTC)
    path = runs / f"{moment:%Y-%m-%d_%H%M%S}_{name}"
    draft = runs / f".{path.name}.{os.getpid()}.{threading.get_ident()}"
    try:
        draft.mkdir(parents=True)
        fill(draft)
        return _renamed(draft, path)
    except OSError as error:
        raise InputError(f"{path}: the run's folder cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _renamed(draft: Path, path: Path) -> Path:
    """Rename a draft, with the first free number at the end if the name is taken; return the new path."""
    for number in itertools.count(1):
        free = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            draft.rename(free)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise
        else:
            return free
    raise AssertionError  # numbers do not end


def rows(runs: Path) -> list[dict[str, Any]]:
    """Return one row for each experiment in a folder, oldest first: name, robot, method, progress, result, state."""
    return [row(runs / name) for name in names(runs)]


def row(folder: Path) -> dict[str, Any]:
    """Return the row of one experiment; its state is `finished`, `unfinished` or `broken`."""
    kind = kind_of(folder) or ""
    entry: dict[str, Any] = {"run": folder.name, "kind": KINDS[kind], "robot": None, "method": None}
    entry |= {"done": "?", "learned_mps": None}
    try:
        tables = read_toml(config_path(folder))
        entry["robot"] = _robot(folder, tables)
        read = {"learn": _run, "train": _training, "compare": _comparison, "lab": _lab}[kind]
        entry["method"], entry["done"], entry["learned_mps"], ended = read(folder, tables)
    except (InputError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return entry | {"state": "broken"}
    return entry | {"state": "finished" if ended else "unfinished"}


def _robot(folder: Path, tables: Mapping[str, Any]) -> str | None:
    found = tables.get("provenance", tables).get("robot")
    if found is None and (members := sorted((folder / MEMBERS).glob("*"))):
        return _robot(members[0], read_toml(config_path(members[0])))
    return None if found is None else str(found["name"])


def _run(folder: Path, tables: Mapping[str, Any]) -> _Row:
    best = folder / BEST
    speed = read_toml(best)["origin"].get("speed_mps") if best.is_file() else None
    done = f"{count(folder / DATABASE, 'learn')} of {tables['traversals']} traversals"
    return tables["optimizer"], done, speed, speed is not None


def _training(folder: Path, tables: Mapping[str, Any]) -> _Row:
    budget = tables.get("stopping", tables).get("steps")
    steps = 0
    if (folder / PROGRESS).is_file():
        with (folder / PROGRESS).open(newline="", encoding="utf-8") as stream:
            for line in csv.DictReader(stream):
                steps = int(line["steps"])
    speed = read_toml(folder / RESULT)["speed_mps"] if (folder / RESULT).is_file() else _speed_of_layout_1(folder)
    done = f"{steps} of {budget} steps" if budget else f"{steps} steps"
    return tables["algorithm"], done, speed, speed is not None


def _speed_of_layout_1(folder: Path) -> float | None:
    """Return the speed of a training of layout 1, which is in the policy's file alone."""
    if not (folder / "training.toml").is_file() or not (folder / "policy.npz").is_file():
        return None
    read = import_module("gaitopt.run.walkers.trained_policy").read_trained
    speed: float | None = read(folder / "policy.npz").about.origin.get("speed_mps")
    return speed


def _comparison(folder: Path, tables: Mapping[str, Any]) -> _Row:
    members = [row(path) for path in sorted((folder / MEMBERS).iterdir()) if path.is_dir()]
    ended = sum(member["state"] == "finished" for member in members)
    left_out = tables.get("provenance", tables).get("left_out", ())
    named = tables.get("algorithms") or tables.get("optimizers") or ()
    methods = [method for method in named if method not in left_out]
    return f"comparison of {len(methods)}", f"{ended} of {len(members)} runs", None, (folder / TABLE).is_file()


def _lab(folder: Path, tables: Mapping[str, Any]) -> _Row:
    ended = (folder / RESULT).is_file()
    steps = read_toml(folder / RESULT)["steps"] if ended else 0
    return f"{tables['algorithm']} on {tables['problem']}", f"{steps} of {tables['steps']} steps", None, ended
