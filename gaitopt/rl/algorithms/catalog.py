"""The policy-gradient algorithms by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from gaitopt.errors import unknown_name
from gaitopt.rl.algorithms.advantage_actor_critic import AdvantageActorCritic
from gaitopt.rl.algorithms.augmented_random_search import AugmentedRandomSearch, AugmentedRandomSearchOptions
from gaitopt.rl.algorithms.base import ActorCriticOptions, Algorithm, AlgorithmOptions
from gaitopt.rl.algorithms.natural_actor_critic import NaturalActorCritic, NaturalActorCriticOptions
from gaitopt.rl.algorithms.ppo import PPO, PPOOptions
from gaitopt.rl.algorithms.qac import QActorCritic
from gaitopt.rl.algorithms.reinforce import Reinforce, ReinforceOptions
from gaitopt.rl.algorithms.td_actor_critic import TDActorCritic
from gaitopt.rl.algorithms.td_lambda import TDLambdaActorCritic, TDLambdaOptions
from gaitopt.rl.policies.base import Policy
from gaitopt.spec import parse_spec


@dataclass(frozen=True)
class Entry:
    """One algorithm of the catalog."""

    build: Callable[[Policy, np.random.Generator, Any], Algorithm]
    """Its class, called with (policy, rng, options)."""
    options: type[AlgorithmOptions]
    """The spec of its options."""
    in_place_of_q: str
    """The term that stands in place of Q(s, a)."""
    summary: str
    """One line for a list."""


ALGORITHMS: dict[str, Entry] = {
    "reinforce": Entry(
        Reinforce, ReinforceOptions, "v_t - B(s)", "Monte-Carlo returns of whole episodes, with or without baseline"
    ),
    "qac": Entry(QActorCritic, ActorCriticOptions, "Q_w(s, a)", "a critic of actions, learned by Sarsa"),
    "advantage-actor-critic": Entry(
        AdvantageActorCritic, ActorCriticOptions, "Q_w(s, a) - V_v(s)", "two critics, both learned by TD"
    ),
    "td-actor-critic": Entry(
        TDActorCritic, ActorCriticOptions, "r + gamma V_v(s') - V_v(s)", "the TD error of one critic"
    ),
    "td-lambda": Entry(
        TDLambdaActorCritic, TDLambdaOptions, "v_t^lambda - V_v(s), or delta e", "lambda-returns or eligibility traces"
    ),
    "natural-actor-critic": Entry(
        NaturalActorCritic, NaturalActorCriticOptions, "A_w = psi^T w; moves along w", "compatible features"
    ),
    "ppo": Entry(PPO, PPOOptions, "clipped ratio times GAE", "several epochs on a batch, the policy kept near"),
    "augmented-random-search": Entry(
        AugmentedRandomSearch,
        AugmentedRandomSearchOptions,
        "J(theta + nu d) - J(theta - nu d)",
        "no gradient: random directions of the parameters; the baseline",
    ),
}


def parse_options(name: str, options: Mapping[str, Any] | None = None) -> AlgorithmOptions:
    """Return the options of an algorithm, with the defaults filled in.

    Raises:
        InputError: no algorithm has this name, or it has no such option, or a value is out of range.
    """
    return parse_spec(_entry(name).options, options or {}, f"options of {name}")


def resolve_options(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every option of an algorithm with its value; see `parse_options`."""
    return parse_options(name, options).model_dump()


def nullable(name: str) -> tuple[str, ...]:
    """Return the names of those options of an algorithm that may be None."""
    fields = _entry(name).options.model_fields
    return tuple(key for key, field in fields.items() if type(None) in get_args(field.annotation))


def make_algorithm(
    name: str, policy: Policy, rng: np.random.Generator, options: Mapping[str, Any] | None = None
) -> Algorithm:
    """Return a new algorithm that trains `policy` in place; see `Algorithm` and `parse_options`."""
    return _entry(name).build(policy, rng, parse_options(name, options))


def _entry(name: str) -> Entry:
    if name not in ALGORITHMS:
        raise unknown_name("algorithm", name, ALGORITHMS)
    return ALGORITHMS[name]
