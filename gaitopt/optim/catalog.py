"""The optimizers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.errors import unknown_name
from gaitopt.optim.base import Features, Optimizer, OptimizerOptions
from gaitopt.optim.bayesian import Bayesian, BayesianOptions
from gaitopt.optim.bfgs import BFGS, BFGSOptions
from gaitopt.optim.central_difference import CentralDifference, CentralDifferenceOptions
from gaitopt.optim.cma_es import CMAES, CMAESOptions
from gaitopt.optim.conjugate_gradient import ConjugateGradient, ConjugateGradientOptions
from gaitopt.optim.ego_cma import EgoCMA, EgoCMAOptions
from gaitopt.optim.forward_difference import ForwardDifference, ForwardDifferenceOptions
from gaitopt.optim.genetic_algorithm import GeneticAlgorithm, GeneticAlgorithmOptions
from gaitopt.optim.gradient_ascent import GradientAscent, GradientAscentOptions
from gaitopt.optim.hill_climbing import HillClimbing, HillClimbingOptions
from gaitopt.optim.kohl_stone import KohlStone, KohlStoneOptions
from gaitopt.optim.linear_regression import LinearRegression, LinearRegressionOptions
from gaitopt.optim.nelder_mead import NelderMead, NelderMeadOptions
from gaitopt.optim.powell import Powell, PowellOptions
from gaitopt.optim.random_search import RandomSearch, RandomSearchOptions
from gaitopt.spec import parse_spec


@dataclass(frozen=True)
class Entry:
    """One optimizer of the catalog."""

    build: Callable[[ArrayLike, ArrayLike, np.random.Generator, Any], Optimizer]
    """Its class, called with (start, epsilon, rng, options)."""
    options: type[OptimizerOptions]
    """The spec of its options."""
    summary: str
    """One line for a list."""


DEFAULT = "ego-cma"
"""The optimizer that learns if nobody names one; README tells why."""
OPTIMIZERS: dict[str, Entry] = {
    "kohl-stone": Entry(
        KohlStone,
        KohlStoneOptions,
        "policy gradient from random policies, all parameters at once",
    ),
    "forward-difference": Entry(
        ForwardDifference,
        ForwardDifferenceOptions,
        "policy gradient by differences, one parameter at a time",
    ),
    "central-difference": Entry(
        CentralDifference,
        CentralDifferenceOptions,
        "policy gradient by differences up and down, one parameter at a time",
    ),
    "linear-regression": Entry(
        LinearRegression,
        LinearRegressionOptions,
        "policy gradient by least squares on random policies",
    ),
    "gradient-ascent": Entry(
        GradientAscent,
        GradientAscentOptions,
        "steps in proportion to the gradient of central differences",
    ),
    "conjugate-gradient": Entry(
        ConjugateGradient,
        ConjugateGradientOptions,
        "Polak-Ribiere with restart, on central differences and line searches",
    ),
    "bfgs": Entry(BFGS, BFGSOptions, "quasi-Newton, on central differences and line searches"),
    "powell": Entry(Powell, PowellOptions, "line searches along directions that it learns, without gradients"),
    "nelder-mead": Entry(NelderMead, NelderMeadOptions, "a simplex of n + 1 points that tumbles uphill"),
    "hill-climbing": Entry(HillClimbing, HillClimbingOptions, "to the best of a few random neighbors, if it is higher"),
    "genetic-algorithm": Entry(GeneticAlgorithm, GeneticAlgorithmOptions, "breeds points; elites are measured again"),
    "cma-es": Entry(CMAES, CMAESOptions, "covariance matrix adaptation, by the package cma"),
    "bayesian": Entry(Bayesian, BayesianOptions, "a Gaussian process says where to look; few evaluations, slow to ask"),
    "ego-cma": Entry(EgoCMA, EgoCMAOptions, "bayesian first, then cma-es on points that its process picks"),
    "random-search": Entry(RandomSearch, RandomSearchOptions, "uniform random points; what the others must beat"),
}


def parse_options(name: str, options: Mapping[str, Any] | None = None) -> OptimizerOptions:
    """Return the options of an optimizer, with the defaults filled in.

    Raises:
        InputError: no optimizer has this name, or it has no such option, or a value is out of range.
    """
    return parse_spec(_entry(name).options, options or {}, f"options of {name}")


def resolve_options(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every option of an optimizer with its value, fit for TOML; see `parse_options`."""
    return parse_options(name, options).model_dump()


def make_optimizer(
    name: str,
    start: ArrayLike,
    epsilon: ArrayLike,
    rng: np.random.Generator,
    options: Mapping[str, Any] | None = None,
    features: Features | None = None,
) -> Optimizer:
    """Return a new optimizer that begins at `start`; see `Optimizer` and `parse_options`."""
    optimizer = _entry(name).build(start, epsilon, rng, parse_options(name, options))
    if features is not None:
        optimizer.inform(features)
    return optimizer


def _entry(name: str) -> Entry:
    if name not in OPTIMIZERS:
        raise unknown_name("optimizer", name, OPTIMIZERS)
    return OPTIMIZERS[name]
