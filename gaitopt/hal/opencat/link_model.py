"""Speed of motion over an OpenCat link: a pose command blocks the firmware until the motion is done.

Source: PetoiCamp OpenCatEsp32 src/motion.h, transform(): round(d / 2) + 1 steps of 8 ms for a largest change of d
degrees, confirmed only at the end. So 20 poses a second of at most 10 degrees each, 250 degrees a second at best.
"""

from __future__ import annotations

from math import floor

STREAM_PERIOD = 0.05
"""Time between two poses of a stream [s]."""
STEP_TIME = 0.008
"""Duration of one step of a motion [s]."""
STEP_DEG = 2.0
"""Largest change in one step of a streamed pose [degrees]."""
READ_TIME = 0.001
"""Time that the firmware waits for the rest of a command [s]."""
RATED_SPEED_DEG = 857.0
"""Speed of Petoi's servos: 0.07 s for 60 degrees (docs.petoi.com, Skill Creation) [degrees/s]."""


def motion_time(change_deg: float, step_deg: float = STEP_DEG, step_time: float = STEP_TIME) -> float:
    """Return the time from a pose's first byte to its reply [s], for a largest change in degrees."""
    return READ_TIME + step_time * (floor(change_deg / step_deg + 0.5) + 1)


def reach_deg(elapsed: float) -> float:
    """Return the largest change that is carried out within `elapsed` [s], in whole degrees."""
    by_link = STEP_DEG * floor((elapsed - READ_TIME) / STEP_TIME - 1 + 1e-9)  # a started step takes its full time
    return max(0.0, min(by_link, floor(RATED_SPEED_DEG * elapsed)))
