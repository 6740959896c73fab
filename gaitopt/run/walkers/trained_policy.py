"""A trained policy with what it needs to walk: its gait, observation and action."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, check_gait
from gaitopt.gait.parameters import GaitParameters, Twelve
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import load_policy, save_policy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.walkers.walker import USUAL, Pacing, WalkerKey
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.spec import Spec, parse_spec
from gaitopt.walk.policy_controller import Interface, PolicyController, PolicyWalk


class AboutPolicy(Spec):
    """Content of a policy file beside the policy."""

    schema_version: Literal[1] = 1
    """Version of this layout."""
    robot: str
    """Name of the robot."""
    scenario: str
    """Name of the scenario in which it was trained."""
    gait: Twelve
    """Gait that it adjusts: twelve parameters, SI units."""
    interface: Interface
    """Groups that it observes and parameters that it adjusts."""
    observation: tuple[str, ...]
    """Meaning of each number of an observation."""
    action: tuple[str, ...]
    """Meaning of each number of an action, or of each discrete action."""
    origin: dict[str, Any] = Field(default_factory=dict)
    """Origin: run, algorithm, steps, seed, speed."""


@dataclass(frozen=True)
class TrainedPolicy:
    """A policy with its gait; a walker, see `gaitopt.run.walkers.walker.Walker`."""

    policy: Policy
    about: AboutPolicy

    @property
    def gait(self) -> Gait:
        """Gait that it adjusts."""
        return Gait(self.about.robot, GaitParameters(**self.about.gait), self.about.origin)

    @property
    def digest(self) -> str:
        """Hash of the policy's state: equal for policies that are the same to the bit."""
        state = self.policy.state()
        return hashlib.sha256(b"".join(state[name].tobytes() for name in sorted(state))).hexdigest()[:16]

    @property
    def key(self) -> WalkerKey:
        """The twelve parameters, the policy's digest, kind and interface."""
        form = self.policy.kind, self.about.interface
        return WalkerKey(tuple(self.gait.parameters.to_vector().tolist()), self.digest, form)

    @property
    def needs(self) -> tuple[str, ...]:
        """Groups that it observes."""
        return self.about.interface.observe

    def act(self, observation: Array) -> Array:
        """Return the most probable action, (k,) or the number of a discrete one, at an observation, (d,)."""
        action: Array = self.policy.mode(observation[None])[0]
        return action

    def controller(self, robot: RobotSpec, scenario: ScenarioSpec, pacing: Pacing = USUAL) -> PolicyController:
        """Return the controller, which can walk for any time.

        Args:
            robot: the robot.
            scenario: scenario, which sets how the heading is held.
            pacing: timing of the walk; the policy observes it at the trained pace. Its duration is ignored.

        Raises:
            InputError: see `walk`.
        """
        period = (pacing.period or robot.servo.command_period_s) / pacing.slower
        return PolicyController(self.walk(robot, scenario, period), self.act, pacing.slower)

    def walk(self, robot: RobotSpec, scenario: ScenarioSpec, period: float | None = None) -> PolicyWalk:
        """Return the gait with the policy's observation and action; `period` is the time between two commands [s].

        Raises:
            InputError: it was trained for another robot, or its observation or action is not as in its file.
        """
        check_gait(self.gait, robot, "policy")
        walk = PolicyWalk(self.gait.parameters, robot, scenario, self.about.interface, period)
        for what, got, expected in (
            ("observation", walk.perception.names, self.about.observation),
            ("action", walk.gait.action_names, self.about.action),
        ):
            if got != expected:
                different = next((pair for pair in zip(got, expected, strict=False) if pair[0] != pair[1]), None)
                where = (
                    f"{different[1]!r} where it is {different[0]!r} now" if different else f"{len(expected)} numbers"
                )
                raise InputError(f"policy: its {what} has {where}; it was trained with another version: train it again")
        return walk

    def save(self, path: Path) -> None:
        """Write a policy file, whole or not at all."""
        save_policy(path, self.policy, self.about.model_dump(mode="json"))


def read_trained(path: Path) -> TrainedPolicy:
    """Return the policy in a file; nothing in it is ever unpickled.

    Raises:
        InputError: it cannot be read, is not a policy file, or is not for a walking robot.
    """
    policy, table = load_policy(path)
    if "gait" not in table:
        raise InputError(f"{path}: is a policy, but not for a walking robot; expected one that `gaitopt train` wrote")
    about = parse_spec(AboutPolicy, table, str(path))
    if policy.observation_size != len(about.observation):
        raise InputError(
            f"{path}: the policy takes {policy.observation_size} numbers, its observation has "
            f"{len(about.observation)}: the file is damaged"
        )
    actions = _count_actions(policy)
    if actions != len(about.action):
        raise InputError(f"{path}: the policy gives {actions} numbers, its action has {len(about.action)}: damaged")
    return TrainedPolicy(policy, about)


def _count_actions(policy: Policy) -> int:
    """Return the number of discrete actions, or the size of a continuous one."""
    if isinstance(policy, SoftmaxPolicy):
        return policy.features.actions
    return int(policy.mode(np.zeros((1, policy.observation_size))).shape[-1])
