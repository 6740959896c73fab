"""Settings of experiments made by older versions of gaitopt: these can be listed, evaluated and filmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gaitopt.rl.algorithms.catalog import nullable


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
    return {key: value for key, value in new.items() if value is not None}
