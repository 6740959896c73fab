"""Settings of a training of a policy on a gait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, model_validator

from gaitopt.errors import InputError, unknown_name
from gaitopt.rl.algorithms.base import Algorithm
from gaitopt.rl.algorithms.catalog import ALGORITHMS, make_algorithm, nullable, resolve_options
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.rl.training import Stopping
from gaitopt.run.settings.base import EvaluationWalks, Seed, Settings, adjusted
from gaitopt.run.train.defaults import usual_interface, usual_policy, walking_options
from gaitopt.seeding import Stream, generator
from gaitopt.spec import Count, Positive, Real, Spec
from gaitopt.walk.environment import TraversalEnvironment
from gaitopt.walk.policy_controller import Interface

STEPS = 200_000
"""Environment steps after which a training stops by default."""
POLICIES = {
    "linear": LinearGaussianPolicy.kind,
    "perceptron": GaussianMLPPolicy.kind,
    "softmax": SoftmaxPolicy.kind,
}
"""Kinds of policies by their names in settings."""


class PolicyOptions(Spec):
    """Initial noise and layers of a policy; a softmax policy has neither."""

    sigma: Positive = 0.3
    """Initial standard deviation of the actions, as a fraction of their reach: exploration that seldom makes the robot
    fall."""
    hidden: Annotated[tuple[Count, ...], Field(min_length=1)] = (64, 64)
    """Sizes of a perceptron's hidden layers."""


LACKING = {"linear": ("hidden",), "softmax": ("sigma", "hidden")}
"""Options that some policies do not have."""


class TrainSettings(Settings):
    """Settings of a training; see `gaitopt.train`."""

    kind: ClassVar[str] = "train"

    if TYPE_CHECKING:  # or type checkers would want specs, and every field

        def __init__(self, /, **fields: Any) -> None: ...

    algorithm: str = "ppo"
    """Algorithm; see `gaitopt list algorithms`."""
    options: dict[str, Any]
    """Options of the algorithm (default: those that suit walking)."""
    policy: str
    """Policy: linear, perceptron or softmax (default: the algorithm's usual one)."""
    policy_options: PolicyOptions = PolicyOptions()
    """Initial noise and layers of the policy; see `PolicyOptions`."""
    interface: Interface
    """Observation and action of the policy (default: its usual ones)."""
    steps: Count | None
    """Budget: environment steps after which training stops (default: 200000, unless iterations are given)."""
    iterations: Count | None = None
    """Updates after which training stops."""
    return_goal: Real | None = None
    """Mean return of the last 100 episodes at which training stops."""
    environments: Count = 8
    """Number of parallel environments; unlike the number of workers, it changes what is learned."""
    snapshots: tuple[Count, ...] = ()
    """Numbers of environment steps after which a copy of the policy is kept, with commas between (default: none)."""
    fresh: EvaluationWalks = 20
    """Evaluation walks of the gait alone and of the policy, not used for learning."""
    seed: Seed = 0
    """Random seed."""

    @classmethod
    def completed(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the settings given with names resolved and defaults filled in; see `Settings.completed`."""
        values = super().completed(given)
        algorithm = ALGORITHMS.name_of(given.get("algorithm", "ppo"))
        nullable(algorithm)  # raises for an unknown name, before its policy is looked up
        policy = given.get("policy", usual_policy(algorithm))
        if policy not in POLICIES:
            raise unknown_name("policy", str(policy), POLICIES)
        return {
            "name": f"{values['robot'].name}-{algorithm.rpartition(':')[2]}-{values['scenario'].name}",
            "steps": None if "iterations" in given else STEPS,
            **values,
            "algorithm": algorithm,
            "options": training_options(algorithm, policy, given.get("options")),
            "policy": policy,
            "policy_options": adjusted(PolicyOptions(), given.get("policy_options", {}), "policy"),
            "interface": adjusted(usual_interface(policy), given.get("interface", {}), "interface"),
        }

    @model_validator(mode="after")
    def _fits(self) -> TrainSettings:
        usual = PolicyOptions()
        for name in LACKING.get(self.policy, ()):
            if getattr(self.policy_options, name) != getattr(usual, name):
                raise InputError(
                    f"policy.{name}: got {getattr(self.policy_options, name)}; a {self.policy} policy has none; "
                    "leave it out, or choose another policy"
                )
        fitting = usual_interface(self.policy).actions
        if self.interface.actions != fitting:
            raise InputError(
                f"interface.actions: got {self.interface.actions!r}, expected {fitting!r} for a {self.policy} policy; "
                "choose another policy, or leave them out"
            )
        return self

    @property
    def stopping(self) -> Stopping:
        """Stopping rules of training."""
        return Stopping(steps=self.steps, iterations=self.iterations, return_goal=self.return_goal)

    def environment(self, pace_mps: float = 0.0) -> TraversalEnvironment:
        """Return one environment; rewards are compared with the gait's own speed, `pace_mps` [m/s]."""
        return TraversalEnvironment(self.start_gait, self.robot, self.scenario, self.interface, pace_mps, self.engine)


def training_options(algorithm: str, policy: str, given: Any) -> dict[str, Any]:
    """Return all options of an algorithm; by default those that suit walking. The word `none` means no value."""
    may_be_none = nullable(algorithm)
    options = {
        name: None if value == "none" and name in may_be_none else value for name, value in (given or {}).items()
    }
    return resolve_options(algorithm, {**walking_options(algorithm, policy), **options})


def new_policy(settings: TrainSettings, environment: TraversalEnvironment) -> Policy:
    """Return the training's policy in its initial state."""
    observed, actions, kind = environment.observation_size, environment.actions, POLICIES[settings.policy]
    if kind == SoftmaxPolicy.kind:
        return SoftmaxPolicy(DiscreteFeatures.products(observed, actions))
    options = settings.policy_options
    sizes: dict[str, Any] = {"observation_size": observed, "actions": actions, "sigma": options.sigma}
    if kind == LinearGaussianPolicy.kind:
        sizes["normalize"] = True  # observations have many units
    if kind == GaussianMLPPolicy.kind:
        sizes |= {"rng": generator(settings.seed, Stream.LEARNING), "hidden": options.hidden}
    return make_policy(kind, sizes)


def new_algorithm(settings: TrainSettings, policy: Policy) -> Algorithm:
    """Return the training's algorithm in its initial state."""
    return make_algorithm(settings.algorithm, policy, generator(settings.seed, Stream.OPTIMIZER), settings.options)
