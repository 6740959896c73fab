"""`gaitopt compare`: which optimizer finds the fastest gait with the fewest traversals?

Every optimizer learns with the same budget and with several seeds; fresh traversals outside the budget, the same for
all, then tell what each had recommended after 100, 250, 500, 1,035 traversals. Or, with --algorithms: which
policy-gradient algorithm makes a gait faster with the fewest environment steps? Their policies are measured in the same
way at round numbers of steps, and the gait alone beside them. The runs stand side by side, one process each. Stopped or
killed, a comparison goes on with `gaitopt resume FOLDER` and ends as if it had never stopped.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.cli.text_table import table
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.engine import engine_of
from gaitopt.optim import catalog as optimizers
from gaitopt.rl.algorithms import catalog as algorithms
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.run.compare.compare import new_study
from gaitopt.run.compare.folder import StudyFolder, find_study
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import (
    ALL,
    FRESH,
    OWN,
    SEEDS,
    STEPS,
    TRAVERSALS,
    check_given,
    check_one_kind,
    method_names,
    plan,
    seed_list,
    settings_of,
)
from gaitopt.run.experiment import named
from gaitopt.run.overrides import change_specs
from gaitopt.run.target import DEFAULT_ROBOT, DEFAULT_SCENARIO
from gaitopt.run.train.settings import SEEING_SPEED, PolicyOptions, walking_options
from gaitopt.scenario.objective import parse_score
from gaitopt.scenario.spec import load_scenario
from gaitopt.view.compare.compare import FILES, finish_comparison
from gaitopt.view.compare.table import notes, table_rows
from gaitopt.workers import check_workers


def add_parser(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "compare", help="compare optimizers, or algorithms, by equal budgets and several seeds", description=__doc__
    )
    names = ", ".join(optimizers.OPTIMIZERS)
    parser.add_argument(
        "--optimizers", metavar="A,B,C|all", help=f"which: {names} (default: {ALL} that the budget pays for)"
    )
    parser.add_argument(
        "--traversals", type=arguments.positive, metavar="N", help=f"budget of an optimizer (default: {TRAVERSALS})"
    )
    names = ", ".join(algorithms.ALGORITHMS)
    parser.add_argument("--algorithms", metavar="A,B,C|all", help=f"which, in place of optimizers: {names}")
    parser.add_argument(
        "--steps", type=arguments.positive, metavar="N", help=f"budget of an algorithm (default: {STEPS})"
    )
    parser.add_argument(
        "--seeds", type=arguments.positive, metavar="N", help=f"every method learns with so many (default: {SEEDS})"
    )
    parser.add_argument(
        "--fresh",
        type=arguments.at_least_two,
        metavar="N",
        help=f"fresh traversals that tell how fast a gait, or a policy, is (default: {FRESH})",
    )
    parser.add_argument("--robot", help=f"the robot (default: {DEFAULT_ROBOT})")
    parser.add_argument("--scenario", help=f"where it walks (default: {DEFAULT_SCENARIO})")
    parser.add_argument(
        "--start",
        metavar="GAIT",
        help="the gait to begin with, or to adjust: a name or a file (default: the robot's own)",
    )
    arguments.add_score(parser)
    arguments.add_changes(parser, "; a method's own, such as cma-es.population=20 or ppo.rate=0.001")
    parser.add_argument("--name", help="the comparison's name (default: robot and 'comparison')")
    parser.add_argument(
        "--resume", metavar="FOLDER", help="go on with this comparison; settings given beside it must be its own"
    )
    arguments.add_runs(parser)
    arguments.add_workers(parser)
    arguments.add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Answer:
    """Compare."""
    check_workers(args.workers)
    if args.resume is None:
        return work(new_study(plan(**_settings(args)), args.runs, args.workers), args)
    study = find_study(named(args.resume, args.runs, comparisons=True), args.runs)
    if study is None:
        raise InputError(f"--resume {args.resume}: is not a comparison; make one with: gaitopt compare")
    check_given(study, _given(args, study))
    return work(study, args)


def work(study: StudyFolder, args: argparse.Namespace) -> Answer:
    """Compare from where a comparison stands to its end, and answer what it says."""
    try:
        comparison = finish_comparison(study, args.workers, plain=True)
    except KeyboardInterrupt:
        return _interrupted(study)
    files = {kind: str(study.path / name) for kind, name in FILES.items()}
    text = [table(table_rows(comparison)), "", *notes(comparison), ""]
    text += [f"table     {files['markdown']}, {files['csv']}", f"figure    {files['figure']}"]
    return Answer(_data(comparison, files), "\n".join(text), exit_code=1 if comparison.failed else 0)


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of a new comparison."""
    check_one_kind(_special(args), "--")
    robot = load_robot(args.robot or DEFAULT_ROBOT)
    specs = {"robot": robot, "scenario": load_scenario(args.scenario or DEFAULT_SCENARIO), "engine": engine_of(robot)}
    if args.algorithms is not None:
        own = {"algorithms": args.algorithms, "steps": args.steps or STEPS}
        specs |= {"interface": SEEING_SPEED, "policy": PolicyOptions()}
        options = {name: walking_options(name) for name in algorithms.ALGORITHMS}
    else:
        own = {"optimizers": args.optimizers or ALL, "traversals": args.traversals or TRAVERSALS, "score": args.score}
        options = {}
    names = method_names(args.optimizers, args.algorithms)
    settings = _changed(specs, names, options, args) | own
    settings |= {"start": args.start, "seeds": args.seeds or SEEDS, "fresh": args.fresh or FRESH, "name": args.name}
    return settings


