"""Export of a policy as an ONNX model, which runs without gaitopt; its metadata explain its numbers.

ONNX is described at https://onnx.ai/onnx/intro/concepts.html; the operators, of set 13, at
https://onnx.ai/onnx/operators/. The model takes `observation`, float32 (n, d), in the units of its metadata:
normalization is inside. A Gaussian policy gives `action`, float32 (n, k), its mean cut off at -1 and 1; a softmax
policy gives `logits`, float32 (n, actions), and `action`, int64 (n,), the most probable one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import KEYS
from gaitopt.gait.parameters import UNITS
from gaitopt.rl.normalizer import LIMIT
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.gaussian import GaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.settings.versions import current_versions
from gaitopt.run.walkers.trained_policy import TrainedPolicy
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.toml import write_atomic
from gaitopt.walk.policy_controller import PolicyWalk
from gaitopt.walk.traversal import commands_per_reading

OPERATORS = 13
"""Version of the operator set: old enough for every runtime in use."""
FORMAT = 8
"""Version of the file format; the operator set needs 7."""
MEANING = """\
Once a control period, give the observation and take the action; each of its numbers is a part of a reach, -1 to 1.
A number of kind 'parameter' asks for a value of a gait's parameter: 'low' at -1, the gait's own at 0, 'high' at 1,
and straight lines between; the offset goes there by at most control_period_s / change_s at a time. A number of kind
'joint' adds to a joint's target: 'low' at -1, 0 at 0, 'high' at 1. Where the kind is 'choice', the action is the number
of one of them, the first is 0; turns are parts of heading_hold's limit. Lists and tables are written as JSON."""


def export_onnx(path: Path, trained: TrainedPolicy, robot: RobotSpec, scenario: ScenarioSpec) -> dict[str, Any]:
    """Write a policy as an ONNX file, whole or not at all, and return its metadata.

    Args:
        path: the file.
        trained: the policy.
        robot: the robot of the policy.
        scenario: how the heading is held.

    Raises:
        InputError: the package onnx is missing, the policy does not fit the robot, or the file cannot be written.
    """
    metadata = describe(trained, robot, scenario)
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
    write_atomic(path, policy_model(trained.policy, texts).SerializeToString())
    return metadata


def describe(trained: TrainedPolicy, robot: RobotSpec, scenario: ScenarioSpec) -> dict[str, Any]:
    """Return the metadata that a program needs to walk with a policy, fit for JSON; SI units.

    Raises:
        InputError: the policy was trained for another robot, or by another version with other observations.
    """
    walk, about = trained.walk(robot, scenario), trained.about
    names, units = walk.perception.names, walk.perception.units
    return {
        "schema_version": 1,
        "robot": robot.name,
        "joint_names": list(robot.joint_names),
        "observation": [{"name": name, "unit": unit} for name, unit in zip(names, units, strict=True)],
        "action": _choices(walk) if about.interface.actions == "discrete" else _reaches(walk),
        "gait": {KEYS[name]: value for name, value in about.gait.items()},
        "gait_reach": {KEYS[name]: [float(end) for end in ends] for name, ends in walk.gait.parameter_ends.items()},
        "command_period_s": walk.period,
        "control_period_s": commands_per_reading(walk.period) * walk.period,
        "interface": about.interface.model_dump(mode="json"),
        "heading_hold": scenario.heading_hold.model_dump(mode="json"),
        "scenario": about.scenario,
        "policy": trained.policy.kind,
        "algorithm": str(about.origin.get("algorithm", "unknown")),
        "origin": about.origin,
        "versions": current_versions() | {"onnx": _onnx().__version__},
    }


def policy_model(policy: Policy, metadata: Mapping[str, str]) -> Any:
    """Return a policy as an `onnx.ModelProto`.

    Args:
        policy: Gaussian or softmax.
        metadata: texts by name.

    Raises:
        InputError: the package onnx is missing, or this kind of policy cannot be written.
    """
    onnx, chain = _onnx(), _Chain("observation")
    if policy.normalizer is not None:
        chain.add("Sub", {"mean": policy.normalizer.mean})
        chain.add("Div", {"deviation": policy.normalizer.deviation})
        chain.add("Clip", {"least_deviation": -LIMIT, "most_deviation": LIMIT})
    outputs = _action_of(policy, chain)
    real, shape = onnx.TensorProto.FLOAT, ["n", policy.observation_size]
    graph = onnx.helper.make_graph(
        chain.nodes,
        policy.kind,
        [onnx.helper.make_tensor_value_info("observation", real, shape)],
        outputs,
        chain.constants,
    )
    model = onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", OPERATORS)],
        ir_version=FORMAT,
        producer_name="gaitopt",
        producer_version=current_versions()["gaitopt"],
        doc_string=MEANING,
    )
    onnx.helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    return model


class _Chain:
    """Chain of nodes: the input of each is the output of the one before."""

    def __init__(self, start: str) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._last = start

    def add(
        self, operator: str, constants: Mapping[str, float | Array] | None = None, output: str = "", **attributes: int
    ) -> None:
        """Add a node; `constants` are its further inputs by name."""
        onnx, constants = _onnx(), constants or {}
        for name, value in constants.items():
            self.constants.append(onnx.numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(onnx.helper.make_node(operator, [self._last, *constants], [output], **attributes))
        self._last = output


def _action_of(policy: Policy, chain: _Chain) -> list[Any]:
    """Add the nodes from a normalized observation to the action, and return the outputs."""
    kind, info = _onnx().TensorProto, _onnx().helper.make_tensor_value_info
    if isinstance(policy, GaussianPolicy):
        for number, (weights, bias) in enumerate(policy.layers, start=1):
            if number > 1:
                chain.add("Tanh")
            chain.add("MatMul", {f"weights_{number}": weights})
            chain.add("Add", {f"bias_{number}": bias})
        chain.add("Clip", {"least_action": -1.0, "most_action": 1.0}, "action")
        return [info("action", kind.FLOAT, ["n", policy.actions])]
    if isinstance(policy, SoftmaxPolicy):
        chain.add("MatMul", {"weights": policy.weights}, "logits")
        chain.add("ArgMax", output="action", axis=1, keepdims=0)
        logits = info("logits", kind.FLOAT, ["n", policy.features.actions])
        return [logits, info("action", kind.INT64, ["n"])]
    raise InputError(f"policy {policy.kind}: cannot be written as ONNX; Gaussian and softmax policies can")


def _choices(walk: PolicyWalk) -> list[dict[str, Any]]:
    """Return the description of each discrete action."""
    return [{"name": name, "kind": "choice"} for name in walk.gait.action_names]


def _reaches(walk: PolicyWalk) -> list[dict[str, Any]]:
    """Return the description of each number of an action: the parameter or joint it changes, and its ends."""
    return [
        {
            "name": name,
            "kind": "parameter" if name in UNITS else "joint",
            "unit": (UNITS[name] or "1") if name in UNITS else "rad",
            "low": float(low),
            "high": float(high),
        }
        for name, (low, high) in zip(walk.gait.action_names, walk.gait.action_ends, strict=True)
    ]


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise InputError("--format onnx needs the package onnx: pip install 'gaitopt[onnx]'") from error
    return onnx
