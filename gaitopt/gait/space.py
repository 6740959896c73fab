"""The map between the gaits of a robot and the unit cube, in which optimizers search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait
from gaitopt.gait.parameters import PARAMETER_NAMES, GaitParameters, active_ranges, inactive_parameters
from gaitopt.robot.spec import RobotSpec, load_robot


class GaitSpace:
    """The gaits of one robot as points of the unit cube.

    A point has one coordinate for each active parameter; the inactive ones are 0.
    """

    def __init__(self, robot: RobotSpec | str | Path) -> None:
        """Make the map of a robot, given by its spec, name or file."""
        self.robot = robot if isinstance(robot, RobotSpec) else load_robot(robot)
        ranges = active_ranges(self.robot)
        self.active, self.inactive = tuple(ranges), inactive_parameters(self.robot)
        self.low = np.array([r.low for r in ranges.values()])  # (active,)
        self.high = np.array([r.high for r in ranges.values()])  # (active,)
        self.epsilon = np.array([r.epsilon for r in ranges.values()])  # (active,)
        self._columns = [PARAMETER_NAMES.index(name) for name in self.active]

    @property
    def epsilon_in_cube(self) -> Array:
        """Perturbation sizes as fractions of the ranges, shape (active,)."""
        return self.epsilon / (self.high - self.low)

    def to_cube(self, gait: Gait | GaitParameters) -> Array:
        """Return the gait as a point of the unit cube, shape (active,); values beyond the ranges are clipped.

        Raises:
            InputError: it is no gait, or another robot's.
        """
        if isinstance(gait, Gait) and gait.robot != self.robot.name:
            raise InputError(f"gait: is a gait of {gait.robot}; expected one of {self.robot.name}")
        parameters = gait.parameters if isinstance(gait, Gait) else gait
        if not isinstance(parameters, GaitParameters):
            raise InputError(f"gait: got {gait!r:.80}; expected a gait, such as load_gait(name, robot)")
        return np.clip((parameters.to_vector()[self._columns] - self.low) / (self.high - self.low), 0.0, 1.0)

    def from_cube(self, point: ArrayLike) -> GaitParameters:
        """Return the gait at a point of the unit cube, shape (active,); coordinates beyond 0 and 1 are clipped.

        Raises:
            InputError: the point has another shape, or a coordinate is nan.
        """
        point = np.asarray(point, dtype=float)
        if point.shape != (len(self.active),):
            raise InputError(
                f"point of the gaits of {self.robot.name}: got shape {point.shape}; "
                f"expected ({len(self.active)},): {', '.join(self.active)}"
            )
        return GaitParameters.from_vector(self.vectors(point))

    def vectors(self, points: Array) -> Array:
        """Return the twelve parameters of points of the unit cube, (..., active) -> (..., 12)."""
        vectors = np.zeros((*points.shape[:-1], len(PARAMETER_NAMES)))
        vectors[..., self._columns] = np.clip(self.low + points * (self.high - self.low), self.low, self.high)
        return vectors
