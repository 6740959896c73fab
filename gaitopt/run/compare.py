"""Comparing methods: every method learns with every seed, then fresh traversals tell what each had recommended when.

Runs stand side by side, one process each, because methods that ask for one point at a time leave all cores but one
idle. Each run depends on its own settings alone, so neither the number of workers nor a stop changes what comes out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait, read_gait
from gaitopt.hal.engine import EngineSpec
from gaitopt.optim.catalog import OPTIMIZERS
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.run.comparison import Comparison
from gaitopt.run.config import first_difference
from gaitopt.run.folder import RunFolder
from gaitopt.run.incumbents import measure
from gaitopt.run.learn import RUNS
from gaitopt.run.optimize import optimize
from gaitopt.run.study import Plan, StudyFolder, create_study, plan_study
from gaitopt.scenario.score import ScoreSpec, parse_score
from gaitopt.scenario.spec import ScenarioSpec, load_scenario
from gaitopt.workers import check_count, default_count, make_workers

ALL = "all"
PATIENCE_S = 10.0
"""How long the processes of a comparison that was killed may take to end [s]."""


@dataclass(frozen=True)
class StudyProgress:
    """How far a comparison is; reported when a run has ended, and after every fresh traversal."""

    stage: str
    """`learning`, or `measuring` by fresh traversals."""
    done: int
    """Runs ended, or fresh traversals walked."""
    total: int
    """Of so many."""
    ended: str | None = None
    """The run that has just ended."""
    error: str | None = None
    """Why it broke off, if it did."""


StudyReport = Callable[[StudyProgress], None]


def compare(
    robot: str | RobotSpec = "aibo-ers7",
    scenario: str | ScenarioSpec = "field",
    start: str | Gait | None = None,
    optimizers: str | Sequence[str] = ALL,
    traversals: int = 1035,
    seeds: int | Sequence[int] = 5,
    workers: int | None = None,
    name: str | None = None,
    runs: Path | str = RUNS,
    fresh: int = 20,
    score: str | ScoreSpec | None = None,
    report: StudyReport | None = None,
) -> Comparison:
    """Let optimizers learn with equal budgets and several seeds, and return how they compare; see `plan`."""
    workers = default_count() if workers is None else workers
    check_count(workers)
    made = plan(
        robot=robot,
        scenario=scenario,
        start=start,
        optimizers=optimizers,
        traversals=traversals,
        seeds=seeds,
        name=name,
        fresh=fresh,
        score=score,
    )
    return run_study(create_study(made, Path(runs)), workers, report)


def plan(
    *,
    robot: str | RobotSpec = "aibo-ers7",
    scenario: str | ScenarioSpec = "field",
    start: str | Gait | None = None,
    start_name: str | None = None,
    optimizers: str | Sequence[str] = ALL,
    options: Mapping[str, dict[str, Any]] | None = None,
    traversals: int = 1035,
    seeds: int | Sequence[int] = 5,
    name: str | None = None,
    fresh: int = 20,
    score: str | ScoreSpec | None = None,
    engine: EngineSpec | None = None,
) -> Plan:
    """Return the settings of a comparison; nothing is written. See `plan_study`.

    Args:
        robot: a name or a spec.
        scenario: a name or a spec.
        start: a gait's name, its file, or a gait; the robot's usual start if None.
        start_name: where a gait came from that is given itself.
        optimizers: names; `all` for every one whose package is installed.
        options: of the optimizers, by their names.
        traversals: budget of every run.
        seeds: the seeds, or how many: 1, 2, ...
        name: of the comparison.
        fresh: traversals by which a gait is measured.
        score: what is to be made high.
        engine: how the physics are computed.

    Raises:
        InputError: something cannot be used.
    """
    robot = load_robot(robot) if isinstance(robot, str) else robot
    start = start or robot.start_gait
    return plan_study(
        robot=robot,
        scenario=load_scenario(scenario) if isinstance(scenario, str) else scenario,
        start=load_gait(start, robot) if isinstance(start, str) else start,
        start_name=start if isinstance(start, str) else start_name or "given",
        optimizers={method: dict((options or {}).get(method, {})) for method in method_names(optimizers)},
        traversals=traversals,
        seeds=seed_list(seeds),
        fresh=fresh,
        name=name,
        engine=engine,
        score=parse_score(score) if isinstance(score, str) else score,
        skip_missing=optimizers == ALL,
    )


def method_names(optimizers: str | Sequence[str]) -> tuple[str, ...]:
    """Return the methods named: `all`, names with commas between them, or names; each once."""
    if optimizers == ALL:
        return tuple(OPTIMIZERS)
    names = optimizers.split(",") if isinstance(optimizers, str) else optimizers
    return tuple(dict.fromkeys(name.strip() for name in names))


def seed_list(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """Return the seeds: those given, or 1, 2, ... if only their number is."""
    return tuple(range(1, seeds + 1)) if isinstance(seeds, int) else tuple(seeds)


def settings_of(study: StudyFolder) -> dict[str, Any]:
    """Return the settings of a comparison, as `plan` takes them."""
    config, first = study.config, study.members[0].config
    return {
        "robot": first.robot,
        "scenario": first.scenario,
        "start": Gait(first.robot.name, first.start_gait),
        "start_name": first.start_name,
        "optimizers": config.optimizers,
        "options": {member.config.optimizer: member.config.options for member in study.members},
        "traversals": config.traversals,
        "seeds": config.seeds,
        "name": config.name,
        "fresh": config.fresh,
        "score": first.score,
        "engine": first.engine,
    }


def check_given(study: StudyFolder, given: Mapping[str, Any]) -> None:
    """Check that settings, given to a comparison that has begun, are those it has.

    Raises:
        InputError: names the first that differs.
    """
    stored = settings_of(study)
    stored["optimizers"] = sorted({*study.config.optimizers, *study.config.left_out})
    for name, value in given.items():
        found = first_difference(_plain(stored[name]), _plain(value), name)
        if found is not None:
            key, here, there = found
            raise InputError(
                f"{study.path}: cannot go on with other settings: {key} is {here}, got {there}; "
                "leave it out, or start a new comparison"
            )


def run_study(study: StudyFolder, workers: int, report: StudyReport | None = None) -> Comparison:
    """Compare from where a comparison stands to its end, and return what it says.

    Args:
        study: new, or stopped at any moment.
        workers: how many processes; the result does not depend on it.
        report: called when a run has ended, and after every fresh traversal.

    Raises:
        InputError: the folder holds other settings than this comparison's, or all runs broke off.
    """
    report = report or (lambda progress: None)
    with study.locked():
        study.check(plan(**settings_of(study)))
        failed = _learn(study, workers, report)
        if len(failed) == len(study.members):
            raise InputError(f"{study.path}: all runs broke off: {next(iter(failed.values()))}")
        members = [member for member in study.members if member.config.name not in failed]
        say = report
        return measure(
            study, members, failed, workers, lambda done, total: say(StudyProgress("measuring", done, total))
        )


def is_finished(run: RunFolder) -> bool:
    """Return whether a run has come to its end."""
    return run.best_path.is_file() and "speed_mps" in read_gait(run.best_path).origin


def learn_member(path: Path) -> str | None:
    """Learn one run of a comparison to its end, in this process alone; return what broke it off, if anything did."""
    run = RunFolder(path)
    try:
        _await_unlocked(run)
        optimize(run, workers=1)
    except Exception as error:  # one method's fault shall not take the others' results
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def _learn(study: StudyFolder, workers: int, report: StudyReport) -> dict[str, str]:
    """Let all runs learn to their ends; return those that broke off, with the reason."""
    left = [member for member in study.members if not is_finished(member)]
    failed: dict[str, str] = {}
    done = len(study.members) - len(left)
    report(StudyProgress("learning", done, len(study.members)))
    with make_workers(_learner, min(workers, max(len(left), 1))) as pool:
        for index, error in pool.run([member.path for member in left]):
            name = left[index].config.name
            if error is not None:
                failed[name] = error
            done += 1
            report(StudyProgress("learning", done, len(study.members), name, error))
    return {member.config.name: failed[member.config.name] for member in left if member.config.name in failed}


def _learner() -> Callable[[Path], str | None]:
    return learn_member


def _await_unlocked(run: RunFolder) -> None:
    """Wait for the worker of a killed comparison to end; should it not, learning will tell that it is at work."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with run.locked():
                return
        except InputError:
            time.sleep(0.05)


def _plain(value: Any) -> Any:
    """Return a setting as tables and numbers, fit for `first_difference`."""
    if isinstance(value, Gait):
        return vars(value.parameters)
    return value.model_dump() if hasattr(value, "model_dump") else value
