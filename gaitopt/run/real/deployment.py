"""A walker made ready for a real robot: played by the robot itself, or streamed as its link allows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gaitopt.errors import InputError, ProtocolError
from gaitopt.gait.cycle import cycle
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.body import Lifecycle
from gaitopt.hal.real.body import RealBody
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.walkers.walk_setup import RobotChoice, ScenarioChoice, find_walk
from gaitopt.run.walkers.walker import GaitWalker, Pacing, Walker, slowed
from gaitopt.walk.controller import Controller, SkillController
from gaitopt.walk.perception import check_sensors

ENOUGH = 0.9
"""A link that carries less than this share of a gait's motion makes another gait of it."""


@dataclass(frozen=True)
class Plan:
    """How a walker will walk on a robot."""

    native: bool
    """Whether the robot plays the gait by itself."""
    share: float
    """Part of the gait's motion that the link carries, at the gait's own speed, 0 to 1; nan without a gait."""
    slower: float
    """Factor by which the cycle is made longer."""
    gait: GaitParameters | None
    """The gait, its cycle made longer; None for a controller of your own."""
    controller: Controller
    """The controller for `deploy`."""


def plan_deployment(
    body: RealBody,
    walker: Any,
    robot: RobotChoice | None = None,
    scenario: ScenarioChoice | None = None,
    native: bool = False,
    slower: float | None = 1.0,
    duration: float | None = None,
) -> Plan:
    """Return how a walker will walk on a real robot; nothing moves.

    Args:
        body: configured.
        walker: a gait, a policy or a controller of your own; or the name or path of one, or of a run or training. See
            `gaitopt.run.walkers.walk_setup.find_walk`.
        robot: name, file or spec; the body's if None.
        scenario: name, file or spec, for how the heading is held; the walker's own, else `field`, if None.
        native: let the robot play the gait by itself.
        slower: factor by which the cycle is made longer; None for as long as the link needs. A policy's time passes
            more slowly by the same factor, as if the whole walk were seen in slow motion.
        duration: longest walk [s]; the scenario's time limit if None.

    Raises:
        InputError: the link cannot carry the gait; says how it could. Or this walker cannot be played by the robot.
        BodyError: the robot lacks a sensor that the walker needs.
        ProtocolError: the body is not configured.
    """
    if not isinstance(body, RealBody):
        raise InputError(f"body: got {type(body).__name__}; expected a real robot's: make_body(robot, 'opencat:PORT')")
    setup = find_walk(walker, body.robot if robot is None else robot, scenario)
    slower, duration = _positive("slower", slower), _positive("duration", duration)
    if body.lifecycle is Lifecycle.DISCONNECTED:
        raise ProtocolError("plan_deployment: the body is disconnected; call configure() first, or use `with`")
    found, spec = setup.walker, setup.robot
    if native:
        slow = slowed(gait_of_skill(found), slower or 1.0)
        if not body.capabilities.native_skills:
            raise InputError(f"{spec.name} plays no skills of its own; leave out --native")
        return Plan(True, 1.0, slower or 1.0, slow, SkillController(slow, spec, body.command_period))
    check_sensors(found.needs, body.capabilities, body.robot.name)
    share, factor = math.nan, slower or 1.0
    if found.gait is not None:
        may_be_native = body.capabilities.native_skills and isinstance(found, GaitWalker)
        share, factor = _fit(body, found.gait.parameters, spec, slower, may_be_native)
    controller = found.controller(spec, setup.scenario, Pacing(body.command_period, factor, duration))
    gait = None if found.gait is None else slowed(found.gait.parameters, factor)
    return Plan(False, share, factor, gait, controller)


def gait_of_skill(walker: Walker) -> GaitParameters:
    """Return the gait that a robot can play by itself.

    Raises:
        InputError: the walker is more than a gait.
    """
    if not isinstance(walker, GaitWalker):
        raise InputError("a policy or controller acts as it walks, an uploaded skill cannot; leave out --native")
    return walker.gait.parameters


def _positive(name: str, value: Any) -> float | None:
    """Return a number above 0, such as one of numpy's, as a float; or None."""
    try:
        number = None if value is None else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if number is not None and not 0.0 < number < math.inf:
        raise InputError(f"{name}: got {value!r:.80}; expected a number above 0, or None")
    return number


def _fit(
    body: RealBody, gait: GaitParameters, robot: RobotSpec, slower: float | None, may_be_native: bool
) -> tuple[float, float]:
    """Return the share of the gait's motion that the link carries, and the factor by which it will be slower.

    Raises:
        InputError: even so it is too fast for the link.
    """
    table = cycle(gait, robot, body.command_period / 4)
    follow = body.tracking(table.angles, gait.cycle_time)
    factor = follow.stretch if slower is None else slower
    slow = slowed(gait, factor)
    table = cycle(slow, robot, body.command_period / 4)
    if (carried := body.tracking(table.angles, slow.cycle_time).share) < ENOUGH:
        native_too = "let the robot play it by itself (--native), or " if may_be_native else ""
        raise InputError(
            f"this gait is too fast for the link, which carries {carried:.0%} of its motion; "
            f"{native_too}make its cycle {follow.stretch:.2g} times as long (gaitopt deploy --slow fit)"
        )
    return follow.share, factor
