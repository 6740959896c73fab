"""Paths of the feet: straight stance, half-elliptic swing, trot, pitch and skew, each against its closed form."""

import dataclasses
import math

import numpy as np
import pytest

from gaitopt.gait.gait_file import load_gait
from gaitopt.gait.locus import PLANAR_TURN, body_pitch, foot_targets, stroke
from gaitopt.robot.kinematics import kinematics

FRAMES = 1000
PHASE = np.arange(FRAMES) / FRAMES
OWN_START = np.array([0.0, 0.5, 0.5, 0.0])  # where each leg's stance begins


@pytest.fixture
def gait(robot):
    return load_gait("hand-tuned", robot).parameters


def change(gait, **values):
    return dataclasses.replace(gait, **values)


def in_level_frame(gait, robot, **more):
    """Return the feet from the body's origin, in a frame that is level with the ground, (n, 4, 3)."""
    pitch = math.asin((gait.body_height_rear - gait.body_height_front) / robot.wheelbase)
    turn = np.array([[math.cos(pitch), 0, math.sin(pitch)], [0, 1, 0], [-math.sin(pitch), 0, math.cos(pitch)]])
    return foot_targets(gait, robot, PHASE, **more) @ turn.T


def from_hip(gait, robot):
    """Return the feet from their hips, in a frame that is level with the ground, (n, 4, 3)."""
    hips = kinematics(robot).hip
    pitch = math.asin((gait.body_height_rear - gait.body_height_front) / robot.wheelbase)
    turn = np.array([[math.cos(pitch), 0, math.sin(pitch)], [0, 1, 0], [-math.sin(pitch), 0, math.cos(pitch)]])
    return (foot_targets(gait, robot, PHASE) - hips) @ turn.T


def on_ground(gait):
    """Return whether each leg stands, (n, 4)."""
    return (PHASE[:, None] - OWN_START) % 1.0 < gait.duty_factor


@pytest.mark.parametrize("duty", [0.3, 0.5, 0.75])
def test_stance_pushes_back_at_constant_speed(gait, robot, duty):
    gait = change(gait, duty_factor=duty)
    speed = np.diff(from_hip(gait, robot), axis=0) * FRAMES / gait.cycle_time
    standing = on_ground(gait)[:-1] & on_ground(gait)[1:]
    expected = [-2 * gait.length / (duty * gait.cycle_time), 0.0, 0.0]
    np.testing.assert_allclose(speed[standing], np.tile(expected, (standing.sum(), 1)), atol=1e-9)


@pytest.mark.parametrize("duty", [0.3, 0.5, 0.75])
def test_swing_is_half_an_ellipse(gait, robot, duty):
    gait = change(gait, duty_factor=duty)
    feet, swings = from_hip(gait, robot), ~on_ground(gait)
    for leg, fore, side, height, hip in (
        (0, gait.front_fore, gait.front_side, gait.front_height, gait.body_height_front),
        (1, gait.front_fore, -gait.front_side, gait.front_height, gait.body_height_front),
        (2, gait.rear_fore, gait.rear_side, gait.rear_height, gait.body_height_rear),
        (3, gait.rear_fore, -gait.rear_side, gait.rear_height, gait.body_height_rear),
    ):
        x, y, z = feet[swings[:, leg], leg].T
        np.testing.assert_allclose(y, side, atol=1e-12)
        np.testing.assert_allclose(((x - fore) / gait.length) ** 2 + ((z + hip) / height) ** 2, 1.0, atol=1e-9)
        assert (z >= -hip - 1e-12).all()
        assert z.max() == pytest.approx(height - hip, abs=1e-6)


