"""Controllers of a user's own: good ones and bad ones."""

import numpy as np

from gaitopt.gait.gait_file import load_gait
from gaitopt.walk.controller import GaitController


class Sway:
    """Swings all joints about the first pose of a gait; it counts its commands, so its walks differ if it is reused."""

    def __init__(self, robot, scenario):
        self.start_pose = GaitController(load_gait("hand-tuned", robot).parameters, robot, scenario).start_pose
        self._done = 0

    def drive(self, body, first, count, state):
        numbers = self._done + np.arange(count)
        self._done += count
        swing = 0.2 * np.sin(0.3 * numbers)[:, None]
        body.play(self.start_pose + swing, body.command_period)


class Plain:
    """Plays a gait by a factory of the package's own controller."""

    needs = ("tilt",)

    def __new__(cls, robot, scenario):
        return GaitController(load_gait("hand-tuned", robot).parameters, robot, scenario)


class Raises(Sway):
    def drive(self, body, first, count, state):
        raise ZeroDivisionError("of its\nown")


class RaisesAtOnce:
    def __init__(self, robot, scenario):
        raise KeyError("weights")


class WrongPose(Sway):
    def __init__(self, robot, scenario):
        super().__init__(robot, scenario)
        self.start_pose = self.start_pose[:3]


class NotANumber(Sway):
    def __init__(self, robot, scenario):
        super().__init__(robot, scenario)
        self.start_pose = self.start_pose * np.nan


class WrongAngles(Sway):
    def drive(self, body, first, count, state):
        body.play(np.zeros((count, 3)), body.command_period)


class Sleeps(Sway):
    def drive(self, body, first, count, state):
        pass


class Hurries(Sway):
    def drive(self, body, first, count, state):
        body.play(np.tile(self.start_pose, (2 * count, 1)), body.command_period)


class NoDrive:
    def __init__(self, robot, scenario):
        self.start_pose = np.zeros(12)


class NoPose:
    def __init__(self, robot, scenario):
        pass

    def drive(self, body, first, count, state):
        pass


def returns_nothing(robot, scenario):
    return None


BAD = [
    (Raises, "controller Raises: drive raised ZeroDivisionError: of its own"),
    (RaisesAtOnce, r"controller RaisesAtOnce: RaisesAtOnce\(robot, scenario\) raised KeyError: 'weights'"),
    (WrongPose, r"controller WrongPose: start_pose: got shape \(3,\); expected \(12,\), an angle for each joint"),
    (NotANumber, "controller NotANumber: start_pose: got an angle that is not a finite number"),
    (WrongAngles, r"got angles of shape \(\d+, 3\); expected \(12,\)"),
    (Sleeps, "controller Sleeps: drive: the body is at 0.000 s; expected 0.032 s: drive must play one command every"),
    (Hurries, "controller Hurries: drive: the body is at 0.064 s; expected 0.032 s"),
    (NoDrive, r"controller NoDrive: got NoDrive without drive\(body, first, count, state\)"),
    (NoPose, "controller NoPose: start_pose: AttributeError"),
    (returns_nothing, r"controller returns_nothing: got NoneType without drive"),
]
