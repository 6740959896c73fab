"""Walkers: a gait, a policy on a gait, or a user's own controller.

`gaitopt.run.walkers.walk_setup.find_walk` turns names, paths and objects into walkers.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, Protocol

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


@dataclass(frozen=True)
class Pacing:
    """Timing of a walk; a real robot's link may need another than usual."""

    period: float | None = None
    """Time between two commands [s]; the robot's own if None."""
    slower: float = 1.0
    """Factor by which the motion is slowed down."""
    duration: float | None = None
    """Longest walk [s]; the scenario's time limit if None."""


USUAL = Pacing()


class Walker(Protocol):
    """Interface of walkers."""

    @property
    def gait(self) -> Gait | None:
        """Gait; None for a user's own controller."""

    @property
    def key(self) -> WalkerKey:
        """Identity of the walker."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Groups of `gaitopt.walk.perception.GROUPS` that the body must measure."""

    def controller(self, robot: RobotSpec, scenario: ScenarioSpec, pacing: Pacing = USUAL) -> Controller:
        """Return a controller for any number of traversals, one after the other.

        Args:
            robot: the robot.
            scenario: scenario, which sets the field and how the heading is held.
            pacing: timing of the walk.
        """


@dataclass(frozen=True)
class GaitWalker:
    """A gait, walked open loop except for the heading."""

    gait: Gait
    """Gait; its origin is dropped when it is pickled."""
    needs: ClassVar[tuple[str, ...]] = ()
    """No group."""

    @property
    def key(self) -> WalkerKey:
        """The twelve parameters."""
        return WalkerKey(tuple(self.gait.parameters.to_vector().tolist()))

    def controller(self, robot: RobotSpec, scenario: ScenarioSpec, pacing: Pacing = USUAL) -> GaitController:
        """Return the controller; see `Walker`."""
        gait = slowed(self.gait.parameters, pacing.slower)
        return GaitController(gait, robot, scenario, pacing.period, pacing.duration)

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
