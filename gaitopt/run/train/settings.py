"""Everything a training depends on, resolved: written before the first step, read again to resume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from gaitopt.errors import InputError, unknown_name
from gaitopt.gait.gait_file import Gait, check_gait
from gaitopt.gait.parameters import GaitParameters, Twelve
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.rl.algorithms.base import Algorithm
from gaitopt.rl.algorithms.catalog import ALGORITHMS, make_algorithm, nullable, resolve_options
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.rl.training import Stopping
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.learn.settings import current_versions
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.seeding import Stream, generator
from gaitopt.spec import Count, NonNegative, Positive, Spec, parse_spec
from gaitopt.walk.adjustment import Adjustments
from gaitopt.walk.environment import TraversalEnvironment
from gaitopt.walk.policy_controller import STEERING, Interface

POLICIES = {
    "linear": LinearGaussianPolicy.kind,
    "perceptron": GaussianMLPPolicy.kind,
    "softmax": SoftmaxPolicy.kind,
}
"""Kinds of policies by the names that users give."""
WALKING = Interface(adjust=Adjustments(residuals=False, parameter_reach=0.3))
"""What a policy sees and changes in training, unless told otherwise: with half as many actions it learns sooner."""
SEEING_SPEED = WALKING.model_copy(update={"observe": ("phase", "tilt", "rates", "heading", "offsets", "velocity")})
"""The same for policies that are linear in what they see, and in comparisons: no linear function of what a robot feels
tells a lunge from speed. Only in simulation is the velocity known."""
DEFAULT_POLICY = {"ppo": "perceptron"}
"""Of algorithms that do not use the linear one."""
_SECOND = {"discount": 0.97}
"""Some 30 steps, a second: two cycles, in which a stumble becomes a fall."""
_STRIDE = {"discount": 0.9}
"""Some 10 steps, most of a cycle: linear critics do not know what comes after."""
_ACTOR_CRITICS = ("qac", "advantage-actor-critic", "td-actor-critic", "td-lambda")
_PLAIN = {**_STRIDE, "steps": 1024, "actor_rate": 0.005, "critic_rate": 0.1, "max_gradient_norm": 3.0}
_ADAM = {"rule": "adam", "actor_rate": 0.003, "critic_rate": 0.05}
DEFAULT_OPTIONS: dict[str, dict[str, Any]] = {
    "reinforce": {**_STRIDE, **_ADAM, "actor_rate": 0.002, "episodes": 8, "max_gradient_norm": 1.0},
    **dict.fromkeys(_ACTOR_CRITICS, _PLAIN),
    "natural-actor-critic": {**_STRIDE, "steps": 2048, "actor_rate": 0.1, "critic_rate": 0.1, "damping": 0.01},
    "ppo": {**_SECOND, "steps": 4096, "minibatch": 512, "rate": 5e-4, "kl_stop": 0.03},
    "augmented-random-search": {"rate": 0.02, "noise": 0.05},
}
"""Options of algorithms for walking, where they differ from the algorithms' own."""
_FEW = {**_SECOND, **_ADAM, "steps": 1024, "actor_rate": 0.03}
STEERING_OPTIONS: dict[str, dict[str, Any]] = {
    "reinforce": {**_SECOND, **_ADAM, "episodes": 8, "actor_rate": 0.1},  # it waits for whole episodes: larger steps
    **dict.fromkeys(_ACTOR_CRITICS, _FEW),
    "natural-actor-critic": {**_SECOND, "steps": 2048},
}
"""The same for softmax policies, which have few parameters."""


class PolicyOptions(Spec):
    """How a policy begins; a softmax policy has none of this."""

    sigma: Positive = 0.3
    """Standard deviation of the first actions, as a part of their reach: trials that seldom throw the robot over."""
    hidden: Annotated[tuple[Count, ...], Field(min_length=1)] = (64, 64)
    """Sizes of a perceptron's hidden layers."""


LACKING = {"linear": ("hidden",), "softmax": ("sigma", "hidden")}
"""What some policies have none of."""


