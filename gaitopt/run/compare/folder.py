"""The folder of a comparison, and its settings: what comparisons of optimizers and of algorithms share.

`runs/<date>_<time>_<name>/` holds study.toml, study.db (the fresh traversals by which all methods are measured) and
runs/<method>-<seed>/, an ordinary run, or training, for each method and seed.
"""

from __future__ import annotations

import datetime
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gaitopt.errors import InputError
from gaitopt.run.compare.algorithm_trial import AlgorithmMember
from gaitopt.run.compare.budget import Budget, Steps, Traversals
from gaitopt.run.compare.optimizer_trial import OptimizerMember
from gaitopt.run.compare.trial import Member
from gaitopt.run.learn.folder import CONFIG, fill_run, lock, make_folder, write_config
from gaitopt.run.learn.settings import RunConfig, first_difference
from gaitopt.run.store import RunStore
from gaitopt.run.train.folder import TRAINING
from gaitopt.run.train.settings import TrainConfig
from gaitopt.spec import Spec, parse_spec
from gaitopt.toml import format_toml, read_toml, write_atomic

STUDY, MEASURES, MEMBERS = "study.toml", "study.db", "runs"
FREE = {"made", "left_out", "versions", "pace_mps"}
"""Settings that are not chosen, but found when a comparison is begun."""


class StudySettings(Spec):
    """What the settings of all comparisons hold; all else stands in those of their runs."""

    schema_version: Literal[1] = 1
    """Version of the file's layout."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    """The comparison's name."""
    made: str
    """When and on what machine it was begun."""
    left_out: dict[str, str]
    """Methods that are not compared, and why."""
    seeds: tuple[Annotated[int, Field(strict=True, ge=0)], ...]
    """Seeds; each method learns with each."""
    fresh: Annotated[int, Field(strict=True, ge=2)]
    """Fresh traversals by which a gait, or a policy, is measured, outside the budget."""


class OptimizerStudy(StudySettings):
    """The settings of a comparison of optimizers."""

    optimizers: tuple[str, ...]
    """The methods that are compared."""
    traversals: Annotated[int, Field(strict=True, ge=1)]
    """Budget of every run."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The optimizers."""
        return self.optimizers

    @property
    def budget(self) -> Budget:
        """What every run may spend."""
        return Traversals(self.traversals)


class AlgorithmStudy(StudySettings):
    """The settings of a comparison of policy-gradient algorithms."""

    algorithms: tuple[str, ...]
    """The methods that are compared."""
    steps: Annotated[int, Field(strict=True, ge=1)]
    """Budget of every training."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The algorithms."""
        return self.algorithms

    @property
    def budget(self) -> Budget:
        """What every training may spend."""
        return Steps(self.steps)


StudyConfig = OptimizerStudy | AlgorithmStudy


@dataclass(frozen=True)
class Plan:
    """A comparison that is not on the disk yet."""

    config: StudyConfig
    members: tuple[RunConfig | TrainConfig, ...]
    """Settings of the runs: all methods with the first seed, then with the next."""


class StudyFolder:
    """The folder of one comparison."""

    def __init__(self, path: Path) -> None:
        """Open a folder made by `create_study`.

        Raises:
            InputError: it is not a comparison's folder, or a run is missing.
        """
        self.path = path
        self.config: StudyConfig = _read_config(path / STUDY)
        names = [f"{method}-{seed}" for seed in self.config.seeds for method in self.config.methods]
        if not names:
            raise InputError(f"{path / STUDY}: names no methods or no seeds; start a new comparison")
        self.members = [open_member(path / MEMBERS / name) for name in names]

    def open_store(self) -> RunStore:
        """Return the database of fresh traversals, opened."""
        path = self.path / MEASURES
        return RunStore(path, create=not path.exists())  # what was lost is walked again

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from working on the same comparison; see `lock`."""
        return lock(self.path)

    def check(self, plan: Plan) -> None:
        """Check that this is the comparison that a plan describes; versions and machine may differ.

        Raises:
            InputError: names the first setting that differs.
        """
        pairs: list[tuple[Spec, Spec, str]] = [(self.config, plan.config, STUDY)]
        for member, expected in zip(self.members, plan.members, strict=False):
            file = CONFIG if isinstance(expected, RunConfig) else TRAINING
            pairs.append((member.config, expected, str((member.path / file).relative_to(self.path))))
        for ours, theirs, place in pairs:
            found = first_difference(ours.model_dump(exclude=FREE), theirs.model_dump(exclude=FREE))
            if found is not None:
                key, here, there = found
                raise InputError(
                    f"{self.path}: cannot go on with other settings: {key} is {here} in {place}, got {there}; "
                    "leave it as it was, or start a new comparison"
                )


def _read_config(path: Path) -> StudyConfig:
    """Return the settings in a file, of which kind they are."""
    tables = read_toml(path)
    if "algorithms" in tables:
        return parse_spec(AlgorithmStudy, tables, str(path))
    return parse_spec(OptimizerStudy, tables, str(path))


def create_study(plan: Plan, runs: Path, now: datetime.datetime | None = None) -> StudyFolder:
    """Make the folder of a new comparison with all its runs, whole or not at all.

    Raises:
        InputError: the folder exists, or it cannot be written.
    """

    def fill(draft: Path) -> None:
        for member in plan.members:
            folder = draft / MEMBERS / member.name
            folder.mkdir(parents=True)
            if isinstance(member, RunConfig):
                fill_run(folder, member)
            else:
                write_config(folder / TRAINING, member)
        RunStore(draft / MEASURES, create=True).close()
        write_atomic(draft / STUDY, format_toml(plan.config.model_dump()))

    return StudyFolder(make_folder(runs, plan.config.name, fill, now))


def open_member(path: Path) -> Member:
    """Return the run, or the training, in a folder.

    Raises:
        InputError: there is none.
    """
    return AlgorithmMember(path) if (path / TRAINING).is_file() else OptimizerMember(path)


def find_study(text: str, runs: Path) -> StudyFolder | None:
    """Return the comparison of a path, or of a folder's name in `runs`; None if there is none."""
    found = next((path for path in (Path(text), runs / text) if (path / STUDY).is_file()), None)
    return StudyFolder(found) if found is not None else None


def list_studies(runs: Path) -> list[StudyFolder]:
    """Return the comparisons in a folder, oldest first; what is none is passed over, and so are drafts."""
    found = []
    for path in sorted(runs.glob(f"[!.]*/{STUDY}")):
        try:
            found.append(StudyFolder(path.parent))
        except InputError:
            continue
    return found
