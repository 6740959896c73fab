"""Noise of traversals, estimated from the repeats in a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gaitopt.run.store import Row
from gaitopt.walk.traversal import Status


@dataclass(frozen=True)
class Noise:
    """Noise of the score of one gait between traversals."""

    std: float | None
    """Pooled standard deviation of the repeats that did not fall, in the score's unit; None without repeats."""
    degrees_of_freedom: int
    """Degrees of freedom of the standard deviation."""
    traversals: int
    """Number of traversals."""
    fell: int
    """Number of falls."""


def estimate_noise(rows: Iterable[Row]) -> Noise:
    """Return the noise of a store's traversals, pooled over all gaits that were walked more than once.

    s^2 = sum_i (n_i - 1) s_i^2 / sum_i (n_i - 1), for gaits i with n_i finished repeats; a gait that an optimizer
    measured again in a later iteration is one gait. Falls are counted separately: they are not small deviations.
    """
    scores: dict[tuple[float, ...], list[float]] = {}
    traversals = fell = 0
    for row in rows:
        traversals += 1
        if row.traversal.status is Status.FELL:
            fell += 1
        else:
            scores.setdefault(row.parameters, []).append(row.score)
    repeated = [np.array(group) for group in scores.values() if len(group) > 1]
    degrees = sum(len(group) - 1 for group in repeated)
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in repeated)
    return Noise((squares / degrees) ** 0.5 if degrees else None, degrees, traversals, fell)