class TrainConfig(Spec):
    """The settings of a training."""

    schema_version: Literal[1] = 1
    """Version of the file's layout."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    """The run's name: letters, digits, dot, dash, underscore."""
    algorithm: str
    """Which algorithm."""
    options: dict[str, Any]
    """Its options, all of them."""
    policy: str
    """Which policy; a name of `POLICIES`."""
    policy_options: PolicyOptions = PolicyOptions()
    """How it begins."""
    environments: Count = 8
    """How many walk side by side; what is learned depends on it, unlike on the number of workers."""
    stopping: Stopping
    """When to stop."""
    snapshots: tuple[Count, ...] = ()
    """After so many steps a copy of the policy is kept."""
    fresh: Annotated[int, Field(strict=True, ge=2)] = 20
    """Fresh traversals by which gait and policy are reported."""
    seed: Annotated[int, Field(strict=True, ge=0)]
    """Seed of the run's one SeedSequence."""
    gait_name: str
    """Where the gait came from."""
    gait: Twelve
    """The gait's twelve parameters, SI units."""
    pace_mps: NonNegative = 0.0
    """The gait's own speed, which rewards are compared with [m/s]."""
    interface: Interface
    """What the policy sees and changes."""
    engine: EngineSpec
    """How the physics are computed."""
    versions: dict[str, str]
    """Versions of what computes, and the git revision."""
    scenario: ScenarioSpec
    """Where the robot walks."""
    robot: RobotSpec
    """The robot."""

    @field_validator("options")
    @classmethod
    def _with_none(cls, options: dict[str, Any], settings: ValidationInfo) -> dict[str, Any]:
        """Put in the options that are None, which TOML cannot say: all others are there."""
        known = nullable(settings.data["algorithm"]) if settings.data.get("algorithm") in ALGORITHMS else ()
        return options | {name: None for name in known if name not in options}

    @model_validator(mode="after")
    def _known(self) -> TrainConfig:
        if self.policy not in POLICIES:
            raise ValueError(str(unknown_name("policy", self.policy, POLICIES)))
        fitting = usual_interface(self.policy).actions
        if self.interface.actions != fitting:
            raise ValueError(
                f"interface.actions: got {self.interface.actions!r}, expected {fitting!r} for a {self.policy} policy; "
                "choose another --policy, or leave them out"
            )
        if self.stopping.endless:
            raise ValueError("stopping: got no rule; give a number of steps, iterations, or a return to reach")
        return self

    @property
    def start_gait(self) -> GaitParameters:
        """The gait that is adjusted."""
        return GaitParameters(**self.gait)

    def environment(self) -> TraversalEnvironment:
        """Return one environment."""
        return TraversalEnvironment(
            self.start_gait, self.robot, self.scenario, self.interface, self.pace_mps, self.engine
        )


def resolve_training(
    *,
    robot: RobotSpec,
    scenario: ScenarioSpec,
    gait: Gait,
    gait_name: str,
    algorithm: str,
    stopping: Stopping,
    seed: int,
    policy: str | None = None,
    policy_options: PolicyOptions | None = None,
    name: str | None = None,
    options: dict[str, Any] | None = None,
    interface: Interface | None = None,
    environments: int = 8,
    engine: EngineSpec | None = None,
    fresh: int = 20,
    snapshots: Sequence[int] = (),
) -> TrainConfig:
    """Return the complete settings of a training.

    Raises:
        InputError: a name is unknown, an option is out of range, or the gait is another robot's.
    """
    check_gait(gait, robot, gait_name)
    if algorithm not in ALGORITHMS:
        raise unknown_name("algorithm", algorithm, ALGORITHMS)
    policy = policy or usual_policy(algorithm)
    settings = {
        "name": name or f"{robot.name}-{algorithm}-{scenario.name}",
        "algorithm": algorithm,
        "options": resolve_options(algorithm, {**walking_options(algorithm, policy), **(options or {})}),
        "policy": policy,
        "policy_options": policy_options or PolicyOptions(),
        "environments": environments,
        "stopping": stopping,
        "snapshots": tuple(snapshots),
        "fresh": fresh,
        "seed": seed,
        "gait_name": gait_name,
        "gait": dict(vars(gait.parameters)),
        "interface": interface or usual_interface(policy),
        "engine": engine or engine_of(robot),
        "versions": current_versions(),
        "scenario": scenario,
        "robot": robot,
    }
    return parse_spec(TrainConfig, settings, "settings of the training")


def walking_options(algorithm: str, policy: str | None = None) -> dict[str, Any]:
    """Return the options of an algorithm that suit walking, where they differ from its own."""
    steering = STEERING_OPTIONS if policy == "softmax" else {}
    return steering.get(algorithm, DEFAULT_OPTIONS.get(algorithm, {}))


def usual_policy(algorithm: str) -> str:
    """Return the policy that an algorithm trains if nobody names one."""
    return DEFAULT_POLICY.get(algorithm, "linear")


def usual_interface(policy: str) -> Interface:
    """Return what a policy sees and changes if nobody says otherwise: a softmax policy steers."""
    return {"softmax": STEERING, "linear": SEEING_SPEED}.get(policy, WALKING)


def check_beginning(policy: str, options: PolicyOptions) -> None:
    """Check that a policy has all that is said of how it begins.

    Raises:
        InputError: it lacks something that was changed.
    """
    usual = PolicyOptions()
    for name in LACKING.get(policy, ()):
        if getattr(options, name) != getattr(usual, name):
            raise InputError(
                f"policy.{name}: got {getattr(options, name)}; a {policy} policy has none; leave it out, "
                "or choose another --policy"
            )


def new_policy(config: TrainConfig, environment: TraversalEnvironment) -> Policy:
    """Return the run's policy, at its start."""
    observed, actions, kind = environment.observation_size, environment.actions, POLICIES[config.policy]
    if kind == SoftmaxPolicy.kind:
        return SoftmaxPolicy(DiscreteFeatures.products(observed, actions))
    sizes: dict[str, Any] = {"observation_size": observed, "actions": actions, "sigma": config.policy_options.sigma}
    if kind == LinearGaussianPolicy.kind:
        sizes["normalize"] = True  # what is observed has many units
    if kind == GaussianMLPPolicy.kind:
        sizes |= {"rng": generator(config.seed, Stream.LEARNING), "hidden": config.policy_options.hidden}
    return make_policy(kind, sizes)


def new_algorithm(config: TrainConfig, policy: Policy) -> Algorithm:
    """Return the run's algorithm, at its start."""
    return make_algorithm(config.algorithm, policy, generator(config.seed, Stream.OPTIMIZER), config.options)
