"""One walk across the field: the same code for every body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from gaitopt.errors import FallError
from gaitopt.hal.body import Body, BodyState
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, ScenarioSpec
from gaitopt.walk.attitude import roll_pitch, uprightness
from gaitopt.walk.controller import Controller
from gaitopt.walk.meter import BodyMeter, powers
from gaitopt.walk.stopwatch import PositionStopwatch, SpoiledError, Stopwatch

SETTLE_S = 0.3
"""Time for which the robot stands before its first step [s]."""
FALLEN_COSINE = 0.5
"""Cosine of the tilt beyond which a robot has fallen: 60 degrees."""
FASTEST_MPS = 5.0
"""Speed that no small robot reaches [m/s]."""
READ_PERIOD_S = 0.032
"""Time between two readings of the body [s]: the frame rate of the AIBOs' cameras; reading more often costs time.

The position between two readings is interpolated linearly, which is exact to a third of a millimeter in a walk.
"""

Observer = Callable[[Body, BodyState], None]
"""Called at every reading of a walk, to watch it."""


class Status(StrEnum):
    """How a traversal ended."""

    FINISHED = "finished"
    FELL = "fell"
    TIMEOUT = "timeout"
    LEFT_FIELD = "left_field"
    STUCK = "stuck"
    """Only while a policy learns; see `ScenarioSpec.stuck_s`."""


@dataclass(frozen=True)
class Traversal:
    """The result of one walk. Shares are fractions of the samples taken; nan where nothing was measured."""

    status: Status
    """How it ended."""
    time_s: float | None
    """Time from start line to finish line [s]; None unless finished."""
    distance_m: float
    """Distance along the field past the start line at the end, at most the field's length [m]."""
    speed_mps: float
    """Length over time if finished, 0 after a fall, else the distance from the start over the time limit [m/s]."""
    roll_spread: float
    """Standard deviation of the roll [rad]."""
    pitch_spread: float
    """Standard deviation of the pitch [rad]."""
    energy_j: float
    """Mechanical work: sum of |torque x speed| over joints and time [J]."""
    drift_m: float
    """Sideways drift between the first and the last sample, left positive [m]."""
    flight: float
    """Share of time without any ground contact."""
    belly: float
    """Share of time with trunk, shoulder or head on the ground."""
    knees: float
    """Share of time with a knee, upper or lower leg on the ground."""
    unreachable: float
    """Share of the cycle's foot targets out of reach."""
    saturated: float
    """Share of the cycle's joint angles limited by the servos' speed."""
    commands: int
    """Number of commands sent."""
    power_w: float = float("nan")
    """Mean electrical power of the servos [W]."""


def conditions_of(scenario: ScenarioSpec, seed: int) -> Conditions:
    """Return the random conditions of the traversal with this seed."""
    return scenario.sample(np.random.default_rng(seed))


def traverse(
    body: Body,
    controller: Controller,
    scenario: ScenarioSpec,
    seed: int,
    observer: Observer | None = None,
    stopwatch: Stopwatch | None = None,
) -> Traversal:
    """Walk once across the field and return the result.

    Args:
        body: configured and inactive; left so.
        controller: makes the body walk.
        scenario: the field and its noise.
        seed: decides the conditions of this traversal; in simulation, the result depends on nothing else.
        observer: called at every reading.
        stopwatch: measures the time; by the body's position if None.

    Raises:
        BodyError: the body does not measure its position and there is no other stopwatch, or the body failed.
        SpoiledError: the walk does not count.
    """
    body.prepare(scenario, conditions_of(scenario, seed))
    stopwatch = stopwatch or PositionStopwatch(scenario.field.length_m)
    try:
        body.activate(controller.start_pose, SETTLE_S)
        traversal = _walk(body, controller, scenario, seed, observer, stopwatch)
        if traversal.status is not Status.FELL:
            body.sit()
        if not body.capabilities.simulated:
            _check_possible(traversal, scenario)
        return traversal
    finally:
        body.deactivate()


def _check_possible(traversal: Traversal, scenario: ScenarioSpec) -> None:
    time, length = traversal.time_s, scenario.field.length_m
    if time is not None and time < length / FASTEST_MPS:
        raise SpoiledError(
            f"{length:g} m in {time:.2f} s is faster than any such robot: something else triggered the stopwatch"
        )


def commands_per_reading(period: float) -> int:
    """Return the number of commands, one every `period` [s], from one reading of the body to the next."""
    return max(1, round(READ_PERIOD_S / period))


