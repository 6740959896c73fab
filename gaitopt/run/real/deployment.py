"""A gait or a policy made ready for a real robot: played by the robot itself, or streamed as its link allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gaitopt.errors import InputError
from gaitopt.gait.cycle import cycle
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.real.real_body import RealBody
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.trained_policy import TrainedPolicy
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.walk.controller import Controller, GaitController, SkillController
from gaitopt.walk.perception import check_sensors

ENOUGH = 0.9
"""A link that carries less than this share of a gait's motion makes another gait of it."""


@dataclass(frozen=True)
class Plan:
    """How a gait will be walked on a robot."""

    native: bool
    """Whether the robot plays it by itself."""
    share: float
    """Part of the gait's motion that the link carries, at the gait's own speed, 0 to 1."""
    slower: float
    """The cycle is made so many times longer."""
    gait: GaitParameters
    """What is walked; its cycle time made longer."""
    controller: Controller
    """What walks it."""


def plan_deployment(
    body: RealBody,
    walker: GaitParameters | TrainedPolicy,
    robot: RobotSpec,
    scenario: ScenarioSpec,
    native: bool = False,
    slower: float | None = 1.0,
    duration: float | None = None,
) -> Plan:
    """Return how a gait, or a policy on its gait, will be walked; nothing moves.

    Args:
        body: configured.
        walker: the twelve parameters, or a policy that adjusts its own.
        robot: whose.
        scenario: how the heading is held.
        native: let the robot play it by itself.
        slower: make its cycle so many times longer; None makes it as long as the link needs. A policy's time passes
            so many times slower, as if the whole walk were seen in slow motion.
        duration: how long the walk may last [s]; the scenario's time limit if None.

    Raises:
        InputError: the link cannot carry the gait; says how it could. Or a policy shall be played by the robot itself.
        BodyError: the robot does not measure what the policy sees.
    """
    if isinstance(walker, TrainedPolicy):
        _check_policy(walker, body, native)
    gait = walker.gait.parameters if isinstance(walker, TrainedPolicy) else walker
    if native:
        if not body.capabilities.native_skills:
            raise InputError(f"{robot.name} plays no skills of its own; leave out --native")
        slowed = _slowed(gait, slower or 1.0)
        return Plan(True, 1.0, slower or 1.0, slowed, SkillController(slowed, robot, body.command_period))
    may_be_native = body.capabilities.native_skills and walker is gait
    share, factor = _fit(body, gait, robot, slower, may_be_native)
    slowed, controller = _slowed(gait, factor), _controller(walker, body, robot, scenario, factor, duration)
    return Plan(False, share, factor, slowed, controller)


def _controller(
    walker: GaitParameters | TrainedPolicy,
    body: RealBody,
    robot: RobotSpec,
    scenario: ScenarioSpec,
    factor: float,
    duration: float | None,
) -> Controller:
    if isinstance(walker, TrainedPolicy):
        return walker.controller(robot, scenario, body.command_period, factor)
    return GaitController(_slowed(walker, factor), robot, scenario, body.command_period, duration)


def _check_policy(policy: TrainedPolicy, body: RealBody, native: bool) -> None:
    """Check that a robot can do what a policy needs."""
    if native:
        raise InputError("a policy adjusts its gait as it walks, an uploaded skill cannot be; leave out --native")
    check_sensors(policy.about.interface.observe, body.capabilities, body.robot.name)


def _fit(
    body: RealBody, gait: GaitParameters, robot: RobotSpec, slower: float | None, may_be_native: bool
) -> tuple[float, float]:
    """Return the share of the gait's motion that the link carries, and how many times slower it will be walked.

    Raises:
        InputError: even so it is too fast for the link.
    """
    table = cycle(gait, robot, body.command_period / 4)
    follow = body.follow(table.angles, gait.cycle_time)
    factor = follow.stretch if slower is None else slower
    slowed = _slowed(gait, factor)
    table = cycle(slowed, robot, body.command_period / 4)
    if (carried := body.follow(table.angles, slowed.cycle_time).share) < ENOUGH:
        native_too = "let the robot play it by itself (--native), or " if may_be_native else ""
        raise InputError(
            f"this gait is too fast for the link, which carries {carried:.0%} of its motion; "
            f"{native_too}make its cycle {follow.stretch:.2g} times as long (gaitopt deploy --slow fit)"
        )
    return follow.share, factor


def _slowed(gait: GaitParameters, factor: float) -> GaitParameters:
    return replace(gait, cycle_time=gait.cycle_time * factor)
