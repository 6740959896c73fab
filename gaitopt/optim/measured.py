"""A point whose measurements are pooled: measured again, a lucky score fades."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array


@dataclass
class Measured:
    """A point and the mean of all scores told of it."""

    point: Array
    """Where, shape (n,)."""
    scores: list[float] = field(default_factory=list)
    """Every score told, in their order."""

    def add(self, score: float) -> Measured:
        """Take in one more score; returns itself."""
        self.scores.append(float(score))
        return self

    @property
    def mean(self) -> float:
        """Mean of all scores; there must be one."""
        return sum(self.scores) / len(self.scores)

    @property
    def confirmed(self) -> bool:
        """Whether it was measured again after its first score."""
        return len(self.scores) > 1


def lower_limit(scores: ArrayLike) -> float:
    """Return what the average of scores (k,) likely exceeds: mean - 2 s / sqrt(k), with s over k, not k - 1."""
    values = np.asarray(scores, dtype=np.float64)
    return float(values.mean() - 2 * values.std() / len(values) ** 0.5)
