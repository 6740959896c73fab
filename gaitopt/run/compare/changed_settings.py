"""Settings of a comparison that differ from the defaults; they are printed with its table."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_jsonable_python

from gaitopt.hal.engine import engine_of
from gaitopt.robot.spec import load_robot, robot_names
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.settings.differences import differences
from gaitopt.scenario.spec import load_scenario, scenario_names


def changes(settings: CompareSettings) -> dict[str, Any]:
    """Return the settings of a comparison that differ from the defaults, by their names in `--set`.

    Robots and scenarios that do not come with the package count as defaults.
    """
    robot, scenario = settings.robot, settings.scenario
    usual = CompareSettings(
        robot=load_robot(robot.name) if robot.name in robot_names() else robot,
        scenario=load_scenario(scenario.name) if scenario.name in scenario_names() else scenario,
        engine=engine_of(robot),
        **{"algorithms" if settings.algorithms else "optimizers": settings.methods},
    )
    mine, other = (to_jsonable_python(_by_name(each)) for each in (settings, usual))
    return {key: value for key, value, _ in differences(mine, other)}


def _by_name(settings: CompareSettings) -> dict[str, Any]:
    shared = {"robot": settings.robot, "scenario": settings.scenario, "engine": settings.engine, **settings.options}
    if settings.algorithms:  # their gait is in the title
        return shared | {"interface": settings.interface, "policy": settings.policy_options}
    return shared | {"gait": settings.gait.name}
