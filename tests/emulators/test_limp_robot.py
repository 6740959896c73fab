"""The emulated robot while its servos are off."""

import numpy as np
import pytest

from gaitopt.emulators.plant import EmulatedRobot
from gaitopt.hal.wiring import servo_map
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario


@pytest.mark.parametrize("name", ["petoi-bittle", "dynamixel-quadruped"])
def test_a_limp_robot_lies_where_it_was_put(name):
    """Gears do not turn by themselves. Once it slid to the start line, was put back, and slid again, for ever."""
    robot = load_robot(name)
    beams = []
    plant = EmulatedRobot(robot, load_scenario("desk"), np.random.default_rng(0), 7.8)
    plant.watch_lines(lambda *beam: beams.append(beam))
    begun = plant.place
    for step in range(150):
        plant.advance(0.02 * step)
    assert np.hypot(*np.subtract(plant.place, begun)[:2]) < 0.02
    assert beams == []
    assert all(plant.load(servo) == 0 for servo in servo_map(robot).ids)
    plant.close()
