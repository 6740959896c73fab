"""A walk of some seconds on a robot: ease in, walk, ease out, go limp; and the timing of its commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.hal.body import Body, BodyState
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.real.timing import Timing
from gaitopt.walk.controller import Controller, GaitController
from gaitopt.walk.policy_controller import PolicyController

STAND_S = 1.5
"""Time to ease into the first pose [s]."""
EASE_S = 0.6
"""Time over which the stroke grows from zero, and shrinks at the end [s]."""

Recorder = Callable[[BodyState, Array], None]
"""Called at every command with the state measured before it and the angles sent, (joints,) [rad]."""


@dataclass(frozen=True)
class Deployment:
    """The result of a deployment."""

    seconds: float
    """Duration of the walk [s]."""
    timing: Timing
    """Timing of the commands."""
    held_back: float
    """Largest difference between a sent and a wanted angle [rad]; nan if the robot plays a skill."""


def deploy(body: RealBody, controller: Controller, seconds: float, record: Recorder | None = None) -> Deployment:
    """Walk for some seconds.

    Args:
        body: configured and inactive; left so.
        controller: makes the body walk.
        seconds: from the first step to the last [s].
        record: called at every command.

    Raises:
        InputError: the controller was made for a shorter walk.
        BodyError: the robot lacks a sensor that the policy needs, and was not moved; or it failed and is limp.
    """
    if isinstance(controller, GaitController) and seconds > controller.duration:
        raise InputError(
            f"deploy: got {seconds:g} s; the controller was made for {controller.duration:g} s: "
            "make it with a longer duration"
        )
    if isinstance(controller, PolicyController):
        controller.check(body)
    record = record or (lambda state, sent: None)
    body.activate(controller.start_pose, STAND_S)
    try:
        if isinstance(controller, (GaitController, PolicyController)):
            held_back = _stream(body, controller, seconds, record)
        else:
            held_back = _play(body, controller, seconds, record)
        timing = body.timing.copy()  # before sitting down adds to it
        body.sit()
        return Deployment(seconds, timing, held_back)
    finally:
        body.deactivate()


def _stream(body: RealBody, controller: GaitController | PolicyController, seconds: float, record: Recorder) -> float:
    period, held_back = body.command_period, 0.0
    for i in range(round(seconds / period)):
        state = body.read()
        stand, target = controller.start_pose, controller.angles(i, 1, state)[0]
        part = min(1.0, i * period / EASE_S, (seconds - i * period) / EASE_S)
        wanted = stand + part * (target - stand)
        if isinstance(controller, PolicyController):
            controller.note_targets(wanted)
        sent = body.play(wanted[None], period)[0]
        held_back = max(held_back, float(np.abs(sent - wanted).max()))
        record(state, sent)
    return held_back


def _play(body: Body, controller: Controller, seconds: float, record: Recorder) -> float:
    period = body.command_period
    for i in range(round(seconds / period)):
        state = body.read()
        controller.drive(body, i, 1, state)
        record(state, np.full(len(controller.start_pose), np.nan))
    return float("nan")
