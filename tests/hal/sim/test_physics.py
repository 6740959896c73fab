"""The simulation against closed forms: where a robot stands, how it falls, how fast and strong its servos are."""

import numpy as np
import pytest
from engine_rigs import conditions, load, settings
from robot_poses import hip_height, pose_over_feet

from gaitopt.hal.body import Body, BodyState, Camera, GroundContacts
from gaitopt.hal.sim.egl import egl_works
from gaitopt.hal.sim.placing import place_trunk
from gaitopt.robot.kinematics import kinematics
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.attitude import roll_pitch, yaw
from gaitopt.walk.controller import GaitController

BLIND = BodyState(0.0, None, None, None, None, None)


@pytest.fixture
def body(engine, robot):
    with engine.kind(robot) as body:
        yield body


def test_stand_is_the_plane_through_the_paws(robot):
    """Front hips 2 cm lower than rear hips, each straight over its paw: nose down by asin(2 cm / wheelbase)."""
    height, pitch = hip_height(robot), np.arcsin(0.02 / robot.wheelbase)
    level = np.array([[np.cos(pitch), 0, np.sin(pitch)], [0, 1, 0], [-np.sin(pitch), 0, np.cos(pitch)]])
    legs = kinematics(robot)
    below = np.array([[0, 0, 0.01 - height]] * 2 + [[0, 0, -0.01 - height]] * 2)
    solution = legs.inverse(legs.hip + below @ level)  # level frame to body
    assert solution.reachable.all()
    trunk = place_trunk(robot, legs.joints(solution.angles))
    assert trunk.height == pytest.approx(height + robot.paw_radius, abs=1e-6)
    assert trunk.pitch == pytest.approx(pitch, abs=1e-5)
    assert trunk.roll == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("higher", [-0.005, 0.01])
def test_a_standing_robot_stands_as_high_as_its_legs(robot, body, field, higher):
    height = hip_height(robot) + higher
    body.prepare(field, conditions(start_side=0.1, start_heading=0.3))
    body.activate(pose_over_feet(robot, height), 1.0)
    state = body.read()
    assert state.time == 0.0
    # With the default engine, servos give by a degree under the weight; where all knees point back, the body shifts.
    ahead = 0.006 if robot.legs.front.knee_folds == robot.legs.rear.knee_folds else 0.0015
    place = np.array([-field.field.run_up_m, 0.1, height + robot.paw_radius])
    assert (np.abs(state.position - place) < [ahead, 0.0015, 0.0015]).all()
    assert yaw(state.orientation) == pytest.approx(0.3, abs=0.02)
    roll, pitch = roll_pitch(np.array([state.orientation]))
    assert abs(roll[0]) < 0.01
    assert abs(pitch[0]) < 0.01
    assert body.ground_contacts() == GroundContacts(paws=True, legs=False, trunk=False)


def test_with_a_fine_engine_it_stands_as_its_legs_do(engine, robot, field):
    """But for what servos and carpet give under the weight: about a millimeter."""
    with engine.kind(robot, settings(robot, engine, 4)) as body:
        body.prepare(field, conditions(start_side=0.1, start_heading=0.3))
        body.activate(pose_over_feet(robot), 0.5)
        place = [-field.field.run_up_m, 0.1, hip_height(robot) + robot.paw_radius]
        np.testing.assert_allclose(body.read().position, place, atol=1.3e-3)


def test_the_paws_bear_the_weight(engine, robot, body, field):
    body.prepare(field, conditions())
    body.activate(pose_over_feet(robot), 1.5)
    forces = [load(engine, body) for _ in range(100) if body.advance(robot.servo.command_period_s) is None]
    assert np.mean(forces) == pytest.approx(robot.mass_kg * 9.81, rel=0.01)


def test_a_robot_in_the_air_falls_as_galileo_says(engine, robot, body, field):
    body.prepare(field, conditions())
    body.activate(pose_over_feet(robot), 0.0)
    engine.fly(body)
    before = body.read().position[2]
    body.advance(0.24)
    dt = body.engine.time_step_s
    n = round(0.24 / dt)
    assert before - body.read().position[2] == pytest.approx(9.81 * dt**2 * n * (n + 1) / 2, rel=0.01)


def test_a_weak_robot_cannot_stand(robot, body, field):
    """Negative control for the stall torque: with a twentieth of a leg's load at its hip height the trunk goes down."""
    height = hip_height(robot)
    strength = 0.05 * robot.mass_kg / 4 * 9.81 * height / robot.servo.stall_torque_nm
    assert strength < 0.05
    body.prepare(field, conditions(servo_strength=strength))
    body.activate(pose_over_feet(robot), 6.0)  # so weak, motors are slow, too
    assert body.read().position[2] < 0.85 * (height + robot.paw_radius)


def test_slippery_ground_lets_paws_slide(robot, body, field):
    """Feet that move outward and back carry the trunk along only where there is friction."""
    ways = []
    for friction in (0.02, 0.8):
        body.prepare(field, conditions(friction=friction))
        body.activate(pose_over_feet(robot, ahead=0.02), 0.5)
        before = body.read().position[0]
        for part in np.linspace(0, 1, 60):
            body.command(pose_over_feet(robot, ahead=0.02 - 0.04 * part))
            body.advance(0.008)
        ways.append(body.read().position[0] - before)
        body.deactivate()
    assert ways[1] == pytest.approx(0.04, abs=0.008)
    assert ways[0] < 0.7 * ways[1]


def test_commands_played_in_a_block_act_as_single_ones(robot, body, field, hand_tuned):
    """The block's own limits hold: the last row asks for too much."""
    block = GaitController(hand_tuned, robot, field).angles(0, 40, BLIND)
    block[-1] += 10.0
    ends = []
    for play in (body.play, lambda rows, period: Body.play(body, rows, period)):
        body.prepare(field, conditions())
        body.activate(block[0], 0.1)
        sent = play(block, robot.servo.command_period_s)
        ends.append((sent.tolist(), body.read()))
        body.deactivate()
    assert ends[0] == ends[1]
    assert (np.array(ends[0][0][-1]) < block[-1]).all()


def test_the_camera_sees_the_robot(engine, robot, body, field):
    if engine.name == "mujoco" and not egl_works():
        pytest.skip("MuJoCo draws by EGL, which this machine lacks")
    body.prepare(field, conditions())
    body.activate(pose_over_feet(robot), 0.1)
    x, y, z = body.read().position
    near = body.render(Camera((x, y, z), width=64, height=48))
    away = body.render(Camera((x, y + 50.0, z), width=64, height=48))
    assert near.shape == (48, 64, 3)
    assert near.dtype == np.uint8
    difference = np.abs(near[16:32, 20:44].astype(int) - away[16:32, 20:44].astype(int))
    assert difference.mean() > 10


def test_a_change_of_a_robots_numbers_changes_its_physics(engine, robot):
    """Twice as heavy, limp, and on the ground: its weight is felt by the ground; no file is written for that."""
    heavy = {name: link.model_copy(update={"mass_kg": 2 * link.mass_kg}) for name, link in robot.links.items()}
    masses = []
    for spec in (robot, robot.model_copy(update={"links": heavy})):
        with engine.kind(spec) as body:
            body.prepare(load_scenario("field"), conditions())
            body.activate(pose_over_feet(robot), 0.0)
            engine.launch(body, (1.0, 0.0, 0.0))
            masses.append(engine.momentum(body)[0])
    assert masses == pytest.approx([robot.mass_kg, 2 * robot.mass_kg])
