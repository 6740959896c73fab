"""Optimizers written as a textbook loop.

A sequential method is a generator: it yields the points (k, n) to measure and is sent their scores (k,). `Sequential`
runs it from one yield to the next, so that the loop reads as in the book without calling the function that it
maximizes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import TypeVar

from gaitopt.arrays import Array
from gaitopt.optim.base import Optimizer

Found = TypeVar("Found")
Search = Generator[Array, Array, Found]
"""Generator that yields points (k, n), is sent their scores (k,), and returns its result; for `yield from`."""


class Sequential(Optimizer):
    """An optimizer whose subclass implements one endless loop, `_search`, in place of `_propose` and `_learn`.

    The loop continues after a reason to stop, so that `ask` still works.
    """

    def _prepare(self) -> None:
        self._loop = self._search()  # it begins when the first points are asked for
        self._pending: Array | None = None
        self._reasons: dict[str, str] = {}

    @property
    def batch(self) -> int:
        """Number of points that the next ask returns; it changes from ask to ask."""
        return len(self._propose())

    def stop_reasons(self) -> dict[str, str]:
        """Return the reasons to stop that the loop has given."""
        return dict(self._reasons)

    @abstractmethod
    def _search(self) -> Search[None]:
        """Search endlessly; report reasons to stop by `_stop`."""

    def _stop(self, name: str, reason: str) -> None:
        self._reasons[name] = reason

    def _propose(self) -> Array:
        if self._pending is None:
            self._pending = next(self._loop)
        return self._pending

    def _learn(self, points: Array, scores: Array) -> None:
        self._pending = self._loop.send(scores)
