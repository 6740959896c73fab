"""Nine ways to steer a gait: what each does to the joints, and where it leads."""

import numpy as np
import pytest

from gaitopt.gait.cycle import cycle
from gaitopt.gait.gait_file import load_gait
from gaitopt.robot.spec import load_robot
from gaitopt.walk.adjustment import AdjustedGait, Adjustments
from gaitopt.walk.attitude import yaw
from gaitopt.walk.environment import TraversalEnvironment
from gaitopt.walk.policy_controller import STEERING
from gaitopt.walk.steering import ACTIONS, SteeredGait

COUNT = 4
"""Commands between two actions."""
STRAIGHT, SLOWER, FASTER, LEFT, RIGHT = (
    ACTIONS.index(name)
    for name in ("straight, same", "straight, slower", "straight, faster", "left, same", "right, same")
)


@pytest.fixture(scope="module", params=["aibo-ers7", "petoi-bittle"])
def robot(request):
    """One with elevators, and one without."""
    return load_robot(request.param)


@pytest.fixture(scope="module")
def made(robot, hand_tuned, field):
    return SteeredGait(hand_tuned, robot, field.heading_hold, Adjustments(), robot.servo.command_period_s)


@pytest.fixture(scope="module")
def hand_tuned(robot):
    return load_gait("hand-tuned", robot).parameters


@pytest.fixture
def steered(made):
    made.begin()
    return made


def step_of(robot):
    """Return by how much an action changes turn or pace: a control period as a part of the time for the reach."""
    return COUNT * robot.servo.command_period_s / Adjustments().change_s


def test_there_are_nine_and_the_first_changes_nothing(robot, hand_tuned, field, steered):
    assert len(set(ACTIONS)) == len(ACTIONS) == 9
    assert steered.action_names == ACTIONS
    assert STRAIGHT == 0
    plain = AdjustedGait(
        hand_tuned, robot, field.heading_hold, Adjustments(residuals=False), robot.servo.command_period_s
    )
    nothing = np.zeros(len(plain.action_names))
    for _ in range(30):
        np.testing.assert_array_equal(steered.angles(STRAIGHT, COUNT, 0.7), plain.angles(nothing, COUNT, 0.0))


@pytest.mark.parametrize(("action", "side"), [(LEFT, 1), (RIGHT, -1)])
def test_a_turn_gets_as_sharp_as_the_heading_hold_could(robot, hand_tuned, field, steered, action, side):
    """Two rows of the table, 1/512 of a cycle each, are the most that it misses."""
    for _ in range(int(1 / step_of(robot)) + 1):
        steered.angles(action, COUNT, 0.0)
    phase = steered.phase
    got = steered.angles(action, 1, 0.0)[0]
    table = cycle(hand_tuned, robot, hand_tuned.cycle_time / 512, side * field.heading_hold.limit).angles
    straight = cycle(hand_tuned, robot, hand_tuned.cycle_time / 512).angles
    row = int(phase * 512)
    np.testing.assert_allclose(got, table[row], atol=1e-9)
    assert np.abs(table[row] - straight[row]).max() > 1e-3


def test_the_pace_moves_by_steps_stays_and_ends_at_its_reach(robot, hand_tuned, steered):
    step = step_of(robot)
    steered.angles(FASTER, COUNT, 0.0)
    steered.angles(FASTER, COUNT, 0.0)
    assert steered.pace == pytest.approx(2 * step)
    steered.angles(STRAIGHT, COUNT, 0.0)
    steered.angles(SLOWER, COUNT, 0.0)
    steered.angles(LEFT, COUNT, 0.0)
    assert steered.pace == pytest.approx(step)
    for action, end in ((FASTER, 1.0), (SLOWER, -1.0)):
        for _ in range(int(2 / step) + 2):
            steered.angles(action, COUNT, 0.0)
        assert steered.pace == pytest.approx(end)


def test_faster_means_that_a_cycle_takes_less_time(robot, hand_tuned, steered):
    def advance(action):
        before = steered.phase
        steered.angles(action, COUNT, 0.0)
        return (steered.phase - before) % 1.0

    usual = COUNT * robot.servo.command_period_s / hand_tuned.cycle_time
    assert advance(STRAIGHT) == pytest.approx(usual)
    for _ in range(int(1 / step_of(robot)) + 1):
        steered.angles(FASTER, COUNT, 0.0)
    ranges = robot.gait["cycle_time"]
    shortest = max(ranges.low, hand_tuned.cycle_time - 0.2 * (ranges.high - ranges.low))
    assert advance(STRAIGHT) == pytest.approx(usual * hand_tuned.cycle_time / shortest)


def test_begin_forgets_turn_and_pace(steered):
    first = steered.angles(STRAIGHT, COUNT, 0.0)
    for _ in range(5):
        steered.angles(ACTIONS.index("left, faster"), COUNT, 0.0)
    assert (steered.angles(STRAIGHT, COUNT, 0.0) != first).any()
    steered.begin()
    np.testing.assert_array_equal(steered.angles(STRAIGHT, COUNT, 0.0), first)


def test_no_joint_jumps_when_the_steering_changes_its_mind(robot, hand_tuned, field, steered):
    """Negative control: where a turn takes no time, joints jump several times as far."""

    def farthest(gait):
        rows = [gait.angles(action, COUNT, 0.0) for action in (LEFT, LEFT, RIGHT, RIGHT) * 10]
        return np.abs(np.diff(np.concatenate(rows), axis=0)).max()

    period = robot.servo.command_period_s
    rash = SteeredGait(hand_tuned, robot, field.heading_hold, Adjustments(change_s=1e-3), period)
    assert farthest(rash) > 2 * farthest(steered)


@pytest.fixture(scope="module")
def environment(short_field):
    ers7 = load_robot("aibo-ers7")
    made = TraversalEnvironment(load_gait("hand-tuned", ers7).parameters, ers7, short_field, STEERING)
    yield made
    made.close()


def end(environment, action, steps=45):
    """Return heading [rad] and place along the field [m] after walking by one action."""
    environment.reset(np.random.default_rng(0))
    for _ in range(steps):
        observation, *_ = environment.step(action)
    assert len(observation) == environment.observation_size == 8
    return yaw(environment.state.orientation), environment.state.position[0]


def test_a_robot_goes_where_it_is_steered(environment):
    heading, way = end(environment, STRAIGHT)
    assert end(environment, LEFT)[0] > heading + 0.2
    assert end(environment, RIGHT)[0] < heading - 0.2
    assert end(environment, FASTER)[1] > way + 0.04
    assert end(environment, SLOWER)[1] < way - 0.02