def _given(args: argparse.Namespace, study: StudyFolder) -> dict[str, Any]:
    """Return the settings that were given to a comparison that has begun."""
    stored = settings_of(study)
    check_one_kind({kind: None for kind in OWN if kind in stored} | _special(args), "--")
    robot: RobotSpec = load_robot(args.robot) if args.robot else stored["robot"]
    scenario = load_scenario(args.scenario) if args.scenario else stored["scenario"]
    specs = {"robot": robot, "scenario": scenario, "engine": stored["engine"]}
    specs |= {name: stored[name] for name in ("interface", "policy") if name in stored}
    given = _changed(specs, study.config.methods, stored["options"], args) | _special(args)
    for kind in OWN:
        given |= {kind: sorted(method_names(**{kind: given[kind]}))} if kind in given else {}
    given |= {"fresh": args.fresh, "name": args.name}
    given |= {"seeds": seed_list(args.seeds) if args.seeds else None}
    given |= {"score": parse_score(args.score) if args.score is not None else None}
    at_home = load_robot(args.robot or robot.name)  # a comparison keeps its robot, but not the robot's gaits
    given |= {"start": load_gait(args.start, at_home) if args.start else None}
    return {name: value for name, value in given.items() if value is not None}


def _special(args: argparse.Namespace) -> dict[str, Any]:
    """Return what was given of the settings that only optimizers, or only algorithms, have."""
    given = {name: getattr(args, name, None) for names in OWN.values() for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _changed(specs: dict[str, Any], methods: Any, options: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """Return robot, scenario, engine and the methods' options, with the changes of --set made."""
    parse_options = algorithms.parse_options if "interface" in specs else optimizers.parse_options
    choices = {method: parse_options(method, options.get(method)) for method in methods}
    changed = change_specs(specs | choices, args.changes)
    chosen = {method: changed.pop(method).model_dump() for method in choices}
    return changed | {"options": chosen}


def _data(comparison: Comparison, files: dict[str, str]) -> dict[str, Any]:
    budget = {"budget": comparison.budget.amount, "unit": comparison.budget.unit}
    data = asdict(comparison) | budget
    return data | {"study": str(comparison.study), "score": str(comparison.score), "files": files}


def _interrupted(study: StudyFolder) -> Answer:
    done = sum(member.result is not None for member in study.members)
    data = {"interrupted": True, "runs_ended": done, "runs": len(study.members), "study": str(study.path)}
    text = f"interrupted after {done} of {len(study.members)} runs\ngo on with: gaitopt resume {study.path}"
    return Answer(data, text, exit_code=130)
