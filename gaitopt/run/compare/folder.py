"""The folder of a comparison: config.toml, study.db and runs/<method>-<seed>/.

study.db holds the evaluation walks by which all methods are measured; each of the runs is an ordinary run or training.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gaitopt.errors import InputError
from gaitopt.run.compare.settings import CompareSettings, Member, member_name
from gaitopt.run.compare.trial import open_trial
from gaitopt.run.experiment import CONFIG, MEMBERS, check_layout, config_path, make_folder
from gaitopt.run.learn.folder import fill_run
from gaitopt.run.learn.settings import BudgetError, LearnSettings, check_budget
from gaitopt.run.settings.config_file import ExperimentFolder, write_config
from gaitopt.run.settings.differences import first_difference
from gaitopt.run.store import RunStore
from gaitopt.run.train.settings import TrainSettings, new_algorithm, new_policy
from gaitopt.walk.environment import TraversalEnvironment

MEASURES = "study.db"


@dataclass(frozen=True)
class Plan:
    """A comparison that has no folder yet."""

    settings: CompareSettings
    members: tuple[Member, ...]
    """Settings of the runs: all methods with the first seed, then all with the next."""
    left_out: dict[str, str]
    """Methods that do not take part, and why."""


class ComparisonFolder(ExperimentFolder[CompareSettings]):
    """The folder of one comparison."""

    def __init__(self, path: Path) -> None:
        """Open a folder made by `create_comparison`.

        Raises:
            InputError: it is not a comparison's folder, has an older layout, or a run is missing.
        """
        if config_path(path).name != CONFIG:
            members = sorted((path / MEMBERS).glob("*/"))
            check_layout(path, 1, open_trial(members[0]).provenance.versions if members else {})
        super().__init__(CompareSettings, path)
        self.methods = [name for name in self.config.methods if name not in self.provenance.left_out]
        names = [member_name(method, seed) for seed in self.config.seeds for method in self.methods]
        if not names:
            raise InputError(f"{path / CONFIG}: names no methods or no seeds; start a new comparison")
        self.members = [open_trial(path / MEMBERS / name) for name in names]

    def open_store(self) -> RunStore:
        """Return the database of evaluation walks, opened."""
        path = self.path / MEASURES
        return RunStore(path, create=not path.exists())  # lost walks are repeated

    def check(self) -> None:
        """Check that the runs have the settings of the comparison.

        Raises:
            InputError: names the first setting that differs.
        """
        expected = [self.config.member(method, seed) for seed in self.config.seeds for method in self.methods]
        for member, settings in zip(self.members, expected, strict=True):
            found = first_difference(member.config.model_dump(), settings.model_dump())
            if found is not None:
                key, here, there = found
                raise InputError(
                    f"{member.path}: {key} is {here} in {CONFIG}, and {there} in that of the comparison; "
                    "leave it as it was, or start a new comparison"
                )


def plan(settings: CompareSettings) -> Plan:
    """Return the runs of a comparison; methods whose first iteration costs more than the budget are left out.

    Raises:
        InputError: no method is left.
    """
    left_out: dict[str, str] = {}
    environment: TraversalEnvironment | None = None  # slow to make, and the same for all
    for method in settings.methods:
        member = settings.member(method, settings.seeds[0])
        if isinstance(member, TrainSettings):
            environment = environment or member.environment()
            if (cost := _steps_of_update(member, environment)) > (member.steps or 0):
                left_out[method] = f"an update takes {cost} steps or more, and the budget is {member.steps}"
            continue
        try:
            check_budget(member)
        except BudgetError as error:
            left_out[method] = f"an iteration takes {error.cost} traversals, and the budget is {member.traversals}"
    methods = [method for method in settings.methods if method not in left_out]
    if not methods:
        reasons = "; ".join(f"{method}: {reason}" for method, reason in left_out.items()) or "none was named"
        raise InputError(f"no method is left to compare: {reasons}")
    members = tuple(settings.member(method, seed) for seed in settings.seeds for method in methods)
    return Plan(settings, members, left_out)


def _steps_of_update(settings: TrainSettings, environment: TraversalEnvironment) -> int:
    """Return the least number of steps of an algorithm's first update; an episode has at least one step."""
    algorithm = new_algorithm(settings, new_policy(settings, environment))
    return sum(request.steps or request.episodes or 1 for request in algorithm.requests())


def create_comparison(
    planned: Plan, runs: Path, paces: Mapping[int, float], now: datetime.datetime | None = None
) -> ComparisonFolder:
    """Make the folder of a new comparison with all its runs, whole or not at all.

    Args:
        planned: the plan.
        runs: folder of experiments.
        paces: speed of the gait alone by seed [m/s], if policies adjust it.
        now: time in UTC; the present if None.

    Raises:
        InputError: it cannot be written.
    """

    def fill(draft: Path) -> None:
        for member in planned.members:
            folder = draft / MEMBERS / member.name
            folder.mkdir(parents=True)
            if isinstance(member, LearnSettings):
                fill_run(folder, member)
            else:
                write_config(folder, member, pace_mps=paces[member.seed])
        RunStore(draft / MEASURES, create=True).close()
        write_config(draft, planned.settings, left_out=planned.left_out)

    return ComparisonFolder(make_folder(runs, planned.settings.name, fill, now))
