"""A user's own controller as a walker: it is checked, and made again for every traversal.

It is a class or a function that is called as `choice(robot, scenario)` and returns a controller, or a controller that
can walk as it is. A controller has `start_pose` and `drive`; see `gaitopt.walk.controller.Controller`.
"""

from __future__ import annotations

import copy
import hashlib
import pickle
from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import GaitoptError, InputError
from gaitopt.hal.body import Body, BodyState
from gaitopt.registry import Registry
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.walkers.walker import USUAL, Pacing, WalkerKey
from gaitopt.scenario.spec import ScenarioSpec

CONTROLLERS: Registry[Any] = Registry("controller", "gaitopt.controllers", {})


class OwnWalker:
    """A user's own controller."""

    gait = None

    def __init__(self, choice: Any) -> None:
        """Take a class, a function, a controller, or the place `module:Class` of one.

        Raises:
            InputError: it is none of these, or the place cannot be imported.
        """
        self._choice = CONTROLLERS.load(choice) if isinstance(choice, str) else choice
        if not (callable(self._choice) or _is_ready(self._choice)):
            raise InputError(
                f"walker: got {choice!r:.80}; expected a gait, a policy, a controller of your own, or the name or path "
                "of one"
            )
        self.name = str(getattr(self._choice, "__qualname__", type(self._choice).__qualname__))

    @property
    def key(self) -> WalkerKey:
        """Digest of the pickled choice; unique to this object if it cannot be pickled."""
        try:
            content = pickle.dumps(self._choice)
        except Exception:  # a user's class may raise anything
            content = f"{id(self)}".encode()
        return WalkerKey(digest=hashlib.sha256(content).hexdigest()[:16])

    @property
    def needs(self) -> tuple[str, ...]:
        """Attribute `needs` of the choice, if it has one."""
        return tuple(getattr(self._choice, "needs", ()))

    def controller(self, robot: RobotSpec, scenario: ScenarioSpec, pacing: Pacing = USUAL) -> OwnController:
        """Return the controller; see `Walker`. It reads the period from the body.

        Raises:
            InputError: it cannot be made or slowed down, or lacks `start_pose` or `drive`.
        """
        if pacing.slower != 1.0:
            raise InputError(f"controller {self.name}: a controller of your own cannot be slowed down")
        return OwnController(self, robot, scenario)

    def make(self, robot: RobotSpec, scenario: ScenarioSpec) -> Any:
        """Return a new controller made by the user's code.

        Raises:
            InputError: making it raised an error.
        """
        ready = _is_ready(self._choice)
        try:
            return copy.deepcopy(self._choice) if ready else self._choice(robot, scenario)
        except GaitoptError:
            raise
        except Exception as error:  # a user's code may raise anything
            what = "copying it" if ready else f"{self.name}(robot, scenario)"
            raise InputError(f"controller {self.name}: {what} raised {_as_text(error)}") from error

    def __reduce__(self) -> tuple[object, ...]:
        try:
            return _unpickled, (self.name, pickle.dumps(self._choice))
        except Exception as error:  # see `key`
            raise InputError(
                f"controller {self.name}: cannot be sent to worker processes: {_as_text(error)}; use workers=1, or "
                "define it at the top level of a module"
            ) from error


class OwnController:
    """A user's controller on its walks: made again for every traversal; its poses and its timing are checked."""

    def __init__(self, walker: OwnWalker, robot: RobotSpec, scenario: ScenarioSpec) -> None:
        self._walker, self._robot, self._scenario = walker, robot, scenario
        self._due: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._own = own = self._walker.make(self._robot, self._scenario)
        self._used = False
        if not callable(getattr(own, "drive", None)):
            raise self._problem(f"got {type(own).__qualname__} without drive(body, first, count, state)")
        joints = len(self._robot.joint_names)
        try:
            pose = np.asarray(own.start_pose, dtype=np.float64)
            self.unreachable = float(getattr(own, "unreachable", 0.0))
            self.saturated = float(getattr(own, "saturated", 0.0))
        except Exception as error:  # see `OwnWalker.make`
            raise self._problem(f"start_pose: {_as_text(error)}") from error
        if pose.shape != (joints,):
            raise self._problem(f"start_pose: got shape {pose.shape}; expected ({joints},), an angle for each joint")
        if not np.isfinite(pose).all():
            raise self._problem("start_pose: got an angle that is not a finite number")
        self.start_pose: Array = pose

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Continue the walk for `count` commands, starting with number `first`.

        Raises:
            InputError: the user's code raised an error, or took another time.
        """
        if first == 0:
            if self._used:
                self._begin()
            self._used, self._due = True, None
        period = body.command_period
        if self._due is not None and body.capabilities.simulated and abs(state.time - self._due) > period / 2:
            raise self._problem(
                f"drive: the body is at {state.time:.3f} s; expected {self._due:.3f} s: drive must play one command "
                "every period, `count` of them: body.play(angles, body.command_period), angles (count, joints)"
            )
        self._due = state.time + count * period
        try:
            self._own.drive(body, first, count, state)
        except GaitoptError:
            raise
        except Exception as error:  # see `OwnWalker.make`
            raise self._problem(f"drive raised {_as_text(error)}") from error

    def _problem(self, text: str) -> InputError:
        return InputError(f"controller {self._walker.name}: {text}")


def _is_ready(choice: Any) -> bool:
    return not isinstance(choice, type) and hasattr(choice, "drive") and hasattr(choice, "start_pose")


def _as_text(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _unpickled(name: str, content: bytes) -> OwnWalker:
    try:
        return OwnWalker(pickle.loads(content))
    except Exception as error:  # see `OwnWalker.make`
        raise InputError(
            f"controller {name}: cannot be made in a worker process: {_as_text(error)}; use workers=1, or define it "
            "in a module that the worker can import"
        ) from error
