"""Walkers: a gait, a policy on a gait, or a user's own controller.

`gaitopt.run.walkers.walk_setup.find_walk` turns names, paths and objects into walkers.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from gaitopt.gait.gait_file import Gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.controller import Controller, GaitController


class WalkerKey(NamedTuple):
    """Identity of a walker: walkers with equal keys walk the same to the bit."""

    gait: tuple[float, ...] = ()
    """The twelve parameters, SI units; empty if there is no gait."""
    digest: str = ""
    """Digest of the policy or controller; empty for a gait alone."""
    form: tuple[Hashable, ...] = ()
    """Kind and interface of a policy."""


class Walker(Protocol):
    """Interface of walkers."""

    @property
    def gait(self) -> Gait | None:
        """Gait; None for a user's own controller."""
        ...

    @property
    def key(self) -> WalkerKey:
        """Identity of the walker."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Groups of `gaitopt.walk.perception.GROUPS` that the body must measure."""
        ...

    def controller(
        self,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        period: float | None = None,
        slower: float = 1.0,
        duration: float | None = None,
    ) -> Controller:
        """Return a controller for any number of traversals, one after the other.

        Args:
            robot: the robot.
            scenario: scenario, which sets the field and how the heading is held.
            period: time between two commands [s]; the robot's own if None.
            slower: factor by which the motion is slowed down.
            duration: longest walk [s]; the scenario's time limit if None.
        """
        ...


@dataclass(frozen=True)
class GaitWalker:
    """A gait, walked open loop except for the heading."""

    gait: Gait
    """Gait; its origin is dropped when it is pickled."""

    @property
    def key(self) -> WalkerKey:
        """The twelve parameters."""
        return WalkerKey(tuple(self.gait.parameters.to_vector().tolist()))

    @property
    def needs(self) -> tuple[str, ...]:
        """No group."""
        return ()

    def controller(
        self,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        period: float | None = None,
        slower: float = 1.0,
        duration: float | None = None,
    ) -> GaitController:
        """Return the controller; see `Walker`."""
        return GaitController(slowed(self.gait.parameters, slower), robot, scenario, period, duration)

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickled, (self.gait.robot, *self.key.gait)


def gait_walker(robot: RobotSpec, parameters: GaitParameters) -> GaitWalker:
    """Return the walker of a gait; the gait is not checked."""
    return GaitWalker(Gait(robot.name, parameters))


def _unpickled(robot: str, *parameters: float) -> GaitWalker:
    return GaitWalker(Gait(robot, GaitParameters(*parameters)))


def slowed(gait: GaitParameters, factor: float) -> GaitParameters:
    """Return a gait with its cycle made longer by a factor."""
    return replace(gait, cycle_time=gait.cycle_time * factor)
