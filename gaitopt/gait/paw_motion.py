"""What the kinematics of the legs say of gaits before any of them is walked; for many gaits at once.

Gaits whose paws move alike walk alike, though their twelve numbers differ; so a model of the speed that sees how the
paws move needs fewer traversals. A. Rai et al., "Bayesian Optimization Using Domain Knowledge on the ATRIAS Biped",
ICRA 2018. Nothing is simulated: a paw is where the joints, at their limits and the servos' rated speed, can bring it.

The skew is left out, since it turns the robot; so a left leg does what the right one does half a cycle later, and half
a cycle of all four legs is a whole one of the left.
"""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait.cycle import HELD_BACK, limit_speed
from gaitopt.gait.locus import stroke
from gaitopt.gait.parameters import PARAMETER_NAMES
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import RobotSpec

FRAMES = 32
"""Moments of a cycle that are looked at; even, so that a pair's other paw is found half a cycle later."""
RIGHT = np.array([0, 1, 0, 1])
"""Which legs are right ones."""
LAPS = 3
"""Laps until the lag of slow servos is taken as periodic."""
LOAD_DEPTH = 0.003
"""A paw this much higher than the other of its pair bears e times less of the pair's load [m]."""
STANCE_DEPTH = 0.004
"""A paw this far above its lowest point counts e times less as standing [m]."""

PAIR_FEATURES = (
    "speed",
    "speed_spread",
    "fore",
    "bounce",
    "lift",
    "stance",
    "fastest_stroke",
)
"""Of the front pair and of the rear pair: mean and spread of the speed at which the paw that bears load pushes the body
[m/s]; where it stands ahead of the body's middle [m]; spread of its vertical acceleration [m/s2]; how high a paw lifts
[m]; the share of the cycle near its lowest point; its highest speed backwards [m/s]."""
TRENDS = ("frequency", "speed")
"""Of the whole: cycles per second [Hz]; the mean speed, each pair weighted by the load it bears [m/s]. A walk is
expected to be faster the higher they are, until it stumbles."""
BODY_FEATURES = (
    "speed_spread",
    "rear_load",
    "rise",
    "saturated",
    "nominal_speed",
    "joint_acceleration",
)
"""Of the whole: spread of that speed [m/s]; the share of the load that the rear bears; how much lower the front stands
[m]; the share of joint angles that servos are too slow for; stroke per time of stance [m/s]; root mean square of the
joints' accelerations [rad/s2]."""
FEATURES = (*TRENDS, *(f"{pair}_{name}" for name in PAIR_FEATURES for pair in ("front", "rear")), *BODY_FEATURES)


