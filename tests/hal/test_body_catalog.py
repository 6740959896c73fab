"""From an address to a body."""

import pytest

from gaitopt.errors import InputError
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.sim.mujoco_body import MuJoCoBody
from gaitopt.hal.sim.pybullet_body import PyBulletBody
from gaitopt.spec import parse_spec


def test_an_address_gives_its_body(robot):
    engine = EngineSpec(time_step_s=0.002)
    body = make_body(robot, "pybullet:", engine)
    assert isinstance(body, PyBulletBody)
    assert body.robot is robot
    assert body.engine == engine


def test_an_engine_gives_its_body(robot):
    body = make_body(robot, engine=EngineSpec(name="mujoco", time_step_s=0.002))
    assert isinstance(body, MuJoCoBody)
    assert isinstance(make_body(robot, "mujoco:"), MuJoCoBody)


def test_the_simulation_is_the_default(robot):
    assert isinstance(make_body(robot), PyBulletBody)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("pibullet:", "unknown body 'pibullet'; did you mean pybullet?"),
        ("serial:/dev/ttyUSB0", "unknown body 'serial'; known: dynamixel, mujoco, opencat, pybullet"),
        ("", "unknown body ''; known: dynamixel, mujoco, opencat, pybullet"),
        ("pybullet", "body address: got 'pybullet'; expected 'pybullet:'"),
        ("pybullet:fast", "body address: got 'pybullet:fast'; expected 'pybullet:'"),
    ],
)
def test_an_unknown_address_is_reported(robot, address, text):
    with pytest.raises(InputError) as caught:
        make_body(robot, address)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"time_step_s": 0.02}, "time_step_s: got 0.02; expected less than or equal to 0.01"),
        ({"time_step_s": 0.0}, "time_step_s: got 0.0; expected greater than 0"),
        ({"solver_iterations": 0}, "solver_iterations: got 0; expected greater than or equal to 1"),
        ({"solver_iterations": "10"}, "solver_iterations: got '10'; expected a whole number"),
        ({"name": "bullet"}, "name: unknown engine 'bullet'; did you mean pybullet?"),
        ({"time_step": 0.004}, "unknown key 'time_step'; did you mean time_step_s?"),
    ],
)
def test_bad_settings_of_an_engine_are_reported(settings, text):
    with pytest.raises(InputError) as caught:
        parse_spec(EngineSpec, settings, "engine")
    assert str(caught.value) == f"engine: {text}"
