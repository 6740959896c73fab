"""Features of the motion of the paws, computed from gaits by kinematics alone, for many gaits at once.

Gaits whose paws move alike walk alike, even if their twelve parameters differ. A model of the speed that knows these
features therefore needs fewer traversals: A. Rai et al., "Bayesian Optimization Using Domain Knowledge on the ATRIAS
Biped", ICRA 2018. Nothing is simulated: the paws follow the joints, within their limits and the servos' rated speeds.

The skew, which turns the robot, is ignored. A left leg then repeats the motion of the right one half a cycle later, so
half a cycle of all four legs is a whole cycle of the left legs.
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
"""Samples per cycle; an even number, as the other paw of a pair is half a cycle later."""
RIGHT = np.array([0, 1, 0, 1])
"""1 for right legs, 0 for left ones, in the order of legs."""
LAPS = 3
"""Cycles after which the lag of slow servos is assumed to be periodic."""
LOAD_DEPTH = 0.003
"""Height above the other paw of its pair at which a paw bears e times less load than that [m]."""
STANCE_DEPTH = 0.004
"""Height above its lowest point at which a paw counts e times less as standing [m]."""

PAIR_FEATURES = ("speed", "speed_spread", "fore", "bounce", "lift", "stance", "fastest_stroke")
"""Features of the front pair and of the rear pair: mean and spread of the speed at which the loaded paw pushes the body
[m/s]; its position ahead of the body's middle [m]; spread of its vertical acceleration [m/s2]; lift of a paw [m]; share
of the cycle spent near the lowest point; highest backward speed [m/s]."""
TRENDS = ("frequency", "speed")
"""Features with which the walking speed is expected to rise, until the robot stumbles: cycles per second [Hz]; mean
speed, each pair weighted by its load [m/s]."""
BODY_FEATURES = ("speed_spread", "rear_load", "rise", "saturated", "nominal_speed", "joint_acceleration")
"""Features of the whole robot: spread of that mean speed [m/s]; share of the load on the rear pair; height of the rear
paws above the front ones [m]; share of joint angles that the servos are too slow for; stroke divided by the duration of
stance [m/s]; root mean square of the joint accelerations [rad/s2]."""
FEATURES = (*TRENDS, *(f"{pair}_{name}" for name in PAIR_FEATURES for pair in ("front", "rear")), *BODY_FEATURES)


class PawMotion:
    """Motion of one robot's paws."""

    def __init__(self, robot: RobotSpec) -> None:
        self._robot, self._legs = robot, kinematics(robot)
        self._speeds = self._legs.pose(robot.joint_speeds)[::2].ravel()  # (6,), of the left legs [rad/s]

    def features(self, gaits: Array) -> Array:
        """Return the features (k, m), in the order of `FEATURES`, of gaits (k, 12) in SI units."""
        of = dict(zip(PARAMETER_NAMES, gaits.T, strict=True))  # each (k,)
        frame = of["cycle_time"] / FRAMES  # (k,) [s]
        wanted = self._wanted(of)  # (FRAMES, k, 6)
        angles = limit_speed(wanted, self._speeds * frame[:, None], LAPS)
        saturated = (np.abs(angles - wanted) > HELD_BACK).mean(axis=(0, 2))  # (k,)
        acceleration = _change(_change(angles, frame), frame)
        x, z = self._paws(angles, of)  # each (FRAMES, k, 2)

        backward = -_slope(x, frame)
        # The share of a paw in the load of its pair.
        load = 1 / (1 + np.exp(np.clip((z - _other(z)) / LOAD_DEPTH, -50, 50)))
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
        rear = np.clip(fore[..., 0] / (fore[..., 0] - fore[..., 1]), 0, 1)  # (FRAMES, k), from the balance of moments
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
        """Return the joint angles that put the left paws on their loci, within the joint limits, (FRAMES, k, 6)."""
        phase = (np.arange(FRAMES // 2)[:, None] + FRAMES // 2 * RIGHT) / FRAMES  # (FRAMES / 2, 4)
        along, lift = stroke(phase[:, None], of["duty_factor"][:, None])  # each (FRAMES / 2, k, 4)
        x = along * of["length"][:, None] + _by_leg(of, "front_fore", "rear_fore")
        y = np.broadcast_to(_by_leg(of, "front_side", "rear_side"), x.shape)
        z = lift * _by_leg(of, "front_height", "rear_height") - _by_leg(of, "body_height_front", "body_height_rear")
        cos, sin = self._pitch(of)
        feet = np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=-1)  # (FRAMES / 2, k, 4, 3), body frame
        angles = _of_left(self._legs.toward(self._legs.hip + feet * self._legs.mirror))
        return angles.reshape(FRAMES, -1, 6)

    def _paws(self, angles: Array, of: dict[str, Array]) -> tuple[Array, Array]:
        """Return x and z of the left paws in the level frame [m], each (FRAMES, k, 2)."""
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
    """Return half a cycle of all legs, (FRAMES / 2, k, 4, 3), as one cycle of the left legs, (FRAMES, k, 2, 3)."""
    return np.concatenate([q[..., ::2, :], q[..., 1::2, :]])


def _of_all(q: Array) -> Array:
    """Return one cycle of the left legs as half a cycle of all legs; the inverse of `_of_left`."""
    first, second = np.split(q, 2)
    return np.stack([first, second], axis=-2).reshape(*first.shape[:-2], 4, 3)


def _other(q: Array) -> Array:
    """Return the values of the other paw of each pair: those half a cycle later."""
    return np.roll(q, FRAMES // 2, axis=0)


def _slope(q: Array, frame: Array) -> Array:
    """Return the time derivative of periodic (FRAMES, k, ...) by central differences; `frame` (k,) in [s]."""
    return (np.roll(q, -1, axis=0) - np.roll(q, 1, axis=0)) / (2 * frame[:, None])


def _change(q: Array, frame: Array) -> Array:
    """Return the time derivative of periodic (FRAMES, k, ...) by forward differences; `frame` (k,) in [s]."""
    return (np.roll(q, -1, axis=0) - q) / frame[:, None]
