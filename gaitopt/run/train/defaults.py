"""Defaults of training on a walking robot: observations and actions of policies, and options of algorithms."""

from __future__ import annotations

from typing import Any

from gaitopt.walk.adjustment import Adjustments
from gaitopt.walk.policy_controller import STEERING, Interface

WALKING = Interface(adjust=Adjustments(residuals=False, parameter_reach=0.3))
"""Default observation and action of a policy: with half as many actions it learns sooner."""
SEEING_SPEED = WALKING.model_copy(update={"observe": ("phase", "tilt", "rates", "heading", "offsets", "velocity")})
"""The same for linear policies, and in comparisons: no linear function of the other observations distinguishes a lunge
from speed. The velocity is known in simulation only."""
DEFAULT_POLICY = {"ppo": "perceptron"}
"""Policies of algorithms that do not use the linear one."""
_SECOND = {"discount": 0.97}
"""Horizon of some 30 steps, one second: two cycles, in which a stumble becomes a fall."""
_STRIDE = {"discount": 0.9}
"""Horizon of some 10 steps, most of a cycle: linear critics predict no further."""
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
"""Default options for walking, where they differ from the algorithms' own."""
_FEW = {**_SECOND, **_ADAM, "steps": 1024, "actor_rate": 0.03}
STEERING_OPTIONS: dict[str, dict[str, Any]] = {
    "reinforce": {**_SECOND, **_ADAM, "episodes": 8, "actor_rate": 0.1},  # whole episodes: larger steps
    **dict.fromkeys(_ACTOR_CRITICS, _FEW),
    "natural-actor-critic": {**_SECOND, "steps": 2048},
}
"""Default options for softmax policies, which have few parameters."""


def walking_options(algorithm: str, policy: str | None = None) -> dict[str, Any]:
    """Return the options of an algorithm that suit walking, where they differ from its own."""
    steering = STEERING_OPTIONS if policy == "softmax" else {}
    return steering.get(algorithm, DEFAULT_OPTIONS.get(algorithm, {}))


def usual_policy(algorithm: str) -> str:
    """Return the default policy of an algorithm."""
    return DEFAULT_POLICY.get(algorithm, "linear")


def usual_interface(policy: str) -> Interface:
    """Return the default observation and action of a policy: a softmax policy steers."""
    return {"softmax": STEERING, "linear": SEEING_SPEED}.get(policy, WALKING)
