"""Stochastic hill climbing. The real work is done in `HillClimbing._search`.

S. Russell and P. Norvig, "Artificial Intelligence: A Modern Approach", 4th edition, 2020, section 4.1.1; in the form
that N. Kohl and P. Stone compared with their policy gradient (ICRA 2004):

1. Draw t random neighbors of the current point.
2. Evaluate them.
3. The best of them becomes the current point if its score is higher.

For noise: the current point is measured again in every batch, and its score is the mean of all measurements. The best
neighbor, picked because its score was high, is measured again before it is accepted: only an increase that new scores
confirm is accepted, and only these count for the new point.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.optim.arrays import into_cube
from gaitopt.optim.base import OptimizerOptions
from gaitopt.optim.measured import Measured, lower_limit
from gaitopt.optim.sequential import Search, Sequential
from gaitopt.spec import Count, Positive


class HillClimbingOptions(OptimizerOptions):
    """A round costs (neighbors + 1) * repeats evaluations, and confirm * repeats more if a neighbor scores higher."""

    repeats: Count = 1
    """Number of measurements of every point: one, because promising points are measured again."""
    neighbors: Count = 7
    """Number of random neighbors per round, t."""
    spread: Positive = 1.0
    """Standard deviation of a neighbor from the current point, in units of epsilon."""
    confirm: Count = 3
    """Number of measurements that must confirm the best neighbor."""
    patience: Count = 100
    """Rounds in a row without an increase after which it stops."""


class HillClimbing(Sequential):
    """Moves to a random neighbor with a higher score."""

    Options = HillClimbingOptions
    _options: HillClimbingOptions

    def _search(self) -> Search[None]:
        current, rounds = Measured(self._start), 0  # rounds without an increase
        visited = [current]
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
                    visited.append(current)
            self._best = self._most_certain(visited)
            if rounds >= self._options.patience:
                self._stop("stalled", f"no increase in {rounds} rounds")

    def _most_certain(self, visited: list[Measured]) -> Array:
        # best: of the points that were current and measured again since, the one with the highest lower limit of the
        # scores; a new current point may have been lucky.
        confirmed = [point for point in visited[1:] if len(point.scores) > self._options.confirm]
        return max([visited[0], *confirmed], key=lambda point: lower_limit(point.scores)).point

    def _neighbors(self, point: Array) -> Array:
        """Return t random neighbors of a point (n,), shape (t, n); clipped at a face of the cube."""
        drawn = self._rng.standard_normal((self._options.neighbors, len(point)))  # (t, n)
        return into_cube(point + self._options.spread * drawn * self._epsilon)
