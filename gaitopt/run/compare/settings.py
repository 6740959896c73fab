"""The settings of a comparison: from what a user says to those of every run, and back."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Collection, Mapping, Sequence
from numbers import Integral
from typing import Any

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait
from gaitopt.hal.engine import EngineSpec
from gaitopt.optim.catalog import OPTIMIZERS
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.rl.training import Stopping
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.run.compare.budget import Steps
from gaitopt.run.compare.folder import AlgorithmStudy, OptimizerStudy, Plan, StudyFolder
from gaitopt.run.learn.settings import BudgetError, RunConfig, first_difference, resolve
from gaitopt.run.train.settings import (
    SEEING_SPEED,
    PolicyOptions,
    TrainConfig,
    new_algorithm,
    new_policy,
    resolve_training,
)
from gaitopt.scenario.objective import ScoreSpec, parse_score
from gaitopt.scenario.spec import ScenarioSpec, load_scenario
from gaitopt.spec import parse_spec
from gaitopt.walk.environment import TraversalEnvironment
from gaitopt.walk.policy_controller import Interface

ALL = "all"
TRAVERSALS, STEPS, SEEDS, FRESH = 1035, 200_000, 5, 20
"""What is meant if nobody says otherwise."""
MOST_SEEDS = 1000
"""More could not be waited for."""
BUDGET = {"optimizers": "traversals", "algorithms": "steps"}
"""What budgets are counted in, by the kind of methods that are compared."""
OWN = {
    "optimizers": ("optimizers", "traversals", "score"),
    "algorithms": ("algorithms", "steps", "interface", "policy"),
}
"""Settings that only comparisons of one kind have."""
Options = dict[str, dict[str, Any]]
"""Of methods, by their names."""
Names = str | Sequence[str]
"""`all`, names with commas between them, or names."""


def plan(
    *,
    robot: str | RobotSpec = "aibo-ers7",
    scenario: str | ScenarioSpec = "field",
    start: str | Gait | None = None,
    start_name: str | None = None,
    options: Mapping[str, dict[str, Any]] | None = None,
    seeds: int | Sequence[int] = SEEDS,
    fresh: int = FRESH,
    name: str | None = None,
    engine: EngineSpec | None = None,
    optimizers: Names | None = None,
    traversals: int | None = None,
    score: str | ScoreSpec | None = None,
    algorithms: Names | None = None,
    steps: int | None = None,
    interface: Interface | None = None,
    policy: PolicyOptions | None = None,
) -> Plan:
    """Return the settings of a comparison, of optimizers or of algorithms; nothing is written.

    Args:
        robot: a name or a spec.
        scenario: a name or a spec.
        start: the gait at which every run begins, or that policies adjust: its name, its file, or a gait; the robot's
            usual start if None.
        start_name: where a gait came from that is given itself.
        options: of the methods, by their names.
        seeds: every method learns with each: the seeds, or how many: 1, 2, ...
        fresh: traversals by which a gait, or a policy, is measured.
        name: of the comparison.
        engine: how the physics are computed.
        optimizers: names; `all`, or nothing at all, for every one.
        traversals: budget of every run of an optimizer; 1,035 if None.
        score: what optimizers are to make high.
        algorithms: names, in place of optimizers; `all` for every one.
        steps: budget of every training by an algorithm, in environment steps; 200,000 if None.
        interface: what all policies see and change; if None, they see the velocity too, as linear ones need to.
        policy: how policies begin.

    Raises:
        InputError: something cannot be used, or no method is left.
    """
    special: dict[str, Any] = {"optimizers": optimizers, "traversals": traversals, "score": score}
    special |= {"algorithms": algorithms, "steps": steps, "interface": interface, "policy": policy}
    check_one_kind([key for key, value in special.items() if value is not None])
    numbers = seed_list(seeds)
    robot = load_robot(robot) if isinstance(robot, str) else robot
    start = start or robot.start_gait
    common = {
        "robot": robot,
        "scenario": load_scenario(scenario) if isinstance(scenario, str) else scenario,
        "seed": numbers[0],
        "fresh": fresh,
        "engine": engine,
    }
    gait = load_gait(start, robot) if isinstance(start, str) else start
    gait_name = start if isinstance(start, str) else start_name or "given"
    table: dict[str, Any] = {
        "name": name or f"{robot.name}-comparison",
        "made": f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "seeds": numbers,
        "fresh": fresh,
    }
    chosen = {method: dict((options or {}).get(method, {})) for method in method_names(optimizers, algorithms)}
    if algorithms is not None:
        common |= {
            "gait": gait,
            "gait_name": gait_name,
            "interface": interface or SEEING_SPEED,
            "policy_options": policy,
        }
        return _plan_algorithms(chosen, STEPS if steps is None else steps, common, table)
    common |= {"start": gait, "start_name": gait_name}
    common |= {"score": parse_score(score) if isinstance(score, str) else score}
    return _plan_optimizers(chosen, TRAVERSALS if traversals is None else traversals, common, table)


def _plan_optimizers(chosen: Options, traversals: int, common: Mapping[str, Any], table: Mapping[str, Any]) -> Plan:
    """Leave out methods whose first iteration costs more than the budget."""
    first: dict[str, RunConfig] = {}
    left_out: dict[str, str] = {}
    for optimizer, options in chosen.items():
        try:
            first[optimizer] = resolve(**common, optimizer=optimizer, options=options, traversals=traversals)
        except BudgetError as error:
            left_out[optimizer] = f"an iteration takes {error.cost} traversals, and the budget is {traversals}"
    _check_any_left(first, left_out)
    settings = {**table, "optimizers": tuple(first), "left_out": left_out, "traversals": traversals}
    config = parse_spec(OptimizerStudy, settings, "settings of the comparison")
    return Plan(config, _with_all_seeds(first, config.seeds))


def _plan_algorithms(chosen: Options, steps: int, common: Mapping[str, Any], table: Mapping[str, Any]) -> Plan:
    """Leave out methods whose first update costs more than the budget."""
    stopping = parse_spec(Stopping, {"steps": steps}, "budget")
    snapshots = Steps(steps).points()[1:]
    first: dict[str, TrainConfig] = {}
    left_out: dict[str, str] = {}
    environment: TraversalEnvironment | None = None  # it takes a while to make, and is the same for all
    for algorithm, options in chosen.items():
        training = resolve_training(
            **common, algorithm=algorithm, options=options, stopping=stopping, snapshots=snapshots
        )
        environment = environment or training.environment()
        if (cost := _steps_of_update(training, environment)) > steps:
            left_out[algorithm] = f"an update takes {cost} steps or more, and the budget is {steps}"
        else:
            first[algorithm] = training
    _check_any_left(first, left_out)
    settings = {**table, "algorithms": tuple(first), "left_out": left_out, "steps": steps}
    config = parse_spec(AlgorithmStudy, settings, "settings of the comparison")
    return Plan(config, _with_all_seeds(first, config.seeds))


def _steps_of_update(config: TrainConfig, environment: TraversalEnvironment) -> int:
    """Return the least that the first update of an algorithm costs; an episode has one step or more."""
    algorithm = new_algorithm(config, new_policy(config, environment))
    return sum(request.steps or request.episodes or 1 for request in algorithm.requests())


def _check_any_left(first: Collection[str], left_out: Mapping[str, str]) -> None:
    if not first:
        reasons = "; ".join(f"{method}: {reason}" for method, reason in left_out.items()) or "none was named"
        raise InputError(f"no method is left to compare: {reasons}")


def _with_all_seeds(
    first: Mapping[str, RunConfig] | Mapping[str, TrainConfig], seeds: Sequence[int]
) -> tuple[RunConfig | TrainConfig, ...]:
    return tuple(
        config.model_copy(update={"seed": seed, "name": f"{method}-{seed}"})
        for seed in seeds
        for method, config in first.items()
    )


def check_one_kind(given: Collection[str], dash: str = "") -> None:
    """Check that settings belong to comparisons of the same kind.

    Args:
        given: names of settings; without `algorithms` among them, optimizers are compared.
        dash: what to put before the names.

    Raises:
        InputError: names those that do not go together.
    """
    if "optimizers" in given and "algorithms" in given:
        raise InputError(
            f"{dash}optimizers and {dash}algorithms cannot be compared with each other: their budgets are "
            f"{dash}traversals and {dash}steps; give one of the two"
        )
    kind, other = ("algorithms", "optimizers") if "algorithms" in given else ("optimizers", "algorithms")
    for name in given:
        if name in OWN[other]:
            instead = f"; the budget of {dash}{kind} is {dash}{BUDGET[kind]}" if name == BUDGET[other] else ""
            raise InputError(f"{dash}{name} belongs to {dash}{other}{instead}")


def method_names(optimizers: Names | None = None, algorithms: Names | None = None) -> tuple[str, ...]:
    """Return the methods named, each once; all optimizers if none are."""
    names, known = (optimizers, OPTIMIZERS) if algorithms is None else (algorithms, ALGORITHMS)
    if names is None or names == ALL:
        return tuple(known)
    listed = names.split(",") if isinstance(names, str) else names
    return tuple(dict.fromkeys(name.strip() for name in listed))


def seed_list(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """Return the seeds: those given, or 1, 2, ... if only their number is.

    Raises:
        InputError: there are none, too many, one comes twice, or they are not whole numbers.
    """
    given = seeds if isinstance(seeds, Sequence) else (seeds,)
    if not all(isinstance(seed, Integral) for seed in given):
        raise InputError(f"seeds: got {seeds!r}; expected how many, or a list of whole numbers")
    count = len(seeds) if isinstance(seeds, Sequence) else seeds
    if not 1 <= count <= MOST_SEEDS:
        raise InputError(f"seeds: got {count}; expected 1 to {MOST_SEEDS:,} of them")
    numbers = tuple(map(int, seeds)) if isinstance(seeds, Sequence) else tuple(range(1, count + 1))
    if twice := [seed for i, seed in enumerate(numbers) if seed in numbers[:i]]:
        raise InputError(f"seeds: got {twice[0]} twice; expected each seed once")
    return numbers


def settings_of(study: StudyFolder) -> dict[str, Any]:
    """Return the settings of a comparison, as `plan` takes them."""
    config, first = study.config, study.members[0].config
    settings = {
        "robot": first.robot,
        "scenario": first.scenario,
        "start": Gait(first.robot.name, first.start_gait),
        "options": {member.method: member.config.options for member in study.members},
        "seeds": config.seeds,
        "fresh": config.fresh,
        "name": config.name,
        "engine": first.engine,
    }
    if isinstance(config, AlgorithmStudy) and isinstance(first, TrainConfig):
        own = {"algorithms": config.algorithms, "steps": config.steps, "interface": first.interface}
        return settings | own | {"policy": first.policy_options, "start_name": first.gait_name}
    if isinstance(config, OptimizerStudy) and isinstance(first, RunConfig):
        own = {"optimizers": config.optimizers, "traversals": config.traversals, "score": first.score}
        return settings | own | {"start_name": first.start_name}
    raise InputError(f"{study.path}: holds other runs than its settings say; start a new comparison")


def check_given(study: StudyFolder, given: Mapping[str, Any]) -> None:
    """Check that settings, given to a comparison that has begun, are those it has.

    Raises:
        InputError: names the first that differs.
    """
    stored = settings_of(study)
    for kind in OWN:
        if kind in stored:
            stored[kind] = sorted({*study.config.methods, *study.config.left_out})
    for name, value in given.items():
        found = first_difference(_plain(stored.get(name)), _plain(value), name)
        if found is not None:
            key, here, there = found
            raise InputError(
                f"{study.path}: cannot go on with other settings: {key} is {here}, got {there}; "
                "leave it out, or start a new comparison"
            )


def _plain(value: Any) -> Any:
    """Return a setting as tables and numbers, fit for `first_difference`."""
    if isinstance(value, Gait):
        return vars(value.parameters)
    return value.model_dump() if hasattr(value, "model_dump") else value
