"""`gaitopt servo-bench`: compare a joint's servo in each physics engine with its specification."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer, table
from gaitopt.errors import BodyError, InputError, unknown_name
from gaitopt.hal.sim.bench.servo_bench import STANDS, Bench, run_bench
from gaitopt.hal.sim.bench.specification import JointModel, joint_model
from gaitopt.robot.spec import JOINTS, RobotSpec, load_robot
from gaitopt.run.settings.base import DEFAULT_ROBOT
from gaitopt.view.servo_bench import servo_picture

LEG = "front_left"
SPEEDS = (0.0, 0.25, 0.5, 0.75, -0.2)
"""Speeds of the table's torques, over the no-load speed; below 0, the motor is turned backward."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--robot", default=DEFAULT_ROBOT, help="robot (default: %(default)s)")
    parser.add_argument(
        "--joint", choices=JOINTS, default="knee", help="joint of the front left leg (default: %(default)s)"
    )
    parser.add_argument("--engine", metavar="|".join(STANDS), help="only this engine (default: each that is installed)")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw steps, a sine and the torque-speed line")
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Run the bench."""
    robot = load_robot(args.robot)
    joint = f"{LEG}_{args.joint}"
    if joint not in robot.joint_names:
        names = ", ".join(name for name in JOINTS if f"{LEG}_{name}" in robot.joint_names)
        raise InputError(f"--joint {args.joint}: {robot.name} has none; expected one of {names}")
    if args.picture is not None:
        _check_picture(args.picture)
    if args.engine is not None and args.engine not in STANDS:
        raise unknown_name("engine", args.engine, STANDS)
    benches, missing = _benches(robot, joint, [args.engine] if args.engine else list(STANDS), bool(args.engine))
    model = joint_model(robot, joint)
    rows = _rows(benches, model)
    if args.picture is not None:
        servo_picture(args.picture, f"{robot.title}, {joint}", benches)
    picture = str(args.picture) if args.picture is not None else None
    data = {"robot": robot.name, "joint": joint, "inertia_kgm2": model.inertia, "rows": rows, "picture": picture}
    data["engines"] = {bench.engine: _data(bench) for bench in benches}
    lines = [f"{robot.name}, {joint}, on a stand; inertia {model.inertia:.3g} kg m^2, rotor included", ""]
    lines += [table(rows), *([f"\npicture   {picture}"] if picture else []), *missing]
    return Answer(data, "\n".join(lines))


def _check_picture(path: Path) -> None:
    if path.suffix.lower() != ".png":
        raise InputError(f"--picture {path}: got {path.suffix or 'no ending'!r}; expected FILE.png")
    if not path.parent.is_dir():
        raise InputError(f"--picture {path}: there is no folder {path.parent}; make it first")


def _benches(robot: RobotSpec, joint: str, engines: Sequence[str], needed: bool) -> tuple[list[Bench], list[str]]:
    """Return the benches, and a line for each engine that is not installed, unless it is needed."""
    benches, missing = [], []
    for engine in engines:
        try:
            benches.append(run_bench(robot, joint, engine))
        except BodyError as error:
            if needed or (engine == engines[-1] and not benches):
                raise
            missing.append(f"left out  {engine}: {error}")
    return benches, missing


def _rows(benches: Sequence[Bench], model: JointModel) -> list[dict[str, Any]]:
    """Return the table: a row for each measure, what is specified, and each engine with its error."""
    servo, rows = model.servo, []
    stall, no_load = float(servo.stall_torque[0]), float(servo.no_load_speed[0])
    for share in SPEEDS:
        got = {bench.engine: bench.torque_at(share * no_load) for bench in benches}
        rows.append(_row(f"torque at {share * no_load:.2f} rad/s [N m]", stall * (1 - share), got))
    rows.append(_row("response [ms]", 1e3 * benches[0].response[1], {b.engine: 1e3 * b.response[0] for b in benches}))
    for trial in benches[0].traces:
        row: dict[str, Any] = {"measure": f"{trial}: deviation [mrad]", "specified": 0.0}
        for bench in benches:
            row |= {bench.engine: 1e3 * bench.deviation(trial), f"{bench.engine} error": None}
        rows.append(row)
    return rows


def _row(measure: str, specified: float, got: dict[str, float]) -> dict[str, Any]:
    row: dict[str, Any] = {"measure": measure, "specified": specified}
    for engine, value in got.items():
        row |= {engine: value, f"{engine} error": f"{round(value / specified - 1, 3) + 0.0:+.1%}"}
    return row


def _data(bench: Bench) -> dict[str, Any]:
    """Return what an engine did, for JSON."""
    line = [dict(zip(("speed_radps", "torque_nm", "specified_nm"), row, strict=True)) for row in bench.line.tolist()]
    traces = {
        name: {kind: {key: value.tolist() for key, value in asdict(trace).items()} for kind, trace in pair}
        for name, pair in ((n, zip(("engine", "specified"), both, strict=True)) for n, both in bench.traces.items())
    }
    response = dict(zip(("engine", "specified"), bench.response, strict=True))
    deviations = {name: bench.deviation(name) for name in bench.traces}
    return {"line": line, "response_s": response, "deviation_rad": deviations, "traces": traces}
