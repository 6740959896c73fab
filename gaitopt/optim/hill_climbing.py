"""Stochastic hill climbing. The real work is done in `HillClimbing._search`.

S. Russell and P. Norvig, "Artificial Intelligence: A Modern Approach", 4th edition, 2020, section 4.1.1; in the form
that N. Kohl and P. Stone compared with their policy gradient (ICRA 2004):

1. Make t random neighbors of the current point.
2. Evaluate them.
3. The best of them becomes the current point if it is higher.

For noise: the current point is measured again with every batch and known by the mean of all its scores; and the best
neighbor, which was picked because its score was high, is measured again before it is accepted. Only an increase that
fresh scores confirm is accepted, and they alone are what the new point starts with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import OptimizerOptions
from gaitopt.optim.measured import Measured, lower_limit
from gaitopt.optim.sequential import Search, Sequential
from gaitopt.spec import Count, Positive


class HillClimbingOptions(OptimizerOptions):
    """A round costs (neighbors + 1) * repeats evaluations, and confirm * repeats more where a neighbor seems higher."""

    repeats: Count = 1
    """How often every point is measured: once, since what matters is measured again."""
    neighbors: Count = 7
    """t, the number of random neighbors in a round."""
    spread: Positive = 1.0
    """Standard deviation of a neighbor from the current point, in units of epsilon."""
    confirm: Count = 3
    """How often the best neighbor is measured again before it is accepted."""
    patience: Count = 100
    """It stops after this many rounds in a row without an increase."""


class HillClimbing(Sequential):
    """Moves to a random neighbor if that is higher."""

    Options = HillClimbingOptions

    def __init__(
        self, start: ArrayLike, epsilon: ArrayLike, rng: np.random.Generator, options: HillClimbingOptions
    ) -> None:
        super().__init__(start, epsilon, rng, options)
        self._options = options

    def _search(self) -> Search[None]:
        current, rounds = Measured(self._start), 0  # rounds without an increase
        held = [current]
        while True:
            neighbors = self._neighbors(current.point)  # step 1, (t, n)
            scores = yield np.vstack([current.point, neighbors])  # step 2
            current.add(scores[0])
            rounds += 1
            if scores[1:].max() > current.mean:  # step 3
                favorite = neighbors[np.argmax(scores[1:])]
                again = yield np.tile(favorite, (self._options.confirm, 1))
                if again.mean() > current.mean:
                    current, rounds = Measured(favorite, again.tolist()), 0
                    held.append(current)
            self._best = self._surest(held)
            if rounds >= self._options.patience:
                self._stop("stalled", f"no increase in {rounds} rounds")

    def _surest(self, held: list[Measured]) -> Array:
        # best: of the points that were current and then measured on, the one whose scores' lower limit is the highest;
        # the current one may have been lucky, and shows it only when it is measured on.
        proven = [point for point in held[1:] if len(point.scores) > self._options.confirm]
        return max([held[0], *proven], key=lambda point: lower_limit(point.scores)).point

    def _neighbors(self, point: Array) -> Array:
        """Return t random neighbors of a point (n,), shape (t, n); clipped at a face of the cube."""
        drawn = self._rng.standard_normal((self._options.neighbors, len(point)))  # (t, n)
        return into_cube(point + self._options.spread * drawn * self._epsilon)
