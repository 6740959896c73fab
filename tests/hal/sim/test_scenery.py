"""The visible marks of a field are where the field says, and carry no weight."""

import pytest

from gaitopt.hal.sim.scenery import CARPET, LINE, marks
from gaitopt.scenario.spec import Conditions


@pytest.mark.parametrize("length", [0.3, 2.0, 3.3])
def test_lines_lie_at_start_finish_and_sides(field, length):
    longer = field.model_copy(update={"field": field.field.model_copy(update={"length_m": length})})
    lines = [mark for mark in marks(longer) if mark.color == LINE]
    across = [mark.center[0] for mark in lines if mark.half_size[0] < mark.half_size[1]]
    along = [mark.center[1] for mark in lines if mark.half_size[0] > mark.half_size[1]]
    assert across == [0.0, length]
    assert sorted(along) == [-field.field.half_width_m, field.field.half_width_m]


def test_everything_lies_on_the_carpet(field):
    carpet, *others = marks(field)
    assert carpet.color == CARPET
    for mark in others:
        for i in range(2):
            assert abs(mark.center[i] - carpet.center[i]) + mark.half_size[i] <= carpet.half_size[i] + 0.3
        assert 0 < mark.top < 0.002


def test_a_robot_on_a_line_stands_on_the_ground_alone(engine, robot, hand_tuned, field):
    on_line = field.model_copy(update={"field": field.field.model_copy(update={"run_up_m": 0.0})})
    with engine.kind(robot) as body:
        body.prepare(on_line, Conditions(0.6, 1.0, 0.0, 0.0))
        body.activate(body._low * 0 + 0.3, 0.5)
        assert engine.touched(body) == (True, False)
