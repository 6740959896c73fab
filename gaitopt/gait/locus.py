"""Positions of the feet over the phase of a gait: half-elliptic swing, straight stance, trot.

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
"""Phase at which each leg's stance begins, shape (4,): diagonal pairs together, half a cycle apart."""
PLANAR_TURN = 2.5
"""Gain on the turn of robots whose legs move in one plane. These turn only by longer strokes on the outer side, against
the grip of all four paws: without it, a turn of 0.6 meant to be 60 deg/s gave 1.6 deg/s on petoi-bittle."""


def body_pitch(gait: GaitParameters, robot: RobotSpec) -> float:
    """Return the pitch of the body, nose down positive [rad]: asin((rear height - front height) / wheelbase)."""
    ratio = (gait.body_height_rear - gait.body_height_front) / robot.wheelbase
    return math.asin(min(1.0, max(-1.0, ratio)))


def stroke(phase: Array, duty_factor: float | Array) -> tuple[Array, Array]:
    """Return a foot's position along its stroke, 1 (front) to -1 (rear), and its lift, 0 to 1, at phases in [0, 1).

    Stance comes first: straight back at constant speed. Swing is half an ellipse, forward.
    """
    in_stance = phase < duty_factor
    swing = np.clip((phase - duty_factor) / (1 - duty_factor), 0.0, 1.0)
    along = np.where(in_stance, 1 - 2 * phase / duty_factor, -np.cos(np.pi * swing))
    lift = np.where(in_stance, 0.0, np.sin(np.pi * swing))
    return along, lift


def foot_targets(gait: GaitParameters, robot: RobotSpec, phase: Array, turn: float = 0.0) -> Array:
    """Return the centers of the paws in the body frame [m], shape (n, 4, 3), at phases of shape (n,).

    `turn` is added to the skew multiplier s. A turn of the body by a rate w at speed v moves the ground under a foot at
    (x, y) by -(v - w y, w x). So the stroke there is length * (1 - s y / a, s x / a), with a = the wheelbase: front and
    rear strokes point to opposite sides, and those on the outer side are longer; a stroke is turned by about s x / a.
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
