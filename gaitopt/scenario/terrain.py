"""Rough ground from a few numbers and a seed, the same for every physics engine.

Bumps of all sizes down to a few grid cells: a sum of noise on grids whose cell sizes and heights halve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.scenario.spec import MARGIN_M, ScenarioSpec

RAMP = 0.3
"""Distance past the start line over which the bumps grow to their full height [m]."""
OCTAVES = 3
"""Number of grids in the sum."""


@dataclass(frozen=True, eq=False)
class Terrain:
    """Heights on a square grid; the ground between its points consists of triangles."""

    heights: Array
    """Heights [m], shape (nx, ny): along the field, then to the left."""
    cell: float
    """Distance of neighboring points [m]."""
    corner: tuple[float, float]
    """Position of the first point on the field [m]."""

    def height_at(self, x: float, y: float) -> float:
        """Return the height of the nearest point of the grid [m]."""
        i, j = (round((value - start) / self.cell) for value, start in zip((x, y), self.corner, strict=True))
        return float(self.heights[i, j])


def make_terrain(scenario: ScenarioSpec) -> Terrain | None:
    """Return the ground of a scenario; None if it is flat.

    It is flat up to the start line, where the robot starts, and within plus or minus half the height from there on.
    """
    rough = scenario.rough
    if rough is None:
        return None
    field, cell = scenario.field, rough.cell_m
    corner = (-field.run_up_m - MARGIN_M, -field.half_width_m - MARGIN_M)
    shape = tuple(math.ceil(-2 * low / cell) + 1 for low in (corner[0] - field.length_m / 2, corner[1]))
    heights = np.zeros(shape)
    rng = np.random.default_rng(rough.seed)
    for octave in range(OCTAVES):
        stride = 2 ** (OCTAVES - octave)
        heights += _smooth_noise(shape, stride, rng) / 2**octave
    heights *= rough.height_m / np.ptp(heights)
    heights -= (heights.max() + heights.min()) / 2
    x = corner[0] + cell * np.arange(shape[0])
    return Terrain(heights * np.clip(x / RAMP, 0.0, 1.0)[:, None], cell, corner)


def _smooth_noise(shape: tuple[int, ...], stride: int, rng: np.random.Generator) -> Array:
    """Return noise that is independent at points `stride` cells apart, and interpolated linearly in between."""
    coarse = rng.uniform(-1.0, 1.0, tuple(size // stride + 2 for size in shape))
    for axis, size in enumerate(shape):
        place = np.arange(size) / stride
        before = place.astype(int)
        part = (place - before).reshape(-1, *[1] * (1 - axis))
        coarse = (1 - part) * coarse.take(before, axis) + part * coarse.take(before + 1, axis)
    return coarse
