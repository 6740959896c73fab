"""The contract of every optimizer: ask for points of the unit cube, measure them, tell their scores."""

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
    """What is known of points before they are measured."""

    of: Callable[[Array], Array]
    """Returns the features (k, m) of points (k, n)."""
    trends: int
    """Scores are expected to rise or fall with the first so many of them, more than with the others."""


class OptimizerOptions(Spec):
    """What every optimizer lets the user choose."""

    repeats: Count = 3
    """How many times every asked point is measured; the score told is the mean."""


class Optimizer(ABC):
    """Maximizes a noisy function over the unit cube [0, 1]^n.

    A subclass writes `_propose`, `_learn` and `batch`; the order of the calls and the arrays that come in
    are check_array here. The same generator and the same scores give the same points, bit for bit.
    """

    Options: ClassVar[type[OptimizerOptions]] = OptimizerOptions
    """The spec of its options."""

    def __init__(
        self, start: ArrayLike, epsilon: ArrayLike, rng: np.random.Generator, options: OptimizerOptions
    ) -> None:
        """Begin at a point of the cube.

        Args:
            start: the point to begin at, shape (n,), each coordinate in 0 to 1.
            epsilon: the size of a small change of each coordinate, in cube units, shape (n,), above 0.
            rng: the only source of chance.
            options: the subclass's own options.

        Raises:
            InputError: start or epsilon has the wrong shape or lies outside its range.
        """
        self._start = check_array("start", start, (max(np.size(start), 1),))  # (n,)
        self._epsilon = check_array("epsilon", epsilon, self._start.shape)  # (n,)
        check_all("start", self._start, (self._start >= 0) & (self._start <= 1), "a number in 0 to 1")
        check_all("epsilon", self._epsilon, self._epsilon > 0, "a number above 0")
        self._rng = rng
        self._repeats = options.repeats
        self._asked: Array | None = None
        self._best = self._start
        self._best_score = -math.inf

    @property
    @abstractmethod
    def batch(self) -> int:
        """How many points the next ask returns; an iteration costs batch * repeats evaluations."""

    @property
    def repeats(self) -> int:
        """How many times the caller must measure every asked point."""
        return self._repeats

    @property
    def best(self) -> Array:
        """The point recommended now, shape (n,), read-only; the start before any tell."""
        return read_only(self._best)

    def inform(self, features: Features) -> None:  # noqa: B027 - most methods have no use for it
        """Take in what is known of points; to be called before the first ask."""

    def stop_reasons(self) -> dict[str, str]:
        """Return why it should not go on, by short name; empty while it may."""
        return {}

    def ask(self) -> Array:
        """Return the points to measure, shape (k, n), read-only.

        Raises:
            ProtocolError: the points asked before still wait for their scores.
        """
        if self._asked is not None:
            waiting = f"{len(self._asked)} points asked before wait for their scores"
            raise ProtocolError(f"ask came twice: {waiting}, expected one tell for every ask; call tell() first")
        self._asked = read_only(self._propose())  # (k, n)
        return self._asked

    def tell(self, points: ArrayLike, scores: ArrayLike) -> None:
        """Learn from the asked points (k, n) and the mean of each point's repeats (k,); higher is better.

        After an error nothing is learned, and the same points still wait for their scores.

        Raises:
            ProtocolError: nothing was asked, or the points are not the asked ones.
            InputError: the wrong shape, or something that is not a finite number.
        """
        asked = self._asked
        if asked is None:
            raise ProtocolError("tell came without an ask, expected one ask for every tell; call ask() first")
        given = check_array("points", points, asked.shape)  # (k, n)
        means = check_array("scores", scores, asked.shape[:1])  # (k,)
        if not np.array_equal(given, asked):
            row = int(np.argwhere(given != asked)[0, 0])
            raise ProtocolError(
                f"points[{row}]: got another point than the one asked, expected the {len(asked)} asked "
                "points in order; pass what ask() returned"
            )
        self._asked = None
        self._learn(asked, means)

    @abstractmethod
    def _propose(self) -> Array:
        """Return the next points to measure, shape (k, n), inside the cube."""

    @abstractmethod
    def _learn(self, points: Array, scores: Array) -> None:
        """Take in the scores (k,) of the points (k, n) proposed last; both are read-only."""

    def _consider(self, point: Array, score: float) -> None:
        """Recommend this point if its score is the highest so far; among equals the first stays."""
        if score > self._best_score:
            self._best, self._best_score = point, score
