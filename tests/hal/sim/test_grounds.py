"""Grounds, loads and shoves against closed forms."""

import numpy as np
import pytest
from engine_rigs import conditions, load
from robot_poses import pose_over_feet

from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.sim.simulated_body import GRAVITY
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import Push, load_scenario
from gaitopt.scenario.terrain import make_terrain
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse

SLIPPERY = 1e-4


@pytest.fixture(scope="module")
def ers7():
    return load_robot("aibo-ers7")


@pytest.fixture
def ers7_body(engine, ers7):
    with engine.kind(ers7) as body:
        yield body


@pytest.fixture
def hand_tuned_walk(engine, ers7):
    gait = load_gait("hand-tuned", ers7).parameters

    def walk(scenario, seed):
        short = scenario.model_copy(update={"field": scenario.field.model_copy(update={"time_limit_s": 5.0})})
        with engine.kind(ers7) as body:
            return traverse(body, GaitController(gait, ers7, short), short, seed)

    return walk


def stand_on(body, name, seconds=0.3, **changes):
    body.prepare(load_scenario(name), conditions(**changes))
    body.activate(pose_over_feet(body.robot), seconds)


def speed(engine, body, mass):
    """Return the velocity of the whole robot [m/s], (3,)."""
    return engine.momentum(body) / mass


def test_the_height_field_is_the_terrain(engine, ers7_body):
    """Rays from above hit the ground where the terrain has its points."""
    scenario = load_scenario("rough")
    terrain = make_terrain(scenario)
    ers7_body.prepare(scenario, conditions())
    rng = np.random.default_rng(0)
    places = rng.integers(1, np.array(terrain.heights.shape) - 1, (200, 2))
    x, y = (start + terrain.cell * places[:, k] for k, start in enumerate(terrain.corner))
    beside = np.hypot(x + scenario.field.run_up_m, y) > 0.4  # of the robot
    seen = engine.heights(ers7_body, x[beside], y[beside])
    wanted = terrain.heights[tuple(places[beside].T)]
    np.testing.assert_allclose(seen, wanted, atol=1e-5)
    assert np.ptp(wanted) > 0.03
    mirrored = terrain.heights[:, ::-1][tuple(places[beside].T)]
    assert np.abs(seen - mirrored).max() > 0.01  # negative control


@pytest.mark.parametrize("slope_deg", [0.0, 8.0])
def test_on_a_slippery_slope_it_slides_as_galileo_says(engine, ers7_body, slope_deg):
    slope = np.radians(slope_deg)
    stand_on(ers7_body, "slope", friction=SLIPPERY, slope=slope)
    before = speed(engine, ers7_body, ers7_body.robot.mass_kg)
    ers7_body.advance(0.2)
    assert (speed(engine, ers7_body, ers7_body.robot.mass_kg) - before)[0] == pytest.approx(
        -GRAVITY * np.sin(slope) * 0.2, rel=0.03, abs=0.002
    )


@pytest.mark.parametrize("payload", [0.2, 0.6])
def test_the_paws_bear_the_load_too(engine, ers7_body, payload):
    stand_on(ers7_body, "payload", 1.0, payload=payload)
    forces = []
    for _ in range(50):
        ers7_body.advance(0.008)
        forces.append(load(engine, ers7_body))
    assert np.mean(forces) == pytest.approx((ers7_body.robot.mass_kg + payload) * GRAVITY, rel=0.02)


@pytest.mark.parametrize("force", [(0.0, 5.0), (-4.0, 3.0)])
def test_a_push_changes_the_momentum_by_its_impulse(engine, ers7_body, force):
    stand_on(ers7_body, "pushes", friction=SLIPPERY, pushes=(Push(0.1, 0.2, force),))
    ers7_body.advance(0.1)
    before = speed(engine, ers7_body, ers7_body.robot.mass_kg)
    ers7_body.advance(0.1)
    gained = (speed(engine, ers7_body, ers7_body.robot.mass_kg) - before)[:2] * ers7_body.robot.mass_kg
    np.testing.assert_allclose(gained, np.array(force) * 0.1, atol=0.05)  # the legs give a little
    ers7_body.advance(0.1)
    assert speed(engine, ers7_body, ers7_body.robot.mass_kg)[1] == pytest.approx(
        before[1] + force[1] * 0.1 / ers7_body.robot.mass_kg, abs=0.05
    )


def test_a_pushed_walk_repeats_to_the_bit_and_differs_from_a_calm_one(ers7, hand_tuned_walk):
    pushed = load_scenario("pushes")
    first, again = hand_tuned_walk(pushed, 3), hand_tuned_walk(pushed, 3)
    assert first == again
    calm = pushed.model_copy(update={"pushes": None})
    assert hand_tuned_walk(calm, 3).drift_m != first.drift_m


@pytest.mark.parametrize("name", ["slippery", "slope", "pushes", "payload", "rough"])
def test_the_gait_tuned_by_hand_walks_there(hand_tuned_walk, name):
    assert hand_tuned_walk(load_scenario(name), 0).distance_m > 0.3
