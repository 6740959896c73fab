"""Interface of all optimizers: `ask` returns points of the unit cube, `tell` takes their measured scores."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array
from gaitopt.errors import ProtocolError
from gaitopt.optim.arrays import check_all, check_array, read_only
from gaitopt.spec import Count, Spec


@dataclass(frozen=True)
class Features:
    """Features of points that are known before any measurement."""

    of: Callable[[Array], Array]
    """Function that returns the features (k, m) of points (k, n)."""
    trends: int
    """Number of leading features with which scores are expected to rise or fall most."""


class OptimizerOptions(Spec):
    """Options of every optimizer."""

    repeats: Count = 3
    """Number of measurements of every point; `tell` takes their mean."""


class Optimizer(ABC):
    """Maximizes a noisy function over the unit cube [0, 1]^n.

    A subclass implements `_propose`, `_learn` and `batch`, and `_prepare` if it has a state of its own; this class
    checks the order of calls and the arrays that come in. The same generator and the same scores give the same points,
    bit for bit.
    """

    Options: ClassVar[type[OptimizerOptions]] = OptimizerOptions
    """Spec of its options."""
    _options: OptimizerOptions

    def __init__(
        self, start: ArrayLike, epsilon: ArrayLike, rng: np.random.Generator, options: OptimizerOptions
    ) -> None:
        """Initialize.

        Args:
            start: the first point, shape (n,), each coordinate in 0 to 1.
            epsilon: a small step in each coordinate, in cube units, shape (n,), above 0.
            rng: the only source of randomness.
            options: the subclass's options.

        Raises:
            InputError: start or epsilon has the wrong shape or lies outside its range.
        """
        self._start = check_array("start", start, (max(np.size(start), 1),))  # (n,)
        self._epsilon = check_array("epsilon", epsilon, self._start.shape)  # (n,)
        check_all("start", self._start, (self._start >= 0) & (self._start <= 1), "a number in 0 to 1")
        check_all("epsilon", self._epsilon, self._epsilon > 0, "a number above 0")
        self._rng = rng
        self._options = options
        self._asked: Array | None = None
        self._best = self._start
        self._best_score = -math.inf
        self._prepare()

    def _prepare(self) -> None:  # noqa: B027 - some methods have no state
        """Prepare the method's own state."""

    @property
    @abstractmethod
    def batch(self) -> int:
        """Number of points that the next ask returns; an iteration costs batch * repeats evaluations."""

    @property
    def repeats(self) -> int:
        """Number of times the caller must measure every point."""
        return self._options.repeats

    @property
    def best(self) -> Array:
        """Recommended point, shape (n,), read-only; the start before any tell."""
        return read_only(self._best)

    def inform(self, features: Features) -> None:  # noqa: B027 - most methods have no use for it
        """Take known features of points; to be called before the first ask."""

    def stop_reasons(self) -> dict[str, str]:
        """Return the reasons to stop, by short name; empty if there are none."""
        return {}

    def ask(self) -> Array:
        """Return the points to measure, shape (k, n), read-only.

        Raises:
            ProtocolError: the last points have no scores yet.
        """
        if self._asked is not None:
            waiting = f"{len(self._asked)} points still wait for their scores"
            raise ProtocolError(
                f"ask() was called twice: {waiting}, expected one tell for every ask; call tell() first"
            )
        self._asked = read_only(self._propose())  # (k, n)
        return self._asked

    def tell(self, points: ArrayLike, scores: ArrayLike) -> None:
        """Learn from the last points (k, n) and the mean score of each (k,); higher is better.

        After an error nothing is learned, and the same points still wait for their scores.

        Raises:
            ProtocolError: ask was not called, or these are other points.
            InputError: an array has the wrong shape, or a value is not finite.
        """
        asked = self._asked
        if asked is None:
            raise ProtocolError("tell() was called without ask(), expected one ask for every tell; call ask() first")
        given = check_array("points", points, asked.shape)  # (k, n)
        means = check_array("scores", scores, asked.shape[:1])  # (k,)
        if not np.array_equal(given, asked):
            row = int(np.argwhere(given != asked)[0, 0])
            raise ProtocolError(
                f"points[{row}]: got a point that ask() did not return, expected its {len(asked)} "
                "points in order; pass what ask() returned"
            )
        self._asked = None
        self._learn(asked, means)

    @abstractmethod
    def _propose(self) -> Array:
        """Return the next points to measure, shape (k, n), inside the cube."""

    @abstractmethod
    def _learn(self, points: Array, scores: Array) -> None:
        """Learn from the scores (k,) of the last points (k, n); both are read-only."""

    def _consider(self, point: Array, score: float) -> None:
        """Recommend this point if its score is the highest so far; the first of equals stays."""
        if score > self._best_score:
            self._best, self._best_score = point, score