class StanceModel:
    """Features of gaits of one robot."""

    def __init__(self, robot: RobotSpec) -> None:
        self._robot, self._legs = robot, kinematics(robot)
        self._speeds = self._legs.pose(robot.joint_speeds)[::2].ravel()  # (6,), of the left legs [rad/s]

    def __call__(self, gaits: Array) -> Array:
        """Return the features (k, m) of gaits (k, 12) in SI units, in the order of `FEATURES`."""
        of = dict(zip(PARAMETER_NAMES, gaits.T, strict=True))  # each (k,)
        frame = of["cycle_time"] / FRAMES  # (k,) [s]
        wanted = self._wanted(of)  # (FRAMES, k, 6)
        angles = limit_speed(wanted, self._speeds * frame[:, None], LAPS)
        saturated = (np.abs(angles - wanted) > HELD_BACK).mean(axis=(0, 2))  # (k,)
        acceleration = _change(_change(angles, frame), frame)
        x, z = self._paws(angles, of)  # each (FRAMES, k, 2)

        backward = -_slope(x, frame)
        load = 1 / (1 + np.exp(np.clip((z - _other(z)) / LOAD_DEPTH, -50, 50)))  # of a paw and its pair's other
        speed, fore, height = (load * q + (1 - load) * _other(q) for q in (backward, x, z))
        standing = np.exp(-(z - z.min(axis=0)) / STANCE_DEPTH).mean(axis=0)
        pairs = (
            speed.mean(axis=0),
            speed.std(axis=0),
            fore.mean(axis=0),
            _change(_change(height, frame), frame).std(axis=0),
            np.ptp(z, axis=0),
            standing,
            backward.max(axis=0),
        )  # each (k, 2)
        rear = np.clip(fore[..., 0] / (fore[..., 0] - fore[..., 1]), 0, 1)  # (FRAMES, k), by the lever about the middle
        together = rear * speed[..., 1] + (1 - rear) * speed[..., 0]
        trends = 1 / of["cycle_time"], together.mean(axis=0)  # each (k,)
        body = (
            together.std(axis=0),
            rear.mean(axis=0),
            (height[..., 1] - height[..., 0]).mean(axis=0),
            saturated,
            2 * of["length"] / (of["cycle_time"] * of["duty_factor"]),
            np.sqrt((acceleration**2).mean(axis=(0, 2))),
        )  # each (k,)
        return np.hstack([np.stack(trends, axis=-1), *pairs, np.stack(body, axis=-1)])

    def _wanted(self, of: dict[str, Array]) -> Array:
        """Return the joint angles that bring the left paws to their loci, as near as limits allow, (FRAMES, k, 6)."""
        phase = (np.arange(FRAMES // 2)[:, None] + FRAMES // 2 * RIGHT) / FRAMES  # (FRAMES / 2, 4)
        along, lift = stroke(phase[:, None], of["duty_factor"][:, None])  # each (FRAMES / 2, k, 4)
        x = along * of["length"][:, None] + _by_leg(of, "front_fore", "rear_fore")
        y = np.broadcast_to(_by_leg(of, "front_side", "rear_side"), x.shape)
        z = lift * _by_leg(of, "front_height", "rear_height") - _by_leg(of, "body_height_front", "body_height_rear")
        cos, sin = self._pitch(of)
        feet = np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=-1)  # (FRAMES / 2, k, 4, 3), of the body
        angles = _of_left(self._legs.toward(self._legs.hip + feet * self._legs.mirror))
        return angles.reshape(FRAMES, -1, 6)

    def _paws(self, angles: Array, of: dict[str, Array]) -> tuple[Array, Array]:
        """Return how far ahead and how high the left paws are in the level frame [m], each (FRAMES, k, 2)."""
        feet = _of_left(self._legs.forward(_of_all(angles.reshape(FRAMES, -1, 2, 3))))
        x, z = feet[..., 0], feet[..., 2]
        cos, sin = self._pitch(of)
        return cos * x + sin * z, cos * z - sin * x

    def _pitch(self, of: dict[str, Array]) -> tuple[Array, Array]:
        """Return cosine and sine of the body's pitch, each (k, 1); see `locus.body_pitch`."""
        sin = np.clip((of["body_height_rear"] - of["body_height_front"]) / self._robot.wheelbase, -1, 1)[:, None]
        return np.sqrt(1 - sin**2), sin


def _by_leg(of: dict[str, Array], front: str, rear: str) -> Array:
    return np.stack([of[front], of[front], of[rear], of[rear]], axis=-1)  # (k, 4)


def _of_left(q: Array) -> Array:
    """Return half a cycle of all legs, (FRAMES / 2, k, 4, 3), as a cycle of the left ones, (FRAMES, k, 2, 3)."""
    return np.concatenate([q[..., ::2, :], q[..., 1::2, :]])


def _of_all(q: Array) -> Array:
    """Undo `_of_left`."""
    first, second = np.split(q, 2)
    return np.stack([first, second], axis=-2).reshape(*first.shape[:-2], 4, 3)


def _other(q: Array) -> Array:
    """Return the same of the other paw of the pair, half a cycle later."""
    return np.roll(q, FRAMES // 2, axis=0)


def _slope(q: Array, frame: Array) -> Array:
    """Return the central difference by time of periodic (FRAMES, k, ...); `frame` (k,) in [s]."""
    return (np.roll(q, -1, axis=0) - np.roll(q, 1, axis=0)) / (2 * frame[:, None])


def _change(q: Array, frame: Array) -> Array:
    """Return the forward difference by time of periodic (FRAMES, k, ...); `frame` (k,) in [s]."""
    return (np.roll(q, -1, axis=0) - q) / frame[:, None]
