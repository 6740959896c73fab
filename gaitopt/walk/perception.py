"""Observations of a policy: groups of numbers from a body's measurements and commands.

| group | numbers | unit | needs |
|---|---|---|---|
| phase | sine and cosine of the gait's phase | 1 | |
| tilt | roll to the right, pitch nose down | rad | tilt |
| rates | rates of roll, pitch, yaw, between their last two measurements | rad/s | tilt |
| heading | angle to turn to the point ahead on the middle line, left positive | rad | tilt |
| joints | measured angle minus last target of each joint | rad | measured angles |
| offsets | current offset of each active gait parameter | fractions of its reach | |
| velocity | forward and to the left, over the last control period | m/s | position |
| place | distance to the finish line, and from the middle line to the left | m | position |
| course | inputs for steering, each about 1 and clipped to 2; see below | 1 | position, tilt |

The course is: 1; the distance to the finish line over the field's length; the distance from the middle line to the left
over its half width; the heading error over 0.25 rad, and its absolute value [rad]; speeds forward and to the left over
0.5 m/s; and the change of the step rate from the gait's, faster positive, as a fraction of the reach.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, unknown_name
from gaitopt.hal.body import BodyState, Capabilities
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.adjustment import AdjustedGait
from gaitopt.walk.attitude import roll_pitch_yaw
from gaitopt.walk.heading import heading_error

COURSE = ("one", "way to go", "offside", "heading error", "astray", "forward", "sideways", "pace")
"""Meaning of each number of the course; `one` is the bias of a linear policy."""
COURSE_SPEED_MPS = 0.5
"""Speed of a fast walk, for scaling [m/s]."""
COURSE_LIMIT = 2.0
"""Limit to which the numbers of the course are clipped."""
COURSE_TURN_RAD = 0.25
"""Large heading error, for scaling [rad]."""


class Moment(NamedTuple):
    """Everything that an observation is computed from."""

    state: BodyState
    """Current state of the body."""
    angles: tuple[float, float, float]
    """Roll, pitch, yaw [rad]; 0 where not measured."""
    before: BodyState
    """State a control period ago; the current one at first."""
    rates: Sequence[float]
    """Rates of roll, pitch, yaw [rad/s]; 0 at first."""
    targets: Array
    """Last targets of the joints [rad], (joints,)."""
    gait: AdjustedGait
    """The gait with its current adjustments."""


class Group(NamedTuple):
    """Numbers that are observed together."""

    unit: str
    """Unit of each number."""
    names: Callable[[RobotSpec, AdjustedGait], Sequence[str]]
    """Meaning of each number."""
    see: Callable[[Moment, ScenarioSpec], Sequence[float]]
    """The numbers."""
    lacking: Callable[[Capabilities], str]
    """What a body lacks to measure them; empty if nothing."""


def _phase(moment: Moment, scenario: ScenarioSpec) -> Sequence[float]:
    angle = 2 * math.pi * moment.gait.phase
    return math.sin(angle), math.cos(angle)


def _lags(moment: Moment, scenario: ScenarioSpec) -> Sequence[float]:
    assert moment.state.joint_angles is not None  # see `lacking`
    return [angle - target for angle, target in zip(moment.state.joint_angles, moment.targets.tolist(), strict=True)]


def _velocity(moment: Moment, scenario: ScenarioSpec) -> Sequence[float]:
    elapsed = moment.state.time - moment.before.time
    if elapsed <= 0:
        return 0.0, 0.0
    (x, y, _), (x_before, y_before, _) = _place_of(moment.state), _place_of(moment.before)
    forward, left = (x - x_before) / elapsed, (y - y_before) / elapsed
    c, s = math.cos(moment.angles[2]), math.sin(moment.angles[2])
    return c * forward + s * left, c * left - s * forward


def _place(moment: Moment, scenario: ScenarioSpec) -> Sequence[float]:
    x, y, _ = _place_of(moment.state)
    return scenario.field.length_m - x, y


def _place_of(state: BodyState) -> tuple[float, float, float]:
    assert state.position is not None  # see `lacking`
    return state.position


def _course(moment: Moment, scenario: ScenarioSpec) -> Sequence[float]:
    to_finish, left = _place(moment, scenario)
    forward, sideways = _velocity(moment, scenario)
    error = heading_error(moment.state, scenario.heading_hold)
    numbers = (
        1.0,
        to_finish / scenario.field.length_m,
        left / scenario.field.half_width_m,
        error / COURSE_TURN_RAD,
        abs(error),  # without it, a critic that is linear in the course could not learn that both sides are bad
        forward / COURSE_SPEED_MPS,
        sideways / COURSE_SPEED_MPS,
        moment.gait.pace,
    )
    return [min(COURSE_LIMIT, max(-COURSE_LIMIT, number)) for number in numbers]


def _nothing(body: Capabilities) -> str:
    return ""


def _tilt_sensor(body: Capabilities) -> str:
    return "" if body.tilt else "a tilt sensor"


def _joint_sensors(body: Capabilities) -> str:
    return "" if body.feedback == "measured" else "servos that measure their angles"


def _position(body: Capabilities) -> str:
    return "" if body.position else "a measured position"


def _position_and_tilt(body: Capabilities) -> str:
    return " and ".join(filter(None, (_position(body), _tilt_sensor(body))))


GROUPS: dict[str, Group] = {
    "phase": Group("1", lambda robot, gait: ("sin phase", "cos phase"), _phase, _nothing),
    "tilt": Group(
        "rad", lambda robot, gait: ("roll", "pitch"), lambda moment, scenario: moment.angles[:2], _tilt_sensor
    ),
    "rates": Group(
        "rad/s",
        lambda robot, gait: ("roll rate", "pitch rate", "yaw rate"),
        lambda moment, scenario: moment.rates,
        _tilt_sensor,
    ),
    "heading": Group(
        "rad",
        lambda robot, gait: ("heading error",),
        lambda moment, scenario: (heading_error(moment.state, scenario.heading_hold),),
        _tilt_sensor,
    ),
    "joints": Group("rad", lambda robot, gait: [f"{joint} lag" for joint in robot.joint_names], _lags, _joint_sensors),
    "offsets": Group(
        "1",
        lambda robot, gait: [f"{name} offset" for name in gait.parameter_names],
        lambda moment, scenario: moment.gait.offsets,
        _nothing,
    ),
    "velocity": Group("m/s", lambda robot, gait: ("forward speed", "speed to the left"), _velocity, _position),
    "place": Group("m", lambda robot, gait: ("to the finish", "left of the middle"), _place, _position),
    "course": Group("1", lambda robot, gait: COURSE, _course, _position_and_tilt),
}

ON_BOARD = ("phase", "tilt", "rates", "heading", "joints", "offsets")
"""Groups that a robot with a tilt sensor and servos that measure their angles can observe by itself."""


def check_sensors(groups: Sequence[str], body: Capabilities, what: str) -> None:
    """Check that a body, called `what`, measures everything that groups of `GROUPS` need.

    Raises:
        BodyError: it does not; names what it lacks.
        InputError: no group has this name.
    """
    lacking = {name: _group(name).lacking(body) for name in groups}
    if not any(lacking.values()):
        return
    seen = [name for name in groups if not lacking[name]] or ["phase"]
    raise BodyError(
        f"{what}: the policy needs {' and '.join(dict.fromkeys(filter(None, lacking.values())))}, which this body "
        f'lacks; train one that observes less: gaitopt train --set "interface.observe={seen}"'
    )


def _group(name: str) -> Group:
    if name not in GROUPS:
        raise unknown_name("observation", name, GROUPS)
    return GROUPS[name]


class Perception:
    """Computes observations of chosen groups."""

    def __init__(self, groups: Sequence[str], robot: RobotSpec, scenario: ScenarioSpec, gait: AdjustedGait) -> None:
        """Choose what is observed.

        Args:
            groups: names of `GROUPS`, in the order of the observation.
            robot: the robot.
            scenario: the field.
            gait: the gait being walked.

        Raises:
            InputError: no group has this name.
        """
        self._groups, self._group_names = [_group(name) for name in groups], tuple(groups)
        self._scenario, self._gait = scenario, gait
        layout = [(name, group.unit) for group in self._groups for name in group.names(robot, gait)]
        self.names = tuple(name for name, _ in layout)
        """Meaning of each number of an observation."""
        self.units = tuple(unit for _, unit in layout)
        """Unit of each number of an observation."""
        self.sizes = tuple((name, len(GROUPS[name].names(robot, gait))) for name in groups)
        """Size of each group, with its name."""
        self.begin()

    def check(self, body: Capabilities, what: str) -> None:
        """Check that a body measures everything that is observed.

        Raises:
            BodyError: it does not; names what it lacks.
        """
        check_sensors(self._group_names, body, what)

    def begin(self) -> None:
        """Forget earlier states."""
        self._state: BodyState | None = None
        self._turned: tuple[float, float, float] | None = None
        self._turned_time = 0.0
        self._rates: Sequence[float] = (0.0, 0.0, 0.0)

    def see(self, state: BodyState, targets: Array) -> Array:
        """Return the observation, (d,), and remember the state; `targets` are the joints' last targets."""
        angles = roll_pitch_yaw(state.orientation) if state.orientation is not None else (0.0, 0.0, 0.0)
        self._turn(angles, state.time)
        moment = Moment(state, angles, self._state or state, self._rates, targets, self._gait)
        self._state = state
        return np.array([number for group in self._groups for number in group.see(moment, self._scenario)])

    def _turn(self, angles: tuple[float, float, float], time: float) -> None:
        """Update the rates from roll, pitch and yaw; a slow sensor's repeated values are no new measurement."""
        if angles == self._turned:
            return
        if self._turned is not None and time > self._turned_time:
            changes = [now - then for now, then in zip(angles, self._turned, strict=True)]
            elapsed = time - self._turned_time
            self._rates = [math.remainder(change, 2 * math.pi) / elapsed for change in changes]
        self._turned, self._turned_time = angles, time
