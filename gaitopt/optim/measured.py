"""A point with all its measurements: repeated measurements average out a lucky score."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array


@dataclass
class Measured:
    """A point and its scores."""

    point: Array
    """Coordinates, shape (n,)."""
    scores: list[float] = field(default_factory=list)
    """All scores, in order."""

    def add(self, score: float) -> Measured:
        """Add a score; returns itself."""
        self.scores.append(float(score))
        return self

    @property
    def mean(self) -> float:
        """Mean of all scores; there must be at least one."""
        return sum(self.scores) / len(self.scores)

    @property
    def confirmed(self) -> bool:
        """Whether it was measured more than once."""
        return len(self.scores) > 1


def lower_limit(scores: ArrayLike) -> float:
    """Return a lower confidence limit of the mean of scores (k,): mean - 2 s / sqrt(k), with s over k, not k - 1."""
    values = np.asarray(scores, dtype=np.float64)
    return float(values.mean() - 2 * values.std() / len(values) ** 0.5)
