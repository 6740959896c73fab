"""gaitopt: teach a four-legged robot to walk faster.

The names in `__all__` are what a script needs; see README for ten lines that use them. Each is imported when it is
first used, so that a worker process loads only what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gaitopt.run.gym_ids import register_when_imported

__version__ = "0.1.0"

register_when_imported()

if TYPE_CHECKING:
    from gaitopt.emulators.background import emulated
    from gaitopt.errors import GaitoptError
    from gaitopt.gait.cycle import cycle
    from gaitopt.gait.gait_file import Gait, load_gait, save_gait
    from gaitopt.gait.parameters import GaitParameters
    from gaitopt.hal.catalog import make_body
    from gaitopt.hal.engine import EngineSpec
    from gaitopt.robot.spec import load_robot
    from gaitopt.run.compare.compare import compare
    from gaitopt.run.evaluate import evaluate, evaluate_many, traverse
    from gaitopt.run.learn.learn import learn, resume
    from gaitopt.run.real.deployment import plan_deployment
    from gaitopt.run.real.robot import RealRobot, UnattendedOperator
    from gaitopt.run.train.train import train
    from gaitopt.run.trained_policy import TrainedPolicy, read_trained
    from gaitopt.scenario.spec import load_scenario
    from gaitopt.view.video import record_video
    from gaitopt.walk.controller import GaitController
    from gaitopt.walk.deploy import deploy

_HOMES = {
    "EngineSpec": "hal.engine",
    "Gait": "gait.gait_file",
    "GaitController": "walk.controller",
    "GaitParameters": "gait.parameters",
    "GaitoptError": "errors",
    "RealRobot": "run.real.robot",
    "TrainedPolicy": "run.trained_policy",
    "UnattendedOperator": "run.real.robot",
    "compare": "run.compare.compare",
    "cycle": "gait.cycle",
    "deploy": "walk.deploy",
    "emulated": "emulators.background",
    "evaluate": "run.evaluate",
    "evaluate_many": "run.evaluate",
    "learn": "run.learn.learn",
    "load_gait": "gait.gait_file",
    "load_robot": "robot.spec",
    "load_scenario": "scenario.spec",
    "make_body": "hal.catalog",
    "plan_deployment": "run.real.deployment",
    "read_trained": "run.trained_policy",
    "record_video": "view.video",
    "resume": "run.learn.learn",
    "save_gait": "gait.gait_file",
    "train": "run.train.train",
    "traverse": "run.evaluate",
}

__all__ = [
    "EngineSpec",
    "Gait",
    "GaitController",
    "GaitParameters",
    "GaitoptError",
    "RealRobot",
    "TrainedPolicy",
    "UnattendedOperator",
    "compare",
    "cycle",
    "deploy",
    "emulated",
    "evaluate",
    "evaluate_many",
    "learn",
    "load_gait",
    "load_robot",
    "load_scenario",
    "make_body",
    "plan_deployment",
    "read_trained",
    "record_video",
    "resume",
    "save_gait",
    "train",
    "traverse",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gaitopt' has no attribute {name!r}")
    return getattr(import_module(f"gaitopt.{_HOMES[name]}"), name)
