"""A plan for a real robot: what is refused before the robot is asked for anything."""

import numpy as np
import pytest

from gaitopt.errors import GaitoptError, InputError
from gaitopt.hal.catalog import make_body
from gaitopt.robot.spec import load_robot
from gaitopt.run.real.deployment import plan_deployment

ROBOT = load_robot("petoi-bittle")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"walker": "hand-tund"}, "did you mean hand-tuned"),
        ({"walker": 3}, "walker: got 3; expected a gait"),
        ({"robot": "aibo-ers7", "walker": "no-gait"}, "'no-gait'"),
        ({"scenario": "feild"}, "did you mean field"),
        *(({"slower": value}, f"slower: got {value!r}; expected a number above 0") for value in (0, -1.0, "x", [])),
        *(({"duration": value}, f"duration: got {value!r}") for value in (0.0, float("nan"), float("inf"))),
    ],
)
def test_bad_input_is_refused(changes, said):
    good = {"body": make_body(ROBOT, "opencat:/dev/nowhere"), "walker": "hand-tuned"}
    with pytest.raises(InputError) as caught:
        plan_deployment(**good | changes)
    assert said in str(caught.value)


def test_only_a_real_robots_body_will_do():
    with pytest.raises(InputError, match="body: got PyBulletBody; expected a real robot's: make_body"):
        plan_deployment(make_body(ROBOT), "hand-tuned")
    with pytest.raises(InputError, match="body: got str; expected a real robot's"):
        plan_deployment("opencat:/dev/nowhere", "hand-tuned")


def test_a_body_that_was_not_configured_says_so():
    with pytest.raises(GaitoptError, match="configure"):
        plan_deployment(make_body(ROBOT, "opencat:/dev/nowhere"), "hand-tuned", slower=np.float64(2.0))
