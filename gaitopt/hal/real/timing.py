"""How punctual a stream of commands is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Timing:
    """The lateness of commands."""

    period: float
    """Time between two commands [s]."""
    lateness: list[float] = field(default_factory=list)
    """Of each command [s]."""

    def copy(self) -> Timing:
        """Return what it is now, whatever comes after."""
        return Timing(self.period, self.lateness.copy())

    @property
    def missed(self) -> int:
        """How many commands came when the next one was due already."""
        return sum(late > self.period for late in self.lateness)

    def quantile(self, share: float) -> float:
        """Return the lateness that a share of the commands kept within [s]; nan without commands."""
        return float(np.quantile(self.lateness, share)) if self.lateness else math.nan
