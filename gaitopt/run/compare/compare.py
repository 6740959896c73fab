"""Comparing methods: every method learns with every seed, then fresh traversals tell what each had recommended when.

Runs stand side by side, one process each (on Ray, one thread), because methods that ask for one point at a time leave
all cores but one idle. Each run depends on its own settings alone, so neither the number of workers nor a stop changes
what comes out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.compare.folder import Plan, StudyFolder, create_study, open_member
from gaitopt.run.compare.fresh_walks import measure
from gaitopt.run.compare.optimizer_trial import OptimizerMember
from gaitopt.run.compare.ray_runs import learn_abreast
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import FRESH, SEEDS, Names, plan, settings_of
from gaitopt.run.compare.trial import Member
from gaitopt.run.learn.learn import RUNS
from gaitopt.run.learn.settings import RunConfig
from gaitopt.run.rollout import RolloutWorkers
from gaitopt.run.train.settings import TrainConfig
from gaitopt.run.train.train import with_pace
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.workers import RAY, WorkerChoice, check_count, check_workers, default_count, make_workers

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
    optimizers: Names | None = None,
    traversals: int | None = None,
    seeds: int | Sequence[int] = SEEDS,
    workers: WorkerChoice | None = None,
    name: str | None = None,
    runs: Path | str = RUNS,
    fresh: int = FRESH,
    score: str | ScoreSpec | None = None,
    algorithms: Names | None = None,
    steps: int | None = None,
    report: StudyReport | None = None,
) -> Comparison:
    """Let methods learn with equal budgets and several seeds, and return how they compare; see `plan`."""
    workers = default_count() if workers is None else workers
    check_workers(workers)
    made = plan(
        robot=robot,
        scenario=scenario,
        start=start,
        optimizers=optimizers,
        traversals=traversals,
        algorithms=algorithms,
        steps=steps,
        seeds=seeds,
        name=name,
        fresh=fresh,
        score=score,
    )
    return run_study(new_study(made, Path(runs), workers), workers, report)


def new_study(made: Plan, runs: Path, workers: WorkerChoice) -> StudyFolder:
    """Make the folder of a new comparison; if policies adjust the gait, its own pace is walked for first.

    Raises:
        InputError: the folder exists, or it cannot be written.
    """
    if any(isinstance(config, TrainConfig) for config in made.members):
        check_count(workers)
    trainings = {config.seed: config for config in made.members if isinstance(config, TrainConfig)}
    paces = {seed: {"pace_mps": with_pace(config, workers).pace_mps} for seed, config in trainings.items()}
    members = tuple(config.model_copy(update=paces.get(config.seed)) for config in made.members)
    return create_study(replace(made, members=members), runs)


def run_study(study: StudyFolder, workers: WorkerChoice, report: StudyReport | None = None) -> Comparison:
    """Compare from where a comparison stands to its end, and return what it says.

    Args:
        study: new, or stopped at any moment.
        workers: how many processes, or `ray` if optimizers are compared; the result does not depend on it.
        report: called when a run has ended, and after every fresh traversal.

    Raises:
        InputError: the folder holds other settings than this comparison's, or all runs broke off.
    """
    report = report or (lambda progress: None)
    if isinstance(study.members[0].config, TrainConfig):
        check_count(workers)
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


def learn_member(path: Path) -> str | None:
    """Learn one run of a comparison to its end, in this process alone; return what broke it off, if anything did."""
    return _broken_off(path, lambda member: member.learn())


def learn_run(path: Path, walkers: RolloutWorkers) -> str | None:
    """Learn one run of an optimizer to its end, by traversals walked elsewhere; see `learn_member`."""
    return _broken_off(path, lambda member: OptimizerMember(member.path).learn(walkers))


def _broken_off(path: Path, learn: Callable[[Member], None]) -> str | None:
    try:
        member = open_member(path)
        _await_unlocked(member)
        learn(member)
    except Exception as error:  # one method's fault shall not take the others' results
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def _learn(study: StudyFolder, workers: WorkerChoice, report: StudyReport) -> dict[str, str]:
    """Let all runs learn to their ends; return those that broke off, with the reason."""
    left = [member for member in study.members if not _ended(member)]
    failed: dict[str, str] = {}
    done = len(study.members) - len(left)
    report(StudyProgress("learning", done, len(study.members)))
    with closing(_side_by_side(left, workers)) as ends:
        for index, error in ends:
            name = left[index].config.name
            if error is not None:
                failed[name] = error
            done += 1
            report(StudyProgress("learning", done, len(study.members), name, error))
    return {member.config.name: failed[member.config.name] for member in left if member.config.name in failed}


def _ended(member: Member) -> bool:
    try:
        return member.result is not None
    except InputError:  # learning tells what is wrong with it
        return False


def _side_by_side(left: list[Member], workers: WorkerChoice) -> Generator[tuple[int, str | None], None, None]:
    """Let runs learn, and yield the number of each as it ends, with what broke it off."""
    if not left:
        return
    paths = [member.path for member in left]
    if workers == RAY:
        config = left[0].config
        assert isinstance(config, RunConfig)  # see run_study
        yield from learn_abreast(config, paths, learn_run)
        return
    with make_workers(_learner, min(workers, len(left))) as pool:
        yield from pool.run(paths)


def _learner() -> Callable[[Path], str | None]:
    return learn_member


def _await_unlocked(member: Member) -> None:
    """Wait for the worker of a killed comparison to end; should it not, learning will tell that it is at work."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with member.locked():
                return
        except InputError:
            time.sleep(0.05)
