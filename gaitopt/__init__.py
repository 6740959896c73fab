"""gaitopt: teach a four-legged robot to walk faster.

The names below are what a script needs; see README for ten lines that use them.
"""

__version__ = "0.1.0"

from gaitopt.errors import GaitoptError
from gaitopt.gait.cycle import cycle
from gaitopt.gait.gait_file import Gait, load_gait, save_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn import learn, resume
from gaitopt.run.rollout import evaluate
from gaitopt.scenario.spec import load_scenario
from gaitopt.view.video import record_video
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse

__all__ = [
    "EngineSpec",
    "Gait",
    "GaitController",
    "GaitParameters",
    "GaitoptError",
    "cycle",
    "evaluate",
    "learn",
    "load_gait",
    "load_robot",
    "load_scenario",
    "make_body",
    "record_video",
    "resume",
    "save_gait",
    "traverse",
]
