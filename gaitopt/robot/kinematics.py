"""Forward kinematics, closed-form inverse kinematics and Jacobian of the four legs, in batches.

    foot = hip + R_y(-q1) R_x(q2) (upper + R_y(-k q3) lower)                                (1)

in the frame of a left leg (x forward, y outward, z up); k = +1 where the knee folds forward, -1 where it
folds backward; J1 positive swings forward, J2 outward. Right legs are mirror images: their y changes sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.robot.spec import Joints, Legs, RobotSpec

Index = NDArray[np.intp]

REACH_TOLERANCE = 1e-6
"""Distance to its target below which a foot has reached it [m]."""
ANGLE_TOLERANCE = 1e-5
"""Change of the angles below which the search for the nearest reachable point ends [rad]."""
CLOSE_BENDS = 0.01
"""Difference of distance below which the search starts from both bends of the knee, not from the nearer one [m]."""
NEAREST_STEPS = 30
"""Upper bound on the steps of the search for the nearest reachable point."""
MOST_TARGETS = 128
"""Upper bound on the targets compared with the grid at once, to save memory."""


@dataclass(frozen=True)
class InverseSolution:
    """Joint angles that put the feet on their targets, or as near as the joints allow."""

    angles: Array
    """[rad], shape (..., 4, 3)."""
    reachable: NDArray[np.bool_]
    """Whether the foot reaches its target, shape (..., 4)."""


ALL_LEGS = np.arange(4)


class Kinematics:
    """Legs of one robot. Arrays of angles and feet have shape (..., 4, 3): leg, then joint or axis.

    Elevators that a robot lacks are included, at angle 0; `pose` and `joints` convert from and to its own joints.

    Private methods work in the frame of a left leg at its hip; `leg` is the index of the leg of each row.
    """

    def __init__(self, legs: Legs, joints: Joints) -> None:
        pairs = [legs.front, legs.front, legs.rear, legs.rear]
        self.side = np.array([1.0, -1.0, 1.0, -1.0])  # (4,) left, right
        self.knee = np.array([1.0 if leg.knee_folds == "forward" else -1.0 for leg in pairs])  # (4,)
        self.mirror = np.stack([np.ones(4), self.side, np.ones(4)], axis=-1)  # (4, 3)
        self.hip = np.array([leg.hip_mm for leg in pairs]) / 1e3 * self.mirror  # (4, 3)
        self.upper = np.array([leg.upper_mm for leg in pairs]) / 1e3  # (4, 3)
        self.lower = np.array([leg.lower_mm for leg in pairs]) / 1e3  # (4, 3)
        kinds = (joints.rotator, joints.elevator, joints.knee)
        limits = np.radians([joint.limits_deg if joint else (0.0, 0.0) for joint in kinds])
        self.low, self.high = limits.T  # (3,), (3,)
        self._planar = joints.elevator is None
        # The robot's own joints among 4 x 3.
        self._columns = [i for i in range(12) if not (self._planar and i % 3 == 1)]
        # upper . lower in the plane of the knee, and their cross product
        (ux, _, uz), (lx, _, lz) = self.upper.T, self.lower.T
        self._dot, self._cross = ux * lx + uz * lz, self.knee * (uz * lx - ux * lz)  # (4,), (4,)
        self._straight = np.arctan2(self._cross, self._dot)  # (4,) knee angle of the stretched leg [rad]

    def pose(self, angles: Array) -> Array:
        """Return the angles of the robot's own joints, (..., joints), as legs, (..., 4, 3); the others are 0."""
        legs = np.zeros((*angles.shape[:-1], 12))
        legs[..., self._columns] = angles
        return legs.reshape(*angles.shape[:-1], 4, 3)

    def joints(self, pose: Array) -> Array:
        """Return the angles of the robot's own joints, (..., joints), from legs, (..., 4, 3)."""
        return pose.reshape(*pose.shape[:-2], 12)[..., self._columns]

    def forward(self, angles: Array) -> Array:
        """Return the centers of the paws in the body frame [m], (..., 4, 3), for angles [rad], (..., 4, 3)."""
        return self.hip + self._foot(angles, ALL_LEGS) * self.mirror

    def knees(self, angles: Array) -> Array:
        """Return the knees in the body frame [m], (..., 4, 3)."""
        return self.hip + _swing(angles, np.broadcast_to(self.upper, angles.shape)) * self.mirror

    def jacobian(self, angles: Array) -> Array:
        """Return d foot / d angles [m/rad], shape (..., 4, 3, 3): axis, then joint."""
        return self._jacobian(angles, ALL_LEGS) * self.mirror[..., None]

    def inverse(self, feet: Array) -> InverseSolution:
        """Return the angles for paw centers in the body frame [m], (..., 4, 3).

        The knee is bent as a dog's (the larger of the two knee angles). A foot out of reach, by length or by a joint
        limit, goes to the nearest reachable point and is flagged. Without elevators, feet stay in their planes: the
        sideways part of a target is ignored.
        """
        target = self._target(feet)
        fitted = self._fit_length(target)
        angles = self._within_limits(fitted)
        limited = self._distance(angles, fitted, ALL_LEGS) > REACH_TOLERANCE
        if limited.any():
            leg = np.broadcast_to(ALL_LEGS, limited.shape)[limited]
            angles[limited] = self._nearest(target[limited], leg)
        return InverseSolution(angles, self._distance(angles, target, ALL_LEGS) <= REACH_TOLERANCE)

    def toward(self, feet: Array) -> Array:
        """Return the angles of `inverse` clipped to the joint limits, without its search for the nearest point."""
        return self._within_limits(self._fit_length(self._target(feet)))

    def _target(self, feet: Array) -> Array:
        target = (feet - self.hip) * self.mirror
        if self._planar:
            target[..., 1] = self.upper[:, 1] + self.lower[:, 1]
        return target

    def _within_limits(self, target: Array) -> Array:
        return np.clip(self._closed_form(target), self.low, self.high)

    def _distance(self, angles: Array, target: Array, leg: Index) -> Array:
        return np.linalg.norm(self._foot(angles, leg) - target, axis=-1)

    def _foot(self, angles: Array, leg: Index) -> Array:
        return _swing(angles, self._folded(angles[..., 2], leg))

    def _folded(self, knee: Array, leg: Index) -> Array:
        """Return upper + R_y(-k q3) lower, (..., 3)."""
        c, s = np.cos(knee), np.sin(knee) * self.knee[leg]
        x, y, z = self.lower[leg].T
        return self.upper[leg] + np.stack([c * x - s * z, np.broadcast_to(y, c.shape), s * x + c * z], axis=-1)

    def _jacobian(self, angles: Array, leg: Index) -> Array:
        q1, q2, q3 = np.moveaxis(angles, -1, 0)
        zero = np.zeros_like(q1)
        folded = self._folded(q3, leg)
        foot = _swing(angles, folded)
        by_q1 = np.stack([-foot[..., 2], zero, foot[..., 0]], axis=-1)
        y, z = folded[..., 1], folded[..., 2]
        sideways, upward = -np.sin(q2) * y - np.cos(q2) * z, np.cos(q2) * y - np.sin(q2) * z
        by_q2 = np.stack([-np.sin(q1) * upward, sideways, np.cos(q1) * upward], axis=-1)
        x, _, z = self.lower[leg].T
        k = self.knee[leg]
        c, s = np.cos(q3), np.sin(q3) * k
        bent = np.stack([k * (-s * x - c * z), zero, k * (c * x - s * z)], axis=-1)
        return np.stack([by_q1, by_q2, _swing(angles, bent)], axis=-1)

    def _fit_length(self, target: Array) -> Array:
        """Return the targets moved along the line to the hip to the nearest distance that the knee allows."""
        straight = np.clip(self._straight, self.low[2], self.high[2])
        axes = slice(None, None, 2 if self._planar else 1)  # along which the foot can move
        longest = np.linalg.norm(self._folded(straight, ALL_LEGS)[:, axes], axis=-1)
        shortest = np.linalg.norm(self._folded(np.full(4, self.high[2]), ALL_LEGS)[:, axes], axis=-1)
        fitted = target.copy()
        length = np.maximum(np.linalg.norm(target[..., axes], axis=-1), 1e-9)
        fitted[..., axes] *= (np.clip(length, shortest, longest) / length)[..., None]
        return fitted

    def _closed_form(self, target: Array) -> Array:
        """Return the angles that solve (1); arguments of the arc cosines are clipped where there is no solution."""
        # |target|^2 = |upper + R_y(-k q3) lower|^2 is dot cos q3 + cross sin q3 = d.
        d = np.sum(target**2 - self.upper**2 - self.lower**2, axis=-1) / 2 - self.upper[:, 1] * self.lower[:, 1]
        q3 = self._straight + np.arccos(np.clip(d / np.hypot(self._dot, self._cross), -1, 1))
        folded = self._folded(q3, ALL_LEGS)
        # R_y leaves y alone: cos q2 y - sin q2 z = target y.
        y, z = folded[..., 1], folded[..., 2]
        q2 = -np.arctan2(z, y) - np.arccos(np.clip(target[..., 1] / np.hypot(y, z), -1, 1))
        depth = np.sin(q2) * y + np.cos(q2) * z
        q1 = np.arctan2(target[..., 2], target[..., 0]) - np.arctan2(depth, folded[..., 0])
        return np.stack([(q1 + np.pi) % (2 * np.pi) - np.pi, q2, q3], axis=-1)

    def _nearest(self, target: Array, leg: Index) -> Array:
        """Return angles within the joint limits whose feet are nearest the targets, (m, 3), on legs (m,).

        Each bend of the knee has a nearest foot of its own. The search starts from the nearest foot on a grid of poses
        and, if the other bend has one about as near, from that one too.
        """
        start, distance = np.zeros((2, *target.shape)), np.full((2, len(target)), np.inf)  # (bend, m, 3), (bend, m)
        for i, bends in enumerate(self._grid):
            rows = np.flatnonzero(leg == i)
            for bend, (poses, feet) in enumerate(bends):
                if len(poses):  # the knee's limits may leave only one bend
                    at = _nearest_column(feet, target[rows])
                    start[bend, rows] = poses[at]
                    distance[bend, rows] = np.linalg.norm(feet[:, at].T - target[rows], axis=-1)
        bend = distance.argmin(axis=0)
        close = np.flatnonzero(np.abs(distance[1] - distance[0]) < CLOSE_BENDS)
        rows = np.concatenate([np.arange(len(target)), close])
        starts = start[np.concatenate([bend, 1 - bend[close]]), rows]
        found = self._search(starts, target[rows], leg[rows])
        missed = self._distance(found, target[rows], leg[rows])
        nearest, other = np.split(found, [len(target)])
        better = missed[len(target) :] < missed[close]
        nearest[close[better]] = other[better]
        return nearest

    def _search(self, q: Array, target: Array, leg: Index) -> Array:
        """Return the angles of a local minimum of the distance to the targets, from the angles `q`, (m, 3).

        Damped Gauss-Newton within the joint limits; an angle at its limit whose gradient points outward stays there.
        """
        error = self._foot(q, leg) - target
        damping = np.full(len(q), 1e-6)
        for _ in range(NEAREST_STEPS):
            jacobian = self._jacobian(q, leg)
            gradient = np.einsum("nij,ni->nj", jacobian, error)
            held = ((q <= self.low) & (gradient > 0)) | ((q >= self.high) & (gradient < 0))
            columns = np.where(held[:, None, :], 0.0, jacobian)
            normal = np.einsum("nij,nik->njk", columns, columns) + damping[:, None, None] * np.eye(3)
            step = np.linalg.solve(normal, np.where(held, 0.0, gradient)[..., None])[..., 0]
            trial = np.clip(q - step, self.low, self.high)
            if np.abs(trial - q).max() < ANGLE_TOLERANCE:
                break
            trial_error = self._foot(trial, leg) - target
            better = np.sum(trial_error**2, axis=-1) < np.sum(error**2, axis=-1)
            q[better], error[better] = trial[better], trial_error[better]
            damping *= np.where(better, 1 / 8, 8.0)
        return q

    @cached_property
    def _poses(self) -> Array:
        """Grid over the joint angles [rad], (m, 3)."""
        axes = [np.linspace(low, high, n) for low, high, n in zip(self.low, self.high, (41, 17, 19), strict=True)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)

    @cached_property
    def _grid(self) -> list[list[tuple[Array, Array]]]:
        """For each leg and each bend of the knee: poses of the grid, (m, 3), and their feet, (3, m)."""
        folded = self._poses[:, 2] >= self._straight[:, None]  # (4, m)
        bends = [[self._poses[folded[leg]], self._poses[~folded[leg]]] for leg in range(4)]
        return [
            [(q, np.ascontiguousarray(self._foot(q, np.full(len(q), leg)).T)) for q in bends[leg]] for leg in range(4)
        ]


