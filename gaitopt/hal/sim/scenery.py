"""The visible field, for any engine: carpet, stripes and lines as flat boxes that nothing touches."""

from __future__ import annotations

import math
from typing import NamedTuple

from gaitopt.scenario.spec import ScenarioSpec

CARPET = (0.16, 0.42, 0.24, 1.0)
STRIPE = (0.20, 0.48, 0.29, 1.0)
LINE = (0.95, 0.95, 0.92, 1.0)
SKY = (0.70, 0.70, 0.80)
LIGHT_FROM = (-1.0, 1.5, 3.0)
"""Direction that the light comes from."""
MARK_THICKNESS = 0.002
"""Thickness of the marks on the carpet [m]."""
MARGIN = 1.5
"""Width of the carpet beyond the field's lines [m]."""
STRIPE_WIDTH = 0.25
"""Width of the stripes, which make motion visible [m]."""


class Mark(NamedTuple):
    """A flat box on the ground."""

    center: tuple[float, float]
    """Center, x and y [m]."""
    half_size: tuple[float, float]
    """Half of its length and width [m]."""
    top: float
    """Height of its top: less above 0 than a paw sinks into a carpet [m]."""
    color: tuple[float, float, float, float]
    """Red, green, blue, opacity."""


def marks(scenario: ScenarioSpec) -> list[Mark]:
    """Return the carpet, then the marks on it."""
    field = scenario.field
    middle = field.length_m / 2
    half_length, half_width = middle + MARGIN, field.half_width_m + MARGIN
    first, last = round(-MARGIN / STRIPE_WIDTH), math.ceil((field.length_m + MARGIN) / STRIPE_WIDTH)
    stripes = [
        Mark(((i + 0.5) * STRIPE_WIDTH, 0.0), (STRIPE_WIDTH / 2, half_width), 0.0005, STRIPE)
        for i in range(first, last, 2)
    ]
    ends = [Mark((x, 0.0), (0.012, field.half_width_m), 0.001, LINE) for x in (0.0, field.length_m)]
    sides = [Mark((middle, side * field.half_width_m), (middle + 0.3, 0.01), 0.001, LINE) for side in (-1.0, 1.0)]
    return [Mark((middle, 0.0), (half_length, half_width), 0.0, CARPET), *stripes, *ends, *sides]
