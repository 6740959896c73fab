"""Artefacts of a fast gait: flight, sliding on the belly, walking on the knees, impossible commands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitopt.walk.traversal import Traversal

LIMITS = {
    "flight": (0.20, "is in the air for"),
    "belly": (0.05, "lies on trunk or head for"),
    "knees": (0.10, "stands on knees or shins for"),
    "unreachable": (0.50, "commands feet out of reach for"),
    "saturated": (0.60, "commands joints faster than the servos for"),
}
"""Largest honest share of the time, or of the cycle, and its words in a report.

A trot with a duty factor of one half exchanges its feet without a pause, so some flight belongs to it. Even the
published gaits command feet nearer than a leg can fold in a quarter of the cycle, and on the ERS-210 joints faster than
the servos in half of it.
"""


def find_artefacts(traversals: Sequence[Traversal]) -> tuple[str, ...]:
    """Return one line for each share whose mean over the traversals exceeds its limit."""
    found = []
    for name, (limit, words) in LIMITS.items():
        shares = np.array([getattr(traversal, name) for traversal in traversals])
        measured = shares[~np.isnan(shares)]
        if measured.size and (share := measured.mean()) > limit:
            found.append(f"{name}: {words} {share:.0%} of the time, more than {limit:.0%}")
    return tuple(found)
