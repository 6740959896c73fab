"""The policy-gradient algorithms by name; each module is imported when its algorithm is first used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from gaitopt.errors import InputError
from gaitopt.registry import Entry, Registry

if TYPE_CHECKING:
    import numpy as np

    from gaitopt.rl.algorithms.base import Algorithm, AlgorithmOptions
    from gaitopt.rl.policies.base import Policy

# The class of each algorithm, in the module of its name, the term that stands in place of Q(s, a), one line for a list.
_OWN = {
    "reinforce": ("Reinforce", "v_t - B(s)", "Monte-Carlo returns of whole episodes, with or without baseline"),
    "qac": ("QActorCritic", "Q_w(s, a)", "an action-value critic, learned by Sarsa"),
    "advantage-actor-critic": ("AdvantageActorCritic", "Q_w(s, a) - V_v(s)", "two critics, both learned by TD"),
    "td-actor-critic": ("TDActorCritic", "r + gamma V_v(s') - V_v(s)", "the TD error of one critic"),
    "td-lambda": ("TDLambdaActorCritic", "v_t^lambda - V_v(s), or delta e", "lambda-returns or eligibility traces"),
    "natural-actor-critic": ("NaturalActorCritic", "A_w = psi^T w; moves along w", "compatible features"),
    "ppo": ("PPO", "clipped ratio times GAE", "several epochs per batch, with the policy kept close"),
    "augmented-random-search": (
        "AugmentedRandomSearch",
        "J(theta + nu d) - J(theta - nu d)",
        "no gradient: random directions in parameter space; a baseline",
    ),
}

ALGORITHMS: Registry[type[Any]] = Registry(
    "algorithm",
    "gaitopt.algorithms",
    {n: Entry(f"gaitopt.rl.algorithms.{n.replace('-', '_')}:{kind}", line) for n, (kind, _, line) in _OWN.items()},
)
"""A name is one of these, an entry point of another package, or the place of a subclass of `Algorithm` as
`module:Class`."""
IN_PLACE_OF_Q = {name: term for name, (_, term, _) in _OWN.items()}
"""The term that stands in place of Q(s, a), by the name of gaitopt's own algorithms."""


def algorithm_class(name: str) -> type[Algorithm]:
    """Return the class of an algorithm.

    Raises:
        InputError: no algorithm has this name, or it is not one.
    """
    from gaitopt.rl.algorithms.base import Algorithm

    found = ALGORITHMS.load(name)
    if not (isinstance(found, type) and issubclass(found, Algorithm)):
        raise InputError(f"algorithm {name}: got {found!r}; expected a subclass of {Algorithm.__module__}.Algorithm")
    return found


def options_spec(name: str) -> type[AlgorithmOptions]:
    """Return the spec of an algorithm's options; see `algorithm_class`."""
    return algorithm_class(name).Options


def parse_options(name: str, options: Mapping[str, Any] | None = None) -> AlgorithmOptions:
    """Return the options of an algorithm, with the defaults filled in.

    Raises:
        InputError: no algorithm has this name, or it has no such option, or a value is out of range.
    """
    from gaitopt.spec import parse_spec

    return parse_spec(options_spec(name), options or {}, f"options of {name}")


def resolve_options(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every option of an algorithm with its value; see `parse_options`."""
    return parse_options(name, options).model_dump()


def options_table(name: str, defaults: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return type, default, bounds and meaning of every option of an algorithm.

    Args:
        name: the algorithm.
        defaults: values that stand in place of its own defaults, such as those for walking.
    """
    from gaitopt.field_table import field_table

    return field_table(options_spec(name), defaults)


def nullable(name: str) -> tuple[str, ...]:
    """Return the names of those options of an algorithm that may be None."""
    fields = options_spec(name).model_fields
    return tuple(key for key, field in fields.items() if type(None) in get_args(field.annotation))


def make_algorithm(
    name: str, policy: Policy, rng: np.random.Generator, options: Mapping[str, Any] | None = None
) -> Algorithm:
    """Return a new algorithm that trains `policy` in place; see `Algorithm` and `parse_options`."""
    return algorithm_class(name)(policy, rng, parse_options(name, options))
