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
from gaitopt.walk.attitude import heading_error, roll_pitch_yaw

RATES = ("roll rate", "pitch rate", "yaw rate")
COURSE = ("one", "way to go", "offside", "heading error", "astray", "forward", "sideways", "pace")
"""Meaning of each number of the course; `one` is the bias of a linear policy."""
COURSE_SPEED_MPS = 0.5
"""Speed of a fast walk, for scaling [m/s]."""
COURSE_LIMIT = 2.0
"""Limit to which the numbers of the course are clipped."""
COURSE_TURN_RAD = 0.25
"""Large heading error, for scaling [rad]."""
RATE_RADPS = 20.0
"""Rate above that of a trunk that falls over [rad/s]."""
SPEED_MPS = 5.0
"""Speed above that of small robots, even pushed ones [m/s]."""
BEYOND_M = 2.0
"""Distance that a robot may get beyond the lines of its field [m]."""
POSITION, TILT, ANGLES = "a measured position", "a tilt sensor", "servos that measure their angles"
"""What some groups need of a body."""

Bounds = Sequence[tuple[float, float]]
"""Lower and upper bound of each number."""


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
    scenario: ScenarioSpec
    """The field and the heading hold."""


class Group(NamedTuple):
    """Numbers that are observed together."""

    unit: str
    """Unit of each number."""
    names: tuple[str, ...] | Callable[[RobotSpec, AdjustedGait], tuple[str, ...]]
    """Meaning of each number, which may depend on the robot and the gait."""
    see: Callable[[Moment], Sequence[float]]
    """The numbers."""
    bounds: Callable[[ScenarioSpec], Bounds]
    """Bounds of the numbers in normal walks, in their unit; a single pair holds for the whole group."""
    needs: tuple[str, ...] = ()
    """What a body must have to measure them."""

    def lacking(self, body: Capabilities) -> str:
        """Return what a body lacks to measure the numbers; empty if nothing."""
        has = {POSITION: body.position, TILT: body.tilt, ANGLES: body.feedback == "measured"}
        return " and ".join(need for need in self.needs if not has[need])


def _within(*reaches: float) -> Callable[[ScenarioSpec], Bounds]:
    """Return bounds on either side of 0 that are the same in all scenarios."""
    return lambda scenario: [(-reach, reach) for reach in reaches]


def _within_field(scenario: ScenarioSpec) -> Bounds:
    field = scenario.field
    side = field.half_width_m + BEYOND_M
    return [(-BEYOND_M, field.run_up_m + field.length_m + BEYOND_M), (-side, side)]


def _phase(moment: Moment) -> Sequence[float]:
    angle = 2 * math.pi * moment.gait.phase
    return math.sin(angle), math.cos(angle)


def _heading(moment: Moment) -> Sequence[float]:
    return (heading_error(moment.state, moment.scenario.heading_hold),)


def _lag_names(robot: RobotSpec, gait: AdjustedGait) -> tuple[str, ...]:
    return tuple(f"{joint} lag" for joint in robot.joint_names)


def _lags(moment: Moment) -> Sequence[float]:
    assert moment.state.joint_angles is not None  # see `lacking`
    return [angle - target for angle, target in zip(moment.state.joint_angles, moment.targets.tolist(), strict=True)]


def _offset_names(robot: RobotSpec, gait: AdjustedGait) -> tuple[str, ...]:
    return tuple(f"{name} offset" for name in gait.parameter_names)


def _velocity(moment: Moment) -> Sequence[float]:
    elapsed = moment.state.time - moment.before.time
    if elapsed <= 0:
        return 0.0, 0.0
    (x, y, _), (x_before, y_before, _) = _place_of(moment.state), _place_of(moment.before)
    forward, left = (x - x_before) / elapsed, (y - y_before) / elapsed
    c, s = math.cos(moment.angles[2]), math.sin(moment.angles[2])
    return c * forward + s * left, c * left - s * forward


def _place(moment: Moment) -> Sequence[float]:
    x, y, _ = _place_of(moment.state)
    return moment.scenario.field.length_m - x, y


def _place_of(state: BodyState) -> tuple[float, float, float]:
    assert state.position is not None  # see `lacking`
    return state.position