def _walk(
    body: Body,
    controller: Controller,
    scenario: ScenarioSpec,
    seed: int,
    observer: Observer | None,
    stopwatch: Stopwatch,
) -> Traversal:
    measured = _Measured(BodyMeter(body, 2 * commands_per_reading(body.command_period), seed))
    stopwatch.begin()
    if body.capabilities.contacts:
        body.meter = measured.meter
    try:
        status = _steps(body, controller, scenario, observer, stopwatch, measured)
    except FallError:  # a real body detects it by itself, and is limp already
        status = Status.FELL
    finally:
        body.meter = None
    return _summary(body.robot, status, measured, stopwatch, controller, scenario)


@dataclass
class _Measured:
    """What was measured in a walk."""

    meter: BodyMeter
    states: list[BodyState] = field(default_factory=list)
    commands: int = 0


def _steps(
    body: Body,
    controller: Controller,
    scenario: ScenarioSpec,
    observer: Observer | None,
    stopwatch: Stopwatch,
    measured: _Measured,
) -> Status:
    period = body.command_period
    last = round(scenario.field.time_limit_s / period)
    read_every = commands_per_reading(period)
    while True:
        state = body.read()
        measured.states.append(state)
        if observer is not None:
            observer(body, state)
        status = status_of(state, stopwatch, scenario)
        if status is not None:
            return status
        if measured.commands == last:
            return Status.TIMEOUT
        count = min(read_every, last - measured.commands)
        controller.drive(body, measured.commands, count, state)
        measured.commands += count


def status_of(state: BodyState, stopwatch: Stopwatch, scenario: ScenarioSpec) -> Status | None:
    """Return how the traversal ended, None if it goes on; update the stopwatch."""
    # Written so that nan counts as a fall.
    if state.orientation is not None and not uprightness(state.orientation) > FALLEN_COSINE:
        return Status.FELL
    if state.position is not None and abs(state.position[1]) > scenario.field.half_width_m:
        return Status.LEFT_FIELD
    return Status.FINISHED if stopwatch.update(state) else None


def _summary(
    robot: RobotSpec,
    status: Status,
    measured: _Measured,
    stopwatch: Stopwatch,
    controller: Controller,
    scenario: ScenarioSpec,
) -> Traversal:
    roll, pitch = _spreads(measured.states)
    distance, drift = _way(measured.states, stopwatch, scenario)
    energy, power = _effort(robot, measured)
    flight, belly, knees = measured.meter.shares
    return Traversal(
        status=status,
        time_s=stopwatch.elapsed,
        distance_m=distance,
        speed_mps=_speed(status, stopwatch, distance, scenario),
        roll_spread=roll,
        pitch_spread=pitch,
        energy_j=energy,
        power_w=power,
        drift_m=drift,
        flight=flight,
        belly=belly,
        knees=knees,
        unreachable=controller.unreachable,
        saturated=controller.saturated,
        commands=measured.commands,
    )


def _spreads(states: list[BodyState]) -> tuple[float, float]:
    """Return the standard deviations of roll and pitch [rad]; nan where they are not measured."""
    turned = [state.orientation for state in states if state.orientation is not None]
    if not turned:
        return float("nan"), float("nan")
    roll, pitch = roll_pitch(np.array(turned))
    return float(roll.std()), float(pitch.std())


def _way(states: list[BodyState], stopwatch: Stopwatch, scenario: ScenarioSpec) -> tuple[float, float]:
    """Return the distance past the start line and the sideways drift [m].

    If the body does not measure its position, only the lines that the stopwatch saw it cross are known, and no drift.
    """
    lines = scenario.field
    if not states or states[-1].position is None:
        crossed = 0.0 if stopwatch.started is not None else -lines.run_up_m
        return (lines.length_m if stopwatch.finished is not None else crossed), float("nan")
    positions = np.array([state.position for state in states])
    way = float(np.clip(np.nan_to_num(positions[-1, 0]), -lines.run_up_m, lines.length_m))
    return way, float(positions[-1, 1] - positions[0, 1])


def _effort(robot: RobotSpec, measured: _Measured) -> tuple[float, float]:
    """Return mechanical work [J] and mean electrical power [W], from readings if the body has no meter.

    nan if torques are not measured.
    """
    states = measured.states
    mechanical, electrical = powers(robot, measured.meter.states)
    if not mechanical.size:
        mechanical, electrical = powers(robot, states[:-1])
    if not mechanical.size:
        return float("nan"), float("nan")
    return float(mechanical.mean()) * (states[-1].time - states[0].time), float(electrical.mean())


def _speed(status: Status, stopwatch: Stopwatch, distance: float, scenario: ScenarioSpec) -> float:
    if status is Status.FINISHED and stopwatch.elapsed:
        return scenario.field.length_m / stopwatch.elapsed
    if status is Status.FELL:
        return 0.0
    # From where it stood at first, so that a steady walk has the same speed on either side of the time limit.
    return (distance + scenario.field.run_up_m) / scenario.field.time_limit_s
