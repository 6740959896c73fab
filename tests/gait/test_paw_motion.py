"""Features of the paws' motion, against the loci, the tables that are walked, and closed forms."""

import dataclasses

import numpy as np
import pytest

from gaitopt.gait.cycle import cycle
from gaitopt.gait.gait_file import load_gait
from gaitopt.gait.locus import foot_targets
from gaitopt.gait.paw_motion import FEATURES, PawMotion
from gaitopt.gait.space import GaitSpace
from gaitopt.robot.kinematics import kinematics
from gaitopt.robot.spec import load_robot, robot_names

AIBO = load_robot("aibo-ers7")
CALM = dataclasses.replace(
    load_gait("hand-tuned", AIBO).parameters,
    front_height=0.010,
    rear_height=0.012,
    front_fore=0.01,
    rear_fore=-0.03,
    length=0.020,
    body_height_front=0.105,
    body_height_rear=0.105,
    cycle_time=1.0,
    duty_factor=0.6,
)
"""Within reach and slow enough for the servos; the body is level."""


def features(*gaits, robot=AIBO):
    return [
        dict(zip(FEATURES, row, strict=True))
        for row in PawMotion(robot).features(np.array([g.to_vector() for g in gaits]))
    ]


def test_a_calm_gait_is_the_closed_form():
    table = cycle(CALM, AIBO, 0.008)
    assert table.saturated == table.unreachable == 0.0
    (calm,) = features(CALM)
    stance_speed = 2 * 0.020 / (1.0 * 0.6)
    hip = kinematics(AIBO).hip[0, 0]
    assert calm["frequency"] == 1.0
    assert calm["nominal_speed"] == pytest.approx(stance_speed)
    assert calm["front_lift"] == pytest.approx(0.010, rel=0.02)
    assert calm["rear_lift"] == pytest.approx(0.012, rel=0.02)
    assert calm["saturated"] == 0.0
    # Two paws share the load where both stand, and hand it over where the stroke turns round.
    for name in ("front_speed", "rear_speed", "speed"):
        assert 0.75 * stance_speed < calm[name] < stance_speed
    assert calm["front_fore"] == pytest.approx(hip + 0.01, abs=0.003)
    assert calm["rear_fore"] == pytest.approx(-hip - 0.03, abs=0.003)
    # The lever: a load at the middle, on a support `front` ahead of it and one `rear` behind it.
    front, rear = calm["front_fore"], -calm["rear_fore"]
    assert calm["rear_load"] == pytest.approx(front / (front + rear), abs=0.01)
    assert calm["rise"] == pytest.approx(0.0, abs=0.002)


def test_the_paws_are_where_the_loci_want_them():
    motion = PawMotion(AIBO)
    raised = dataclasses.replace(CALM, body_height_rear=0.115)
    of = {field.name: np.array([getattr(raised, field.name)]) for field in dataclasses.fields(raised)}
    both_sides = np.repeat(motion._wanted(of).reshape(32, 2, 3), 2, axis=1)  # (32, 4, 3), those of the left legs twice
    feet = kinematics(AIBO).forward(both_sides)
    targets = foot_targets(raised, AIBO, np.arange(32) / 32)
    np.testing.assert_allclose(feet[:, 0], targets[:, 0], atol=1e-6)
    np.testing.assert_allclose(feet[:, 3], targets[:, 3], atol=1e-6)  # the one that goes with it in a trot


def test_slow_servos_hold_back_as_in_the_table_that_is_walked():
    fast = dataclasses.replace(CALM, cycle_time=0.45, length=0.060)
    table = cycle(fast, AIBO, 0.01)
    (calm, quick) = features(CALM, fast)
    assert table.saturated > 0.1
    assert quick["saturated"] == pytest.approx(table.saturated, abs=0.03)
    assert quick["nominal_speed"] > 6 * calm["nominal_speed"]
    assert 2 * calm["speed"] < quick["speed"] < 4 * calm["speed"]  # the servos cannot keep up


def test_a_gait_has_the_same_features_alone_and_among_others():
    space = GaitSpace(AIBO)
    gaits = space.vectors(np.random.default_rng(1).random((20, 12)))
    motion = PawMotion(AIBO)
    alone = np.vstack([motion.features(gait[None]) for gait in gaits])
    np.testing.assert_allclose(motion.features(gaits), alone, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", robot_names())
def test_every_robot_has_features_all_over_its_ranges(name):
    robot = load_robot(name)
    space = GaitSpace(robot)
    points = np.random.default_rng(2).random((200, len(space.active)))
    points[0], points[1] = 0.0, 1.0
    known = PawMotion(robot).features(space.vectors(points))
    assert known.shape == (200, len(FEATURES))
    assert np.isfinite(known).all()
    assert (known.std(axis=0) > 0).all()
