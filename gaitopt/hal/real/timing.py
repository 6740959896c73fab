"""Punctuality of a stream of commands."""

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
    """Lateness of each command [s]."""

    def copy(self) -> Timing:
        """Return a copy that later commands do not change."""
        return Timing(self.period, self.lateness.copy())

    @property
    def missed(self) -> int:
        """Number of commands that came when the next one was due already."""
        return sum(late > self.period for late in self.lateness)

    def quantile(self, share: float) -> float:
        """Return a quantile of the lateness [s]; nan without commands."""
        return float(np.quantile(self.lateness, share)) if self.lateness else math.nan
