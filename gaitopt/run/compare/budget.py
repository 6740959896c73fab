"""Budget of each run of a comparison: traversals or environment steps. Everything that depends on the unit is here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import count, takewhile
from typing import ClassVar

LEADS, LEADS_BETWEEN = (1.0, 2.5, 5.0), (1.0, 1.5, 2.0, 2.5, 3.5, 5.0, 7.5)
"""Round numbers are these times a power of ten."""


@dataclass(frozen=True)
class Budget(ABC):
    """Budget of each run."""

    amount: int
    """Number of traversals or steps."""
    unit: ClassVar[str]
    """Name of the unit."""
    label: ClassVar[str]
    """Full name of the unit, for the axis of a plot."""
    walks: ClassVar[str]
    """Name of the walks of learning, in which the robot may fall."""
    learned: ClassVar[str]
    """Name of the things recommended along a curve."""
    start: ClassVar[str]
    """Name of the thing recommended at the start of a curve."""

    @abstractmethod
    def checkpoints(self) -> tuple[int, ...]:
        """Return the points at which the table reports the score; the last is the whole budget."""

    @abstractmethod
    def points(self) -> tuple[int, ...]:
        """Return the points of a curve: the start, the checkpoints and some between them."""

    def _up_to(self, points: tuple[int, ...]) -> tuple[int, ...]:
        """Return the points below the budget, and the whole budget."""
        return (*(point for point in points if point < self.amount), self.amount)


class Traversals(Budget):
    """Budget of optimizers."""

    unit, label = "traversals", "traversals"
    walks, learned, start = "traversals", "gait", "the start gait"
    CHECKPOINTS: ClassVar = (100, 250, 500, 1035)
    BETWEEN: ClassVar = (25, 50, 75, 125, 150, 200, 375, 675, 850, 1500, 2000, 3000, 5000, 7500, 10000)

    def checkpoints(self) -> tuple[int, ...]:
        """Return 100, 250, 500, 1,035 and the whole budget."""
        return self._up_to(self.CHECKPOINTS)

    def points(self) -> tuple[int, ...]:
        """Return the start, the checkpoints and some between them."""
        return 0, *self._up_to(tuple(sorted(self.CHECKPOINTS + self.BETWEEN)))


class Steps(Budget):
    """Budget of policy-gradient algorithms: environment steps; its points are round numbers."""

    unit, label = "steps", "environment steps"
    walks, learned, start = "episodes", "policy", "the gait alone"

    def checkpoints(self) -> tuple[int, ...]:
        """Return the round numbers from a tenth of the budget on; for 200,000: 25,000, 50,000, 100,000 and 200,000."""
        return self._up_to(tuple(n for n in _round_numbers(self.amount, LEADS) if n >= self.amount / 10))

    def points(self) -> tuple[int, ...]:
        """Return the start, and a denser set of round numbers from a fiftieth of the budget on."""
        numbers = _round_numbers(self.amount, LEADS_BETWEEN)
        return 0, *self._up_to(tuple(n for n in numbers if n >= self.amount / 50))


def _round_numbers(most: int, leads: tuple[float, ...]) -> list[int]:
    """Return the whole numbers up to `most` that are one of the leads times a power of ten, increasing."""
    powers = takewhile(lambda power: power <= most, (10**n for n in count()))
    numbers = (lead * power for power in powers for lead in leads)
    return [int(number) for number in numbers if number == int(number)]
