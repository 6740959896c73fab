"""Puck world: continuous actions push a puck with a small force towards a target that moves every 30 s.

The reward is minus the distance to the target; an episode is truncated after a minute, never terminated.

| observed | unit |
|---|---|
| position x, y of the puck, each in -1 to 1 | m |
| velocity x, y | m/s |
| target minus puck, x, y | m |

D. Silver, Lectures on Reinforcement Learning (2015), lecture 7.
"""

from __future__ import annotations

import math

import numpy as np

from gaitopt.arrays import Array

STEP_S = 0.2
"""Time between two actions, s."""
TARGET_STEPS = 150
"""Steps after which the target moves: 30 s."""
LIMIT = 300
"""Steps after which an episode is truncated: 60 s."""
ACCELERATION = 0.3
"""Acceleration of the puck by the largest force, m/s^2."""
ROOM = 1.0
"""Half the width of the room, m."""


class PuckWorld:
    """The puck, its target and the walls, at which it stops."""

    observation_size = 6
    actions = 2

    def __init__(self) -> None:
        self._x = self._y = self._u = self._v = 0.0
        self._target = (0.0, 0.0)
        self._time = 0
        self._rng = np.random.default_rng(0)

    @property
    def distance(self) -> float:
        """Distance from the puck to the target, m."""
        return math.hypot(self._target[0] - self._x, self._target[1] - self._y)

    def reset(self, rng: np.random.Generator) -> Array:
        """Place puck and target at random, the puck at rest."""
        self._rng = rng
        self._x, self._y = rng.uniform(-ROOM, ROOM, 2).tolist()
        self._u = self._v = 0.0
        self._time = 0
        self._move_target()
        return self._observation()

    def step(self, action: Array) -> tuple[Array, float, bool, bool]:
        """Push with a force (2,), in units of the largest; values are clipped to -1 to 1."""
        push_x, push_y = np.asarray(action, dtype=np.float64).tolist()
        self._x, self._u = _moved(self._x, self._u, push_x)
        self._y, self._v = _moved(self._y, self._v, push_y)
        reward = -self.distance
        self._time += 1
        if self._time % TARGET_STEPS == 0:
            self._move_target()
        return self._observation(), reward, False, self._time >= LIMIT

    def _move_target(self) -> None:
        x, y = self._rng.uniform(-ROOM, ROOM, 2).tolist()
        self._target = (x, y)

    def _observation(self) -> Array:
        x, y = self._target
        return np.array([self._x, self._y, self._u, self._v, x - self._x, y - self._y])


def _moved(x: float, u: float, push: float) -> tuple[float, float]:
    """Return position and velocity after a step with constant force; exact up to the wall."""
    a = ACCELERATION * min(max(push, -1.0), 1.0)
    x += u * STEP_S + 0.5 * a * STEP_S**2
    u += a * STEP_S
    return (x, u) if -ROOM < x < ROOM else (math.copysign(ROOM, x), 0.0)