def test_swing_brings_the_foot_ahead_and_ends_where_stance_begins():
    along, lift = stroke(np.array([0.0, 0.3, 0.6 - 1e-9, 0.6, 0.8, 1 - 1e-9]), 0.6)
    np.testing.assert_allclose(along, [1, 0, -1, -1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(lift, [0, 0, 0, 0, 1, 0], atol=1e-6)


def test_diagonal_pairs_move_together_half_a_cycle_apart(gait, robot):
    feet = from_hip(gait, robot) - from_hip(gait, robot).mean(axis=0)
    half = FRAMES // 2
    np.testing.assert_allclose(feet[:, 0, 0], feet[:, 3, 0], atol=1e-12)
    np.testing.assert_allclose(feet[:, 1, 0], feet[:, 2, 0], atol=1e-12)
    np.testing.assert_allclose(np.roll(feet[:, 0], half, axis=0), feet[:, 1], atol=1e-12)
    np.testing.assert_allclose(np.roll(feet[:, 2], half, axis=0), feet[:, 3], atol=1e-12)
    assert np.abs(feet[:, 0, 0] - feet[:, 1, 0]).max() > gait.length  # the pairs are not in phase


def test_the_body_pitches_until_all_feet_stand_on_one_level(gait, robot):
    front, rear = 0.095, 0.125
    gait = change(gait, body_height_front=front, body_height_rear=rear)
    assert body_pitch(gait, robot) == pytest.approx(math.asin(0.030 / robot.wheelbase))
    assert body_pitch(gait, robot) > 0  # nose down
    height = in_level_frame(gait, robot)[..., 2][on_ground(gait)]
    np.testing.assert_allclose(height, -(front + rear) / 2, atol=1e-12)


def test_an_impossible_pitch_stands_upright_on_its_nose(gait, robot):
    assert body_pitch(change(gait, body_height_rear=10.0), robot) == math.pi / 2
    assert body_pitch(change(gait, body_height_front=10.0), robot) == -math.pi / 2


def strokes(gait, robot, **more):
    """Return where each foot is in the middle of its stance and how far its stance takes it, (4, 2) each."""
    feet = in_level_frame(gait, robot, **more)[..., :2]
    rows = np.round(np.stack([OWN_START, (OWN_START + gait.duty_factor / 2) % 1]) * FRAMES).astype(int)
    begin, middle = (feet[row, np.arange(4)] for row in rows)
    return middle, 2 * (middle - begin)


@pytest.mark.parametrize("skew", [-0.3, 0.0, 0.2])
@pytest.mark.parametrize("turn", [0.0, 0.1])
def test_skew_turns_the_body_as_one_rigid_piece(gait, robot, skew, turn):
    """The ground under a foot at (x, y) moves by -(v - w y, w x): one v and one w fit all four strokes."""
    level = change(gait, body_height_front=0.11, body_height_rear=0.11, skew=skew)
    (x, y), (dx, dy) = (part.T for part in strokes(level, robot, turn=turn))
    equations = np.block([[-np.ones((4, 1)), y[:, None]], [np.zeros((4, 1)), -x[:, None]]])
    (way, angle), *_ = np.linalg.lstsq(equations, np.concatenate([dx, dy]), rcond=None)
    np.testing.assert_allclose(equations @ [way, angle], np.concatenate([dx, dy]), atol=1e-12)
    assert way == pytest.approx(2 * level.length)
    turned = (skew + turn) * (PLANAR_TURN if robot.planar else 1.0)
    assert angle == pytest.approx(way * turned / robot.wheelbase)  # positive turns left


def test_positive_skew_lengthens_the_strokes_of_the_right_legs(gait, robot):
    _, way = strokes(change(gait, skew=0.3), robot)
    assert -way[1, 0] > 2 * gait.length > -way[0, 0]
    assert -way[3, 0] > 2 * gait.length > -way[2, 0]


def test_turn_is_added_to_the_skew(gait, robot):
    skewed = foot_targets(change(gait, skew=0.25), robot, PHASE, turn=-0.05)
    np.testing.assert_allclose(skewed, foot_targets(change(gait, skew=0.2), robot, PHASE), atol=1e-15)
