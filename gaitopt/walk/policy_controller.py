"""A policy on a gait, as a controller: it observes once per control period, and adjusts the gait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import field_validator

from gaitopt.arrays import Array
from gaitopt.errors import ProtocolError
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.body import Body, BodyState
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.spec import Spec
from gaitopt.walk.adjustment import AdjustedGait, Adjustments
from gaitopt.walk.attitude import turn_to_hold
from gaitopt.walk.perception import ON_BOARD, Perception, check_sensors, find_group
from gaitopt.walk.steering import SteeredGait
from gaitopt.walk.traversal import commands_per_reading

Act = Callable[[Array], Array]
"""Maps an observation (d,) to an action: (k,), or the number of a discrete one."""


class Interface(Spec):
    """What a policy observes and what it may change."""

    observe: tuple[str, ...] = ON_BOARD
    """Groups of observations; see `perception.GROUPS`."""
    adjust: Adjustments = Adjustments()
    """How far the policy may change the gait."""
    actions: Literal["continuous", "discrete"] = "continuous"
    """Changes of parameters and joint targets, or nine ways to steer; see `gaitopt.walk.steering`."""

    @field_validator("observe")
    @classmethod
    def _known(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        for name in groups:
            find_group(name)
        return groups


STEERING = Interface(observe=("course",), actions="discrete")
"""Interface of a policy that chooses between the nine ways to steer."""


class PolicyWalk:
    """A gait that a policy adjusts, and the policy's observations; shared by controller and environment."""

    def __init__(
        self,
        gait: GaitParameters,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        interface: Interface,
        period: float | None = None,
    ) -> None:
        """Make the gait's tables; `period` is the time between two commands [s], the robot's own if None."""
        self.period = period or robot.servo.command_period_s
        self._hold = scenario.heading_hold
        kind = SteeredGait if interface.actions == "discrete" else AdjustedGait
        self.gait = kind(gait, robot, self._hold, interface.adjust, self.period)
        self.perception = Perception(interface.observe, robot, scenario, self.gait)
        self.start_pose = self.gait.start_pose
        self._targets = self.start_pose

    def begin(self) -> None:
        """Return to the start, with nothing observed."""
        self.gait.begin()
        self.perception.begin()
        self._targets = self.start_pose

    def see(self, state: BodyState) -> Array:
        """Return the observation, (d,)."""
        return self.perception.see(state, self._targets)

    def angles(self, action: Array, count: int, state: BodyState) -> Array:
        """Return the joint angles of the next commands [rad], (count, joints)."""
        angles = self.gait.angles(action, count, turn_to_hold(state, self._hold))
        self._targets = angles[-1]
        return angles

    def note_targets(self, targets: Array) -> None:
        """Note the last targets that were really sent, (joints,), if they differ from those of `angles`."""
        self._targets = targets


class PolicyController:
    """Walks with a policy, one traversal after the other."""

    def __init__(self, walk: PolicyWalk, act: Act, slower: float = 1.0) -> None:
        """Put a policy on a gait.

        Args:
            walk: the gait and its observations, in the policy's time.
            act: the policy.
            slower: factor by which the policy's time runs slower than the body's.
        """
        self._walk, self._act, self._slower = walk, act, slower
        self._every = commands_per_reading(walk.period)
        self._block = walk.start_pose[None]
        self.start_pose: Array = walk.start_pose
        self.unreachable, self.saturated = walk.gait.unreachable, walk.gait.saturated

    @property
    def period(self) -> float:
        """Time between two actions of the policy, by the body's clock [s]."""
        return self._every * self._walk.period * self._slower

    def check(self, body: Body) -> None:
        """Check that a configured body measures what the policy observes.

        Raises:
            BodyError: it does not; names what it lacks.
        """
        check_sensors(self._walk.perception.groups, body.capabilities, body.robot.name)

    def drive(self, body: Body, first: int, count: int, state: BodyState) -> None:
        """Walk on for `count` commands, starting with number `first`.

        Raises:
            BodyError: the body does not measure what the policy observes.
        """
        if first == 0:
            self.check(body)
        body.play(self.angles(first, count, state), self._walk.period * self._slower)

    def angles(self, first: int, count: int, state: BodyState) -> Array:
        """Return the joint angles of `count` commands, starting with number `first` [rad], (count, joints).

        The policy acts at the first command of a control period; the others of the period follow from that action.

        Raises:
            ProtocolError: these commands do not belong to one control period.
        """
        place = first % self._every
        if place + count > self._every:
            raise ProtocolError(
                f"angles: got {count} commands from number {first} on; expected commands of one control period, "
                f"which has {self._every}"
            )
        if first == 0:
            self._walk.begin()
        if place == 0:
            action = self._act(self._walk.see(state._replace(time=state.time / self._slower)))
            self._block = self._walk.angles(action, self._every, state)
        return self._block[place : place + count]

    def note_targets(self, targets: Array) -> None:
        """Note the last targets that were really sent, (joints,), if they differ from those of `angles`."""
        self._walk.note_targets(targets)
