"""The stopwatch of a traversal in simulation: the true place of the trunk against two lines."""

from __future__ import annotations


class Stopwatch:
    """Takes the time between a start line at x = 0 and a finish line, to within a step.

    The moment of a crossing lies on the straight line between the samples before and after it.
    """

    def __init__(self, length: float) -> None:
        self._length = length
        self._before: tuple[float, float] | None = None
        self.started: float | None = None
        self.finished: float | None = None

    def update(self, time: float, x: float) -> bool:
        """Take one sample of time [s] and place [m]; return whether the finish line has been crossed."""
        if self.started is None and x >= 0.0:
            self.started = self._crossing(time, x, 0.0)
        if self.finished is None and x >= self._length:
            self.finished = self._crossing(time, x, self._length)
        self._before = time, x
        return self.finished is not None

    @property
    def elapsed(self) -> float | None:
        """Time from line to line [s]; None before both are crossed."""
        if self.started is None or self.finished is None:
            return None
        return self.finished - self.started

    def _crossing(self, time: float, x: float, line: float) -> float:
        if self._before is None:
            return time
        time_before, x_before = self._before
        return time_before + (time - time_before) * (line - x_before) / (x - x_before)
