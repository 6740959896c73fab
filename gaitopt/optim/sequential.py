"""Turns a textbook loop into an optimizer that is asked and told.

A sequential method is written as a generator: it yields the points (k, n) it wants measured and is sent their scores
(k,). `Sequential` runs it from one yield to the next, so that the loop reads as in the book and still never calls
the function it maximizes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import TypeVar

from gaitopt.arrays import Array
from gaitopt.optim.base import Optimizer

Found = TypeVar("Found")
Search = Generator[Array, Array, Found]
"""Yields points (k, n), is sent their scores (k,), and returns what it found; see also `yield from`."""


class Sequential(Optimizer):
    """An optimizer whose subclass writes one endless loop, `_search`, in place of `_propose` and `_learn`.

    The loop goes on after it has given a reason to stop: whoever asks on is answered.
    """

    _loop: Search[None] | None = None
    _reasons: dict[str, str]
    _pending: Array

    @property
    def batch(self) -> int:
        """How many points the next ask returns; this changes from ask to ask."""
        return len(self._propose())

    def stop_reasons(self) -> dict[str, str]:
        """Return what the loop gave as reasons to stop."""
        return dict(self._reasons) if self._loop else {}

    @abstractmethod
    def _search(self) -> Search[None]:
        """Search without end; gives reasons by `_stop`."""

    def _stop(self, name: str, reason: str) -> None:
        self._reasons[name] = reason

    def _propose(self) -> Array:
        if self._loop is None:
            self._reasons = {}
            self._loop = self._search()
            self._pending = next(self._loop)
        return self._pending

    def _learn(self, points: Array, scores: Array) -> None:
        assert self._loop is not None  # the base class lets no tell come before an ask
        self._pending = self._loop.send(scores)