def _course(moment: Moment) -> Sequence[float]:
    to_finish, left = _place(moment)
    forward, sideways = _velocity(moment)
    (error,) = _heading(moment)
    numbers = (
        1.0,
        to_finish / moment.scenario.field.length_m,
        left / moment.scenario.field.half_width_m,
        error / COURSE_TURN_RAD,
        abs(error),  # without it, a critic that is linear in the course could not learn that both sides are bad
        forward / COURSE_SPEED_MPS,
        sideways / COURSE_SPEED_MPS,
        moment.gait.pace,
    )
    return [min(COURSE_LIMIT, max(-COURSE_LIMIT, number)) for number in numbers]


GROUPS: dict[str, Group] = {
    "phase": Group("1", ("sin phase", "cos phase"), _phase, _within(1.0)),
    "tilt": Group("rad", ("roll", "pitch"), lambda moment: moment.angles[:2], _within(math.pi, math.pi / 2), (TILT,)),
    "rates": Group("rad/s", RATES, lambda moment: moment.rates, _within(RATE_RADPS), (TILT,)),
    "heading": Group("rad", ("heading error",), _heading, _within(1.5 * math.pi), (TILT,)),  # from any heading
    "joints": Group("rad", _lag_names, _lags, _within(math.pi), (ANGLES,)),
    "offsets": Group("1", _offset_names, lambda moment: moment.gait.offsets, _within(1.0)),
    "velocity": Group("m/s", ("forward speed", "speed to the left"), _velocity, _within(SPEED_MPS), (POSITION,)),
    "place": Group("m", ("to the finish", "left of the middle"), _place, _within_field, (POSITION,)),
    "course": Group("1", COURSE, _course, _within(COURSE_LIMIT), (POSITION, TILT)),
}

ON_BOARD = ("phase", "tilt", "rates", "heading", "joints", "offsets")
"""Groups that a robot with a tilt sensor and servos that measure their angles can observe by itself."""


def check_sensors(groups: Sequence[str], body: Capabilities, what: str) -> None:
    """Check that a body, called `what`, measures everything that groups of `GROUPS` need.

    Raises:
        BodyError: it does not; names what it lacks.
        InputError: no group has this name.
    """
    lacking = {name: find_group(name).lacking(body) for name in groups}
    if not any(lacking.values()):
        return
    seen = [name for name in groups if not lacking[name]] or ["phase"]
    raise BodyError(
        f"{what}: the policy needs {' and '.join(dict.fromkeys(filter(None, lacking.values())))}, which this body "
        f'lacks; train one that observes less: gaitopt train --set "interface.observe={seen}"'
    )


def find_group(name: str) -> Group:
    """Return the group of a name.

    Raises:
        InputError: there is none.
    """
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
        self.groups = tuple(groups)
        """Names of the groups that are observed."""
        self._scenario, self._gait = scenario, gait
        self.names: tuple[str, ...] = ()
        """Meaning of each number of an observation."""
        self.units: tuple[str, ...] = ()
        """Unit of each number of an observation."""
        pairs: list[tuple[float, float]] = []
        for group in map(find_group, groups):
            names = group.names if isinstance(group.names, tuple) else group.names(robot, gait)
            own = group.bounds(scenario)
            self.names += names
            self.units += (group.unit,) * len(names)
            pairs += own if len(own) > 1 else [*own] * len(names)
        low, high = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
        self.bounds: tuple[Array, Array] = low, high
        """Lower and upper bounds of observations, (d,) each; a robot that is thrown about may exceed them briefly."""
        self.begin()

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
        moment = Moment(state, angles, self._state or state, self._rates, targets, self._gait, self._scenario)
        self._state = state
        return np.array([number for name in self.groups for number in GROUPS[name].see(moment)])

    def _turn(self, angles: tuple[float, float, float], time: float) -> None:
        """Update the rates from roll, pitch and yaw; a slow sensor's repeated values are no new measurement."""
        if angles == self._turned:
            return
        if self._turned is not None and time > self._turned_time:
            changes = [now - then for now, then in zip(angles, self._turned, strict=True)]
            elapsed = time - self._turned_time
            self._rates = [math.remainder(change, 2 * math.pi) / elapsed for change in changes]
        self._turned, self._turned_time = angles, time
