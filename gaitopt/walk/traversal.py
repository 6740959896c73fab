"""One walk across the field: the same code for every body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from gaitopt.errors import BodyError
from gaitopt.hal.body import Body, BodyState, GroundContacts
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.attitude import roll_pitch, uprightness
from gaitopt.walk.controller import Controller
from gaitopt.walk.stopwatch import Stopwatch

SETTLE_S = 0.3
"""The robot stands this long before its first step [s]."""
FALLEN_COSINE = 0.5
"""A trunk tilted by more than 60 degrees has fallen."""
CONTACT_EVERY = 5
"""Contacts are asked for at every fifth command: they cost most, and shares need no more."""

Observer = Callable[[Body, BodyState], None]
"""Called before every command of a walk, to watch it."""


class Status(str, Enum):
    """How a traversal ended."""

    FINISHED = "finished"
    FELL = "fell"
    TIMEOUT = "timeout"
    LEFT_FIELD = "left_field"


@dataclass(frozen=True)
class Traversal:
    """What is known of one walk. Shares are parts of the samples taken; nan where nothing was measured."""

    status: Status
    """How it ended."""
    time_s: float | None
    """From start line to finish line [s]; None unless finished."""
    distance_m: float
    """Way along the field past the start line at the end, at most its length [m]."""
    speed_mps: float
    """Length over time if finished, 0 after a fall, else distance over time limit [m/s]."""
    roll_spread: float
    """Standard deviation of the roll [rad]."""
    pitch_spread: float
    """Standard deviation of the pitch [rad]."""
    energy_j: float
    """Sum of |torque x speed| over joints and time [J]."""
    drift_m: float
    """Way sideways between the first and the last sample, left positive [m]."""
    flight: float
    """Share of time without any ground contact."""
    belly: float
    """Share of time with trunk, shoulder or head on the ground."""
    knees: float
    """Share of time with a knee, upper or lower leg on the ground."""
    unreachable: float
    """Share of the cycle's foot targets out of reach."""
    saturated: float
    """Share of the cycle's joint angles held back by the servos' speed."""
    commands: int
    """How many commands were sent."""


def traverse(
    body: Body, controller: Controller, scenario: ScenarioSpec, seed: int, observer: Observer | None = None
) -> Traversal:
    """Walk once across the field and return what happened.

    Args:
        body: configured and inactive; left so.
        controller: chooses the joint angles.
        scenario: the field and its noise.
        seed: decides the conditions of this traversal; the result depends on nothing else.
        observer: called before every command.

    Raises:
        BodyError: the body cannot tell where it is, or failed.
    """
    body.prepare(scenario, scenario.sample(np.random.default_rng(seed)))
    body.activate(controller.start_pose, SETTLE_S)
    try:
        return _walk(body, controller, scenario, observer)
    finally:
        body.deactivate()


def _walk(body: Body, controller: Controller, scenario: ScenarioSpec, observer: Observer | None) -> Traversal:
    period = body.robot.servo.command_period_s
    stopwatch = Stopwatch(scenario.field.length_m)
    states: list[BodyState] = []
    contacts: list[GroundContacts] = []
    for index in range(int(scenario.field.time_limit_s / period) + 1):
        state = body.read()
        states.append(state)
        if body.capabilities.contacts and index % CONTACT_EVERY == 0:
            contacts.append(body.ground_contacts())
        if observer is not None:
            observer(body, state)
        status = _ended(state, stopwatch, scenario)
        if status is not None:
            break
        body.command(controller.angles(index, state))
        body.advance(period)
    return _summary(status or Status.TIMEOUT, states, contacts, stopwatch, controller, scenario)


def _ended(state: BodyState, stopwatch: Stopwatch, scenario: ScenarioSpec) -> Status | None:
    if state.position is None or state.orientation is None:
        raise BodyError("traverse: this body cannot tell where it is; a stopwatch by position needs a simulated body")
    x, y, _ = state.position
    if not uprightness(state.orientation) > FALLEN_COSINE:  # so written, nan counts as a fall
        return Status.FELL
    if abs(y) > scenario.field.half_width_m:
        return Status.LEFT_FIELD
    return Status.FINISHED if stopwatch.update(state.time, x) else None


def _summary(
    status: Status,
    states: list[BodyState],
    contacts: list[GroundContacts],
    stopwatch: Stopwatch,
    controller: Controller,
    scenario: ScenarioSpec,
) -> Traversal:
    times, positions, orientations, _, speeds, torques = (np.array(column) for column in zip(*states, strict=True))
    roll, pitch = roll_pitch(orientations)
    period = np.diff(times, append=times[-1])
    distance = float(np.clip(np.nan_to_num(positions[-1, 0]), -scenario.field.run_up_m, scenario.field.length_m))
    paws, legs, trunk = np.array(contacts, dtype=float).reshape(-1, 3).mean(axis=0)
    nothing = np.mean([not any(sample) for sample in contacts])
    return Traversal(
        status=status,
        time_s=stopwatch.elapsed,
        distance_m=distance,
        speed_mps=_speed(status, stopwatch, distance, scenario),
        roll_spread=float(roll.std()),
        pitch_spread=float(pitch.std()),
        energy_j=float((np.abs(speeds * torques).sum(axis=1) * period).sum()),
        drift_m=float(positions[-1, 1] - positions[0, 1]),
        flight=float(nothing),
        belly=float(trunk),
        knees=float(legs),
        unreachable=controller.unreachable,
        saturated=controller.saturated,
        commands=len(states) - 1,
    )


def _speed(status: Status, stopwatch: Stopwatch, distance: float, scenario: ScenarioSpec) -> float:
    if status is Status.FINISHED and stopwatch.elapsed:
        return scenario.field.length_m / stopwatch.elapsed
    if status is Status.FELL:
        return 0.0
    return distance / scenario.field.time_limit_s
