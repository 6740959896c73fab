"""Friction is what the scenario says, in every direction, under paws and trunk, at any time step and on any ground."""

import numpy as np
import pytest
from engine_rigs import ON_ITS_BACK, PyBullet, conditions, settings
from robot_poses import pose_over_feet

from gaitopt.hal.sim.pybullet_world import p
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario

PUSH = 2.0
"""Speed with which the robot starts to slide [m/s]."""
DIRECTIONS = [0.0, 30.0, 45.0]
FRICTIONS = [0.3, 0.6, 0.9]


@pytest.fixture(scope="module", params=["flat", "flat, finer", "rough"])
def place(request, field):
    """A ground, level where the robot is, and how many times finer the time step is than usual."""
    scenario = load_scenario("rough") if request.param == "rough" else field
    far_back = {"run_up_m": 2.0, "half_width_m": 1.5}
    scenario = scenario.model_copy(update={"field": scenario.field.model_copy(update=far_back)})
    return scenario, 4 if request.param == "flat, finer" else 1


def start(engine, body, scenario, friction, part):
    """Set the robot on its paws, or on its back, at rest."""
    body.prepare(scenario, conditions(friction=friction))
    body.activate(pose_over_feet(body.robot), 0.1)
    if part == "trunk":
        engine.fly(body, (-2.0, 0.0, 0.12), ON_ITS_BACK)
        body.advance(round(0.3 / body.command_period) * body.command_period)


def slide(engine, body, degrees, seconds=0.1):
    """Push the robot off; return the contacts of each step, and the momentum gained [kg m/s], (3,)."""
    way = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0.0])
    engine.launch(body, PUSH * way)
    engine.step(body, 1)  # legs that gave under the weight spring up
    before, contacts = engine.momentum(body), []
    for _ in range(round(seconds / body.engine.time_step_s)):
        if engine is PyBullet:
            engine.step(body, 1)
            contacts.append(engine.contacts(body))
        else:
            contacts.append(engine.contacts(body))
            engine.step(body, 1)
    return contacts, engine.momentum(body) - before


def ratio(contacts):
    """Return friction over normal force of all that slides."""
    sliding = [contact for step in contacts for contact in step if contact.slides]
    friction, normal = (sum(np.linalg.norm(contact[k]) for contact in sliding) for k in (1, 0))
    return friction / normal


@pytest.mark.parametrize("part", ["paws", "trunk"])
def test_what_slides_is_braked_by_its_friction(robot, engine, place, part):
    scenario, finer = place
    weight = robot.mass_kg * 9.81
    with engine.kind(robot, settings(robot, engine, finer)) as body:
        for friction in FRICTIONS:
            for degrees in DIRECTIONS:
                start(engine, body, scenario, friction, part)
                contacts, gained = slide(engine, body, degrees)
                assert ratio(contacts) == pytest.approx(friction, rel=0.02), (friction, degrees)
                # The reported forces are those that act: momentum is their sum over time, and that of the weight.
                forces = [contact.friction + contact.normal for step in contacts for contact in step]
                impulse = (np.sum(forces, axis=0) - [0, 0, weight * len(contacts)]) * body.engine.time_step_s
                np.testing.assert_allclose(gained, impulse, atol=0.02 * robot.mass_kg * PUSH)
                assert np.hypot(*gained[:2]) > 0.02 * robot.mass_kg * PUSH
                body.deactivate()


def test_the_old_fault_would_be_seen(field):
    """Negative control: beside a damping, Bullet drops the friction, and paws keep 0.5."""
    robot = load_robot("aibo-ers7")
    with PyBullet.kind(robot) as body:
        start(PyBullet, body, field, 0.6, "paws")
        for link in range(-1, p.getNumJoints(body._body, body._client)):
            p.changeDynamics(body._body, link, lateralFriction=0.5, physicsClientId=body._client)
            p.changeDynamics(
                body._body,
                link,
                lateralFriction=1.0,
                linearDamping=0.0,
                angularDamping=0.0,
                physicsClientId=body._client,
            )
        contacts, _ = slide(PyBullet, body, 0.0)
        assert ratio(contacts) == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("part", ["paws", "trunk"])
def test_seams_of_rough_ground_do_not_brake(engine, part):
    """All that brakes is friction: Bullet's own height fields would add up to 70 %, at their seams.

    MuJoCo's add a little, the more the larger what slides: a mesh is no choice there.
    """
    robot, rough = load_robot("aibo-ers7"), load_scenario("rough")
    rough = rough.model_copy(update={"field": rough.field.model_copy(update={"run_up_m": 2.0, "half_width_m": 1.5})})
    most = {"pybullet": 1.02, "mujoco": 1.05 if part == "paws" else 1.15}[engine.name]
    with engine.kind(robot) as body:
        for friction in (0.3, 0.6):
            for degrees in DIRECTIONS:
                start(engine, body, rough, friction, part)
                steps, gained = slide(engine, body, degrees)
                normal = robot.mass_kg * 9.81 * len(steps) * body.engine.time_step_s + gained[2]
                assert 0.97 < np.hypot(*gained[:2]) / normal / friction < most, (friction, degrees)
                body.deactivate()
