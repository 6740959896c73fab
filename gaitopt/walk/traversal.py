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
LOOK_PERIOD_S = 0.032
"""Time between two looks at the body [s]: as often as the robots' cameras saw, and no more, for looking costs.

Where the body is between two looks is told by a straight line: exact to a third of a millimeter in a walk.
"""

Observer = Callable[[Body, BodyState], None]
"""Called at every look of a walk, to watch it."""


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
    """Length over time if finished, 0 after a fall, else the way from the start over the time limit [m/s]."""
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
        observer: called at every look.

    Raises:
        BodyError: the body cannot tell where it is, or failed.
    """
    body.prepare(scenario, scenario.sample(np.random.default_rng(seed)))
    try:
        body.activate(controller.start_pose, SETTLE_S)
        return _walk(body, controller, scenario, observer)
    finally:
        body.deactivate()


def _walk(body: Body, controller: Controller, scenario: ScenarioSpec, observer: Observer | None) -> Traversal:
    period = body.robot.servo.command_period_s
    stopwatch = Stopwatch(scenario.field.length_m)
    states: list[BodyState] = []
    contacts: list[GroundContacts] = []
    last = round(scenario.field.time_limit_s / period)
    look_every = max(1, round(LOOK_PERIOD_S / period))
    sent = 0
    while True:
        state = body.read()
        states.append(state)
        if body.capabilities.contacts and len(states) % 2:  # every second look is enough for shares of the time
            contacts.append(body.ground_contacts())
        if observer is not None:
            observer(body, state)
        status = _ended(state, stopwatch, scenario)
        if status is not None or sent == last:
            break
        count = min(look_every, last - sent)
        body.play(controller.angles(sent, count, state), period)
        sent += count
    return _summary(status or Status.TIMEOUT, sent, states, contacts, stopwatch, controller, scenario)


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
    commands: int,
    states: list[BodyState],
    contacts: list[GroundContacts],
    stopwatch: Stopwatch,
    controller: Controller,
    scenario: ScenarioSpec,
) -> Traversal:
    positions = np.array([state.position for state in states])
    roll, pitch = roll_pitch(np.array([state.orientation for state in states]))
    distance = float(np.clip(np.nan_to_num(positions[-1, 0]), -scenario.field.run_up_m, scenario.field.length_m))
    flight, belly, knees = _contact_shares(contacts)
    return Traversal(
        status=status,
        time_s=stopwatch.elapsed,
        distance_m=distance,
        speed_mps=_speed(status, stopwatch, distance, scenario),
        roll_spread=float(roll.std()),
        pitch_spread=float(pitch.std()),
        energy_j=_energy(states),
        drift_m=float(positions[-1, 1] - positions[0, 1]),
        flight=flight,
        belly=belly,
        knees=knees,
        unreachable=controller.unreachable,
        saturated=controller.saturated,
        commands=commands,
    )


def _contact_shares(contacts: list[GroundContacts]) -> tuple[float, float, float]:
    """Return the shares of samples in flight, on the belly and on the knees; nan if there are none."""
    if not contacts:
        return float("nan"), float("nan"), float("nan")
    paws, legs, trunk = np.array(contacts).T
    return float(np.mean(~(paws | legs | trunk))), float(trunk.mean()), float(legs.mean())


def _energy(states: list[BodyState]) -> float:
    """Return the sum of |torque x speed| over joints and time [J]; nan where torques are not measured."""
    if states[0].joint_torques is None:
        return float("nan")
    speeds = np.array([state.joint_speeds for state in states])  # (n, joints)
    torques = np.array([state.joint_torques for state in states])
    power = np.abs(speeds * torques).sum(axis=1)  # (n,)
    return float(np.sum(power[:-1] * np.diff([state.time for state in states])))


def _speed(status: Status, stopwatch: Stopwatch, distance: float, scenario: ScenarioSpec) -> float:
    if status is Status.FINISHED and stopwatch.elapsed:
        return scenario.field.length_m / stopwatch.elapsed
    if status is Status.FELL:
        return 0.0
    # From where it stood at first: a steady walk has the same speed on either side of the time limit.
    return (distance + scenario.field.run_up_m) / scenario.field.time_limit_s
