"""The optimizers by name; each module is imported when its optimizer is first used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gaitopt.registry import Entry, Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

    from gaitopt.optim.base import Features, Optimizer, OptimizerOptions

DEFAULT = "ego-cma"
"""The optimizer used if none is named."""

# The class of each optimizer, in the module of its name, and one line for a list.
_OWN = {
    "kohl-stone": ("KohlStone", "policy gradient from random policies, all parameters at once"),
    "forward-difference": ("ForwardDifference", "policy gradient by differences, one parameter at a time"),
    "central-difference": ("CentralDifference", "policy gradient by differences up and down, one parameter at a time"),
    "linear-regression": ("LinearRegression", "policy gradient by least squares on random policies"),
    "gradient-ascent": ("GradientAscent", "steps in proportion to the gradient of central differences"),
    "conjugate-gradient": ("ConjugateGradient", "Polak-Ribiere with restart, on central differences and line searches"),
    "bfgs": ("BFGS", "quasi-Newton, on central differences and line searches"),
    "powell": ("Powell", "line searches along adapted directions, without gradients"),
    "nelder-mead": ("NelderMead", "a simplex of n + 1 points that moves uphill"),
    "hill-climbing": ("HillClimbing", "moves to the best of a few random neighbors, if it is better"),
    "genetic-algorithm": ("GeneticAlgorithm", "crossover and mutation; elites are measured again"),
    "cma-es": ("CMAES", "covariance matrix adaptation, by the package cma"),
    "bayesian": ("Bayesian", "a Gaussian process chooses the points; few evaluations, slow to compute"),
    "ego-cma": ("EgoCMA", "bayesian first, then cma-es on points selected by its process"),
    "random-search": ("RandomSearch", "uniform random points; the baseline"),
}

OPTIMIZERS: Registry[type[Any]] = Registry(
    "optimizer",
    "gaitopt.optimizers",
    {n: Entry(f"gaitopt.optim.{n.replace('-', '_')}:{kind}", summary) for n, (kind, summary) in _OWN.items()},
)
"""A name is one of these, an entry point of another package, or the place of any class as `module:Class`.

A class that is not an `Optimizer` needs `ask` and `tell`; see `gaitopt.optim.adapter`.
"""


def options_spec(name: str) -> type[OptimizerOptions]:
    """Return the spec of an optimizer's options.

    Raises:
        InputError: no optimizer has this name, or it cannot be used as one.
    """
    from gaitopt.optim.adapter import foreign_options
    from gaitopt.optim.base import Optimizer

    kind: Any = OPTIMIZERS.load(name)
    native = isinstance(kind, type) and issubclass(kind, Optimizer)
    return kind.Options if native else foreign_options(name, kind)


def parse_options(name: str, options: Mapping[str, Any] | None = None) -> OptimizerOptions:
    """Return the options of an optimizer, with the defaults filled in.

    Raises:
        InputError: no optimizer has this name, or it has no such option, or a value is out of range.
    """
    from gaitopt.spec import parse_spec

    return parse_spec(options_spec(name), options or {}, f"options of {name}")


def resolve_options(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every option of an optimizer with its value, fit for TOML; see `parse_options`."""
    return parse_options(name, options).model_dump(exclude_none=True)


def options_table(name: str) -> list[dict[str, Any]]:
    """Return type, default, bounds and meaning of every option of an optimizer; see `field_table`."""
    from gaitopt.field_table import field_table

    return field_table(options_spec(name))


def make_optimizer(
    name: str,
    start: ArrayLike,
    epsilon: ArrayLike,
    rng: np.random.Generator,
    options: Mapping[str, Any] | None = None,
    features: Features | None = None,
) -> Optimizer:
    """Return a new optimizer that begins at `start`; see `Optimizer` and `parse_options`."""
    from gaitopt.optim.adapter import AskTell
    from gaitopt.optim.base import Optimizer

    parsed = parse_options(name, options)
    kind = OPTIMIZERS.load(name)
    if not issubclass(kind, Optimizer):
        return AskTell(name, kind, start, epsilon, rng, parsed)
    optimizer: Optimizer = kind(start, epsilon, rng, parsed)
    if features is not None:
        optimizer.inform(features)
    return optimizer
