"""A comparison of optimizers: its settings, and its folder.

`runs/<date>_<time>_<name>/` holds study.toml, study.db (the fresh traversals by which all methods are measured) and
runs/<optimizer>-<seed>/, an ordinary run for each method and seed.
"""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from gaitopt.errors import InputError
from gaitopt.files import Spec, format_toml, parse_spec, read_spec, write_atomic
from gaitopt.gait.gait_file import Gait
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.config import BudgetError, RunConfig, first_difference, resolve
from gaitopt.run.folder import CONFIG, RunFolder, fill_run, lock, make_folder
from gaitopt.run.store import RunStore
from gaitopt.scenario.score import ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec

STUDY, MEASURES, MEMBERS = "study.toml", "study.db", "runs"


class StudyConfig(Spec):
    """The settings of a comparison; all else stands in those of its runs."""

    schema_version: Literal[1] = 1
    """Version of the file's layout."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    """The comparison's name."""
    made: str
    """When and on what machine it was begun."""
    optimizers: tuple[str, ...]
    """The methods that are compared."""
    left_out: dict[str, str]
    """Methods that are not, and why."""
    traversals: Annotated[int, Field(strict=True, ge=1)]
    """Budget of every run."""
    seeds: tuple[Annotated[int, Field(strict=True, ge=0)], ...]
    """Seeds; each method learns with each."""
    fresh: Annotated[int, Field(strict=True, ge=2)]
    """Fresh traversals by which a gait is measured, outside the budget."""


@dataclass(frozen=True)
class Plan:
    """A comparison that is not on the disk yet."""

    config: StudyConfig
    members: tuple[RunConfig, ...]
    """Settings of the runs: all methods with the first seed, then with the next."""


def plan_study(
    *,
    robot: RobotSpec,
    scenario: ScenarioSpec,
    start: Gait,
    start_name: str,
    optimizers: Mapping[str, dict[str, Any]],
    traversals: int,
    seeds: Sequence[int],
    fresh: int = 20,
    name: str | None = None,
    engine: EngineSpec | None = None,
    score: ScoreSpec | None = None,
    skip_missing: bool = False,
) -> Plan:
    """Return the complete settings of a comparison; nothing is written.

    Args:
        robot: who walks.
        scenario: where.
        start: the gait at which every run begins.
        start_name: where it came from.
        optimizers: the methods with their options.
        traversals: budget of every run; methods that need more for an iteration are left out.
        seeds: every method learns with each.
        fresh: traversals by which a gait is measured.
        name: of the comparison.
        engine: how the physics are computed.
        score: what is to be made high.
        skip_missing: leave out methods whose packages are not installed.

    Raises:
        InputError: something cannot be used, or no method is left.
    """
    first: list[RunConfig] = []
    left_out: dict[str, str] = {}
    for optimizer, options in optimizers.items():
        try:
            first.append(
                resolve(
                    robot=robot,
                    scenario=scenario,
                    start=start,
                    start_name=start_name,
                    optimizer=optimizer,
                    options=options,
                    traversals=traversals,
                    seed=seeds[0],
                    engine=engine,
                    fresh=fresh,
                    score=score,
                )
            )
        except BudgetError as error:
            left_out[optimizer] = f"an iteration takes {error.cost} traversals, and the budget is {traversals}"
        except InputError as error:
            if not skip_missing or "pip install" not in str(error):
                raise
            left_out[optimizer] = str(error)
    if not first:
        reasons = "; ".join(f"{method}: {reason}" for method, reason in left_out.items())
        raise InputError(f"no method is left to compare: {reasons}")
    settings = {
        "name": name or f"{robot.name}-comparison",
        "made": f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "optimizers": tuple(member.optimizer for member in first),
        "left_out": left_out,
        "traversals": traversals,
        "seeds": tuple(seeds),
        "fresh": fresh,
    }
    config = parse_spec(StudyConfig, settings, "settings of the comparison")
    members = [
        member.model_copy(update={"seed": seed, "name": f"{member.optimizer}-{seed}"})
        for seed in config.seeds
        for member in first
    ]
    return Plan(config, tuple(members))


class StudyFolder:
    """The folder of one comparison."""

    def __init__(self, path: Path) -> None:
        """Open a folder made by `create_study`.

        Raises:
            InputError: it is not a comparison's folder, or a run is missing.
        """
        self.path = path
        self.config = read_spec(StudyConfig, path / STUDY)
        names = [f"{optimizer}-{seed}" for seed in self.config.seeds for optimizer in self.config.optimizers]
        if not names:
            raise InputError(f"{path / STUDY}: names no methods or no seeds; start a new comparison")
        self.members = [RunFolder(path / MEMBERS / name) for name in names]

    def open_store(self) -> RunStore:
        """Return the database of fresh traversals, opened."""
        return RunStore(self.path / MEASURES)

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
            pairs.append((member.config, expected, str((member.path / CONFIG).relative_to(self.path))))
        for ours, theirs, place in pairs:
            free = {"made", "left_out", "versions"}
            found = first_difference(ours.model_dump(exclude=free), theirs.model_dump(exclude=free))
            if found is not None:
                key, here, there = found
                raise InputError(
                    f"{self.path}: cannot go on with other settings: {key} is {here} in {place}, got {there}; "
                    "leave it as it was, or start a new comparison"
                )


def create_study(plan: Plan, runs: Path, now: datetime.datetime | None = None) -> StudyFolder:
    """Make the folder of a new comparison with all its runs, whole or not at all.

    Raises:
        InputError: the folder exists, or it cannot be written.
    """

    def fill(draft: Path) -> None:
        for member in plan.members:
            folder = draft / MEMBERS / member.name
            folder.mkdir(parents=True)
            fill_run(folder, member)
        RunStore(draft / MEASURES, create=True).close()
        write_atomic(draft / STUDY, format_toml(plan.config.model_dump()))

    return StudyFolder(make_folder(runs, plan.config.name, fill, now))


def find_study(text: str, runs: Path) -> StudyFolder | None:
    """Return the comparison of a path, of a folder's name in `runs`, or of `latest` if it is newer than all runs."""
    if text == "latest":
        newest = max((path.parent for name in (STUDY, CONFIG) for path in runs.glob(f"[!.]*/{name}")), default=None)
        return StudyFolder(newest) if newest is not None and (newest / STUDY).is_file() else None
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
