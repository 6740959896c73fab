"""What the runs of a comparison have changed of the usual settings: a table without it would mislead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from gaitopt.hal.engine import engine_of
from gaitopt.optim import catalog as optimizers
from gaitopt.rl.algorithms import catalog as algorithms
from gaitopt.robot.spec import RobotSpec, load_robot, robot_names
from gaitopt.run.learn.settings import RunConfig, differences
from gaitopt.run.train.settings import SEEING_SPEED, PolicyOptions, TrainConfig, walking_options
from gaitopt.scenario.spec import ScenarioSpec, load_scenario, scenario_names


def changes(configs: Sequence[RunConfig | TrainConfig]) -> dict[str, Any]:
    """Return the settings of a comparison's runs that are not the usual ones, by the names that `--set` has for them.

    Robots and scenarios that do not come with the package are taken as they are.
    """
    found: dict[str, Any] = {}
    for config in configs:
        mine, usual = (to_jsonable_python(settings) for settings in (_settings(config), _usual(config)))
        found |= {key: value for key, value, _ in differences(mine, usual)}
    return found


def _settings(config: RunConfig | TrainConfig) -> dict[str, Any]:
    shared = {"robot": config.robot, "scenario": config.scenario, "engine": config.engine}
    if isinstance(config, RunConfig):
        return shared | {"start": config.start_name, config.optimizer: config.options}
    return shared | {
        "interface": config.interface,
        "policy": config.policy_options,
        config.algorithm: config.options,
    }


def _usual(config: RunConfig | TrainConfig) -> dict[str, Any]:
    """Return the same settings as they are if nobody says otherwise."""
    shared = {"robot": _robot(config.robot), "scenario": _scenario(config.scenario), "engine": engine_of(config.robot)}
    if isinstance(config, RunConfig):
        return shared | {
            "start": config.robot.start_gait,
            config.optimizer: optimizers.resolve_options(config.optimizer),
        }
    return shared | {
        "interface": SEEING_SPEED,
        "policy": PolicyOptions(),
        config.algorithm: algorithms.resolve_options(config.algorithm, walking_options(config.algorithm)),
    }


def _robot(robot: RobotSpec) -> RobotSpec:
    return load_robot(robot.name) if robot.name in robot_names() else robot


def _scenario(scenario: ScenarioSpec) -> ScenarioSpec:
    return load_scenario(scenario.name) if scenario.name in scenario_names() else scenario