@lru_cache(maxsize=16)
def _kinematics(legs: Legs, joints: Joints) -> Kinematics:
    return Kinematics(legs, joints)


def kinematics(robot: RobotSpec) -> Kinematics:
    """Return the kinematics of a robot; robots with the same legs share one object."""
    return _kinematics(robot.legs, robot.joints)


def _nearest_column(feet: Array, targets: Array) -> Index:
    """Return the index of the foot, of (3, m), nearest to each target, (n, 3) -> (n,)."""
    # |f - t|^2 / 2 is |f|^2 / 2 - f . t, and a term that is the same for all feet.
    half_squares = np.sum(feet**2, axis=0) / 2
    parts = np.array_split(targets, 1 + len(targets) // MOST_TARGETS)
    return np.concatenate([(half_squares - part @ feet).argmin(axis=1) for part in parts])


def _swing(angles: Array, vector: Array) -> Array:
    """Return R_y(-q1) R_x(q2) vector, (..., 3)."""
    (c1, c2), (s1, s2) = (np.moveaxis(f(angles[..., :2]), -1, 0) for f in (np.cos, np.sin))
    x, y, z = np.moveaxis(vector, -1, 0)
    y, z = c2 * y - s2 * z, s2 * y + c2 * z
    return np.stack([c1 * x - s1 * z, y, s1 * x + c1 * z], axis=-1)
