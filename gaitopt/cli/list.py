"""`gaitopt list`: what there is to choose from."""

from __future__ import annotations

import argparse
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer, table
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import gait_names, load_gait
from gaitopt.gait.parameters import inactive_parameters
from gaitopt.optim import catalog as optimizers
from gaitopt.rl.algorithms import catalog as algorithms
from gaitopt.robot.spec import load_robot, robot_names
from gaitopt.scenario.spec import load_scenario, scenario_names


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("what", choices=sorted(LISTS), metavar="|".join(sorted(LISTS)))
    parser.add_argument("--robot", help="only this robot's gaits")
    parser.add_argument(
        "--options", metavar="NAME", help="every option of this optimizer or algorithm: type, default, bounds, meaning"
    )
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """List."""
    if args.options is not None:
        return _options(args.what, args.options)
    rows = LISTS[args.what](args.robot)
    return Answer({args.what: rows}, table(rows) if rows else f"no {args.what}")


def _options(what: str, name: str) -> Answer:
    methods = {"optimizers": optimizers.OPTIMIZERS, "algorithms": algorithms.ALGORITHMS}
    for kind, known in methods.items():
        if what in methods and kind != what and name in known:
            raise InputError(f"{name}: is one of the {kind}; see: gaitopt list {kind} --options {name}")
    if what == "optimizers":
        rows = optimizers.options_table(name)
    elif what == "algorithms":
        from gaitopt.run.train.defaults import walking_options  # slow to import

        rows = algorithms.options_table(name, walking_options(name))
    else:
        raise InputError(f"--options: got it with {what}; expected optimizers or algorithms")
    text = table([row | {"default": _default(row["default"]), "bounds": row["bounds"] or None} for row in rows])
    return Answer({"name": name, "options": rows}, text)


def _default(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _robots(robot: str | None) -> list[dict[str, Any]]:
    robots = [load_robot(name) for name in ([robot] if robot else robot_names())]
    return [
        {
            "name": r.name,
            "title": r.title,
            "joints": len(r.joint_names),
            "mass_kg": r.mass_kg,
            "start_gait": r.start_gait,
            "driver": r.wiring.driver if r.wiring else None,
            "inactive": ", ".join(inactive_parameters(r)) or None,
        }
        for r in robots
    ]


def _scenarios(robot: str | None) -> list[dict[str, Any]]:
    scenarios = [load_scenario(name) for name in scenario_names()]
    return [{"name": s.name, "length_m": s.field.length_m, "title": s.title} for s in scenarios]


def _optimizers(robot: str | None) -> list[dict[str, Any]]:
    return [{"name": name, "summary": entry.summary} for name, entry in optimizers.OPTIMIZERS.items()]


def _gaits(robot: str | None) -> list[dict[str, Any]]:
    rows = []
    for owner in [robot] if robot else robot_names():
        spec = load_robot(owner)
        for name in gait_names(spec):
            source = load_gait(name, spec).origin.get("source", "")
            rows.append({"robot": owner, "name": name, "source": source})
    return rows


def _algorithms(robot: str | None) -> list[dict[str, Any]]:
    return [
        {"name": name, "in_place_of_q": algorithms.IN_PLACE_OF_Q.get(name), "summary": entry.summary}
        for name, entry in algorithms.ALGORITHMS.items()
    ]


def _problems(robot: str | None) -> list[dict[str, Any]]:
    from gaitopt.rl.mdps.catalog import PROBLEMS  # it computes

    return [
        {
            "name": name,
            "best": problem.best,
            "best_deterministic": problem.best_deterministic,
            "steps": problem.steps,
            "summary": problem.summary,
        }
        for name, problem in PROBLEMS.items()
    ]


LISTS = {
    "robots": _robots,
    "scenarios": _scenarios,
    "optimizers": _optimizers,
    "gaits": _gaits,
    "algorithms": _algorithms,
    "problems": _problems,
}
