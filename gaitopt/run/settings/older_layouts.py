"""Settings of experiments made by older versions of gaitopt: these can be listed, evaluated and filmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from gaitopt.errors import InputError
from gaitopt.hal.engine import engine_of
from gaitopt.rl.algorithms.catalog import nullable
from gaitopt.robot.spec import load_robot, robot_names


def from_layout_1(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the settings of a run or a training of layout 1 (gaitopt 0.1.0 before it had `--config`).

    Its specs of robot, scenario and engine, which were beside the settings, become the provenance.
    """
    new = dict(tables)
    new.pop("schema_version")
    trained = "algorithm" in new
    gait, name = (new.pop("gait"), new.pop("gait_name")) if trained else (new.pop("start"), new.pop("start_name"))
    new["gait"] = {"name": name, "parameters": gait}
    if "desk" in new:
        new["real"] = new.pop("desk")
    if trained:
        stopping = new.pop("stopping")
        new |= {key: stopping[key] for key in ("steps", "iterations", "return_goal") if key in stopping}
        new["options"] = dict.fromkeys(nullable(new["algorithm"]), "none") | new["options"]
    new["provenance"] = {
        "layout": 1,
        "kind": "train" if trained else "learn",
        "versions": new.pop("versions"),
        "pace_mps": new.pop("pace_mps", None),
        "gait": gait,
        "engine": new["engine"],
        "scenario": new["scenario"],
        "robot": new["robot"],
    }
    new["provenance"] = with_servos_of_today(new["provenance"])
    new |= {key: new["provenance"][key] for key in ("robot", "engine")}
    return {key: value for key, value in new.items() if value is not None}


def with_servos_of_today(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the robot and the engine in the provenance of layout 1 or 2, whose servos had no torque-speed line.

    They get the servos, and the usual settings of the engine, that gaitopt's robot of this name has today.

    Raises:
        InputError: gaitopt has no robot of this name.
    """
    robot = provenance.get("robot")
    if not _has_older_servos(robot):
        return dict(provenance)
    name = robot["name"]
    if name not in robot_names():
        raise InputError(
            f"robot {name!r}: its servos are described as by an older version of gaitopt, without no_load_speed_radps; "
            "evaluate its gait with a robot.toml of today"
        )
    today = load_robot(str(name))
    servos = today.model_dump(mode="json", include={"joints", "servo", "physics"})
    return dict(provenance) | {"robot": {**robot, **servos}, "engine": engine_of(today).model_dump(mode="json")}


def _has_older_servos(robot: Any) -> TypeGuard[Mapping[str, Any]]:
    servo = robot.get("servo") if isinstance(robot, Mapping) else None
    return isinstance(servo, Mapping) and {"speed_margin", "time_constant_s"} <= servo.keys() and "name" in robot
