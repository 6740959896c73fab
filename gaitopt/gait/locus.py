"""From the phase of a gait to the places of the feet: half-elliptic swing, straight stance, trot.

Kohl & Stone (ICRA 2004), section 3 and figure 3; the pitch of the body as in rUNSWift's elliptical walk of 2005.
"""

from __future__ import annotations

import math

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait.parameters import GaitParameters
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import RobotSpec

TROT_PHASES = np.array([0.0, 0.5, 0.5, 0.0])
"""Where in the cycle each leg's stance begins, shape (4,): diagonal pairs together, half a cycle apart."""
PLANAR_TURN = 2.5
"""Legs that move in one plane turn by longer strokes on the outer side alone, against the grip of all four paws: on
petoi-bittle a turn of 0.6 came out at 1.6 deg/s where 60 were meant, so it is asked for more."""


def body_pitch(gait: GaitParameters, robot: RobotSpec) -> float:
    """Return the pitch of the body, nose down positive [rad]: asin((rear - front height) / wheelbase)."""
    ratio = (gait.body_height_rear - gait.body_height_front) / robot.wheelbase
    return math.asin(min(1.0, max(-1.0, ratio)))


def stroke(phase: Array, duty_factor: float | Array) -> tuple[Array, Array]:
    """Return a foot's place along its stroke, 1 (ahead) to -1 (behind), and its lift, 0 to 1, at each phase in [0, 1).

    Stance comes first: straight, at constant speed, ahead to behind. Swing: a half ellipse, behind to ahead.
    """
    in_stance = phase < duty_factor
    swing = np.clip((phase - duty_factor) / (1 - duty_factor), 0.0, 1.0)
    along = np.where(in_stance, 1 - 2 * phase / duty_factor, -np.cos(np.pi * swing))
    lift = np.where(in_stance, 0.0, np.sin(np.pi * swing))
    return along, lift


def foot_targets(gait: GaitParameters, robot: RobotSpec, phase: Array, turn: float = 0.0) -> Array:
    """Return the centers of the paws in the body's frame [m], shape (n, 4, 3), at phases of shape (n,).

    `turn` is added to the skew multiplier s. A turn of the body by a rate w at speed v moves the ground under a foot at
    (x, y) by -(v - w y, w x). So the stroke there is length * (1 - s y / a, s x / a), with a = the wheelbase: strokes
    veer apart at the two ends, and are longer on the outer side. A paw stands nearly a wheelbase from the body's
    middle, so its stroke is turned by about s radians.
    """
    legs = kinematics(robot)
    front = np.array([True, True, False, False])
    height = np.where(front, gait.front_height, gait.rear_height)  # (4,)
    fore = np.where(front, gait.front_fore, gait.rear_fore)
    side = np.where(front, gait.front_side, gait.rear_side) * legs.side
    hip_height = np.where(front, gait.body_height_front, gait.body_height_rear)

    center = legs.hip[:, :2] + np.stack([fore, side], axis=-1)  # (4, 2)
    skew = (gait.skew + turn) * (PLANAR_TURN if robot.planar else 1.0) / robot.wheelbase
    semi_axis = gait.length * np.stack([1 - skew * center[:, 1], skew * center[:, 0]], axis=-1)  # (4, 2)

    along, lift = stroke((phase[:, None] - TROT_PHASES) % 1.0, gait.duty_factor)  # (n, 4)
    x, y = fore + along * semi_axis[:, 0], side + along * semi_axis[:, 1]
    z = lift * height - hip_height
    pitch = body_pitch(gait, robot)
    # The level frame seen from a body whose nose is down by `pitch`: R_y(-pitch).
    in_body = np.stack(
        [math.cos(pitch) * x - math.sin(pitch) * z, y, math.sin(pitch) * x + math.cos(pitch) * z], axis=-1
    )
    return legs.hip + in_body
