"""A window that shows a robot, in a process of its own: drawing must not slow the physics down."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing.connection import Connection
from typing import Any

from gaitopt.errors import GaitoptError
from gaitopt.hal.body import BodyState
from gaitopt.hal.catalog import make_body
from gaitopt.hal.sim.simulated_body import SimulatedBody
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, ScenarioSpec

PERIOD = 0.033
"""Shortest time between two pictures [s]."""
START_TIME = 60.0
"""Longest time until the window is open [s]."""


class RobotWindow:
    """Shows the states of a robot, as fast as it can draw."""

    def __init__(self, robot: RobotSpec, scenario: ScenarioSpec, conditions: Conditions) -> None:
        """Open the window.

        Raises:
            GaitoptError: there is no display.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_draw, args=(other, robot, scenario, conditions), daemon=True)
        self._process.start()
        other.close()
        self._free, self._due = True, 0.0
        try:
            answer = self._pipe.recv() if self._pipe.poll(START_TIME) else "it did not open"
        except EOFError:
            answer = "its process died"
        if answer is not None:
            self.close()
            raise GaitoptError(f"window: {answer}")

    def show(self, state: BodyState, now: float) -> None:
        """Show a state, unless the last one is still being drawn or was shown a moment ago."""
        if now < self._due:
            return
        try:
            while self._pipe.poll():
                self._pipe.recv()
                self._free = True
            if self._free:
                self._pipe.send(state)
                self._free, self._due = False, now + PERIOD
        except (EOFError, OSError):  # the user closed the window: the robot continues
            self._due = float("inf")

    def close(self) -> None:
        """Close the window; harmless when repeated."""
        self._pipe.close()
        self._process.join(timeout=5)
        self._process.kill()


def _draw(pipe: Connection, robot: RobotSpec, scenario: ScenarioSpec, conditions: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes the window
    body = make_body(robot, window=True)
    assert isinstance(body, SimulatedBody)
    try:
        body.configure()
        body.prepare(scenario, conditions)
    except GaitoptError as error:
        pipe.send(str(error))
        return
    pipe.send(None)
    try:
        while True:
            body.show(pipe.recv())
            pipe.send(None)
    except (EOFError, OSError, GaitoptError):
        body.close()
