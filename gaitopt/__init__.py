"""gaitopt: teach a four-legged robot to walk faster.

The names in `__all__` are the public interface; README shows ten lines that use them. Each is imported when it is
first used, so that a command or a worker process loads only what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:  # for type checkers and editors, what _HOMES says when the program runs
    from gaitopt.emulators.background import emulated as emulated
    from gaitopt.errors import GaitoptError as GaitoptError
    from gaitopt.gait.cycle import cycle as cycle
    from gaitopt.gait.gait_file import Gait as Gait
    from gaitopt.gait.gait_file import load_gait as load_gait
    from gaitopt.gait.gait_file import save_gait as save_gait
    from gaitopt.gait.parameters import GaitParameters as GaitParameters
    from gaitopt.gait.space import GaitSpace as GaitSpace
    from gaitopt.hal.catalog import make_body as make_body
    from gaitopt.hal.engine import EngineSpec as EngineSpec
    from gaitopt.robot.spec import load_robot as load_robot
    from gaitopt.run.compare.settings import CompareSettings as CompareSettings
    from gaitopt.run.data_frames import load_run as load_run
    from gaitopt.run.evaluate import evaluate as evaluate
    from gaitopt.run.evaluate import evaluate_many as evaluate_many
    from gaitopt.run.evaluate import traverse as traverse
    from gaitopt.run.learn.settings import LearnSettings as LearnSettings
    from gaitopt.run.real.deployment import plan_deployment as plan_deployment
    from gaitopt.run.real.robot import RealRobot as RealRobot
    from gaitopt.run.real.robot import UnattendedOperator as UnattendedOperator
    from gaitopt.run.train.settings import TrainSettings as TrainSettings
    from gaitopt.run.walkers.trained_policy import TrainedPolicy as TrainedPolicy
    from gaitopt.run.walkers.trained_policy import read_trained as read_trained
    from gaitopt.scenario.spec import load_scenario as load_scenario
    from gaitopt.view.compare.compare import compare as compare
    from gaitopt.view.learn.learn import learn as learn
    from gaitopt.view.resume import resume as resume
    from gaitopt.view.train.train import train as train
    from gaitopt.view.video import record_video as record_video
    from gaitopt.walk.controller import GaitController as GaitController
    from gaitopt.walk.deploy import deploy as deploy

_HOMES = {
    "emulated": "emulators.background",
    "GaitoptError": "errors",
    "cycle": "gait.cycle",
    "Gait": "gait.gait_file",
    "load_gait": "gait.gait_file",
    "save_gait": "gait.gait_file",
    "GaitParameters": "gait.parameters",
    "GaitSpace": "gait.space",
    "make_body": "hal.catalog",
    "EngineSpec": "hal.engine",
    "load_robot": "robot.spec",
    "compare": "view.compare.compare",
    "learn": "view.learn.learn",
    "resume": "view.resume",
    "plan_deployment": "run.real.deployment",
    "RealRobot": "run.real.robot",
    "UnattendedOperator": "run.real.robot",
    "CompareSettings": "run.compare.settings",
    "LearnSettings": "run.learn.settings",
    "load_run": "run.data_frames",
    "evaluate": "run.evaluate",
    "evaluate_many": "run.evaluate",
    "TrainSettings": "run.train.settings",
    "train": "view.train.train",
    "TrainedPolicy": "run.walkers.trained_policy",
    "read_trained": "run.walkers.trained_policy",
    "load_scenario": "scenario.spec",
    "record_video": "view.video",
    "GaitController": "walk.controller",
    "deploy": "walk.deploy",
    "traverse": "run.evaluate",
}
"""The module of each public name."""

__all__ = sorted(_HOMES)


if not TYPE_CHECKING:  # or type checkers would believe in any name

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'gaitopt' has no attribute {name!r}")
        return getattr(import_module(f"gaitopt.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
