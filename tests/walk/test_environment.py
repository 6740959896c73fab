"""The traversal as an environment: rewards, every way to end, and the same bits whatever was walked before."""

import numpy as np
import pytest

from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.sim.pybullet_body import PyBulletBody
from gaitopt.scenario.spec import Pushes, load_scenario
from gaitopt.walk.controller import GaitController
from gaitopt.walk.environment import UNIT_M, TraversalEnvironment
from gaitopt.walk.policy_controller import STEERING
from gaitopt.walk.traversal import Status, traverse

STILL = np.zeros(24)


@pytest.fixture(scope="module")
def gait(ers7):
    return load_gait("hand-tuned", ers7).parameters


@pytest.fixture
def make(ers7, gait, short_field):
    """Return what makes environments, and closes them."""
    made = []

    def make(field=None, **settings):
        named = ("pushes", "start_side_m", "friction", "fall_cost", "stuck_s")
        changes = {name: settings.pop(name) for name in named if name in settings}
        scenario = short_field.model_copy(update={"field": short_field.field.model_copy(update=field or {}), **changes})
        made.append(TraversalEnvironment(gait, ers7, scenario, **settings))
        return made[-1]

    yield make
    for environment in made:
        environment.close()


def live(environment, seed=0, action=STILL, most=10_000):
    """Return observations, rewards and how the episode ended; `action` may be a function of the time step."""
    observations, rewards, ended = [environment.reset(np.random.default_rng(seed))], [], (False, False)
    while not any(ended) and len(rewards) < most:
        chosen = action(len(rewards)) if callable(action) else action
        observation, reward, *ended = environment.step(chosen)
        observations.append(observation)
        rewards.append(reward)
    return np.array(observations), np.array(rewards), tuple(ended)


def noise(step):
    """Return an action that depends on the step alone."""
    return np.random.default_rng(step).uniform(-1, 1, 24)


FAILURE = -50.0
"""Of the short field, half a meter long [cm]."""


def test_rewards_add_up_to_the_way_less_the_pace(make):
    environment = make(pace=0.1)
    environment.reset(np.random.default_rng(0))
    start = environment.state.position[0]
    _, rewards, _ = live(environment)
    way = environment.state.position[0] - start
    assert way > 0.5
    assert rewards.sum() == pytest.approx((way - 0.1 * environment.step_s * len(rewards)) / UNIT_M)


def test_the_finish_line_cuts_the_episode_off(make, short_field):
    environment = make()
    _, rewards, ended = live(environment)
    assert (environment.status, ended) == (Status.FINISHED, (False, True))
    assert environment.state.position[0] >= short_field.field.length_m
    walked = environment.step_s * len(rewards)
    assert 0 < environment.time < walked


def test_the_time_limit_cuts_it_off(make):
    environment = make({"time_limit_s": 0.48})
    _, rewards, ended = live(environment)
    assert (environment.status, ended, environment.time) == (Status.TIMEOUT, (False, True), None)
    assert len(rewards) == 15  # of 0.032 s
    assert rewards.min() > FAILURE / 2


def test_a_side_line_cuts_it_off_and_costs(make):
    environment = make({"half_width_m": 0.05}, start_side_m=0.049)
    _, rewards, ended = live(environment, action=noise)
    assert (environment.status, ended) == (Status.LEFT_FIELD, (False, True))
    assert rewards[-1] == pytest.approx(FAILURE, abs=5)
    _, dearer, _ = live(make({"half_width_m": 0.05}, start_side_m=0.049, fall_cost=3.0), action=noise)
    assert dearer - rewards == pytest.approx([0.0] * (len(rewards) - 1) + [2 * FAILURE])


def test_being_stuck_cuts_it_off_and_costs(make):
    """On ice it rocks on the spot; one who walks is not stuck, and one who may try on has until the time limit."""
    environment = make(friction=0.003, stuck_s=0.64)
    _, rewards, ended = live(environment)
    assert (environment.status, ended) == (Status.STUCK, (False, True))
    assert 20 <= len(rewards) < 100
    assert rewards[-1] == pytest.approx(FAILURE, abs=5)
    np.testing.assert_array_equal(live(environment)[1], rewards)  # another life begins with patience
    for patience in (None, 5.0):  # never, or not before the time limit
        tries_on = make(friction=0.003, stuck_s=patience)
        _, patient, _ = live(tries_on)
        assert tries_on.status is Status.TIMEOUT
        assert patient[: len(rewards) - 1] == pytest.approx(rewards[:-1])
        assert patient.min() > FAILURE / 2
    walks = make(stuck_s=0.64)
    live(walks)
    assert walks.status is Status.FINISHED


def test_pushes_and_bumps_make_falls_dear():
    pushes, rough = load_scenario("pushes"), load_scenario("rough")
    assert pushes.fall_cost == rough.fall_cost == 2.0
    assert (pushes.stuck_s, rough.stuck_s) == (None, 3.0)


@pytest.mark.parametrize("fall_cost", [0.0, 1.0, 2.0])
def test_a_fall_ends_it_and_costs(make, fall_cost):
    environment = make(pushes=Pushes(every_s=0.2, impulse_ns=8.0), fall_cost=fall_cost)
    _, rewards, ended = live(environment)
    assert (environment.status, ended) == (Status.FELL, (True, False))
    assert rewards[-1] == pytest.approx(fall_cost * FAILURE, abs=10)
    assert (rewards[:-1] > FAILURE / 2).all()


def test_the_same_seed_gives_the_same_bits_whatever_was_walked_before(make):
    """Also after a walk of one step, whose contacts with the ground are still there; other seeds give others."""
    environment = make()
    first = live(environment, 7, noise, most=20)
    for steps in (1, 2, 15):
        live(environment, 8, most=steps)
        again = live(environment, 7, noise, most=20)
        np.testing.assert_array_equal(first[0], again[0])
        np.testing.assert_array_equal(first[1], again[1])
    assert (live(environment, 9, noise, most=20)[0] != first[0]).any()


def test_after_one_step_of_steering_nothing_remains(make):
    environment = make(interface=STEERING)
    starts = [live(environment, 123, action=0, most=1)[0] for _ in range(3)]
    np.testing.assert_array_equal(starts[0], starts[1])
    np.testing.assert_array_equal(starts[0], starts[2])


def test_two_environments_in_one_process_do_not_touch(make):
    alone = live(make(), 7, noise, most=20)[0]
    one, other = make(), make(pace=0.1)
    seen = [one.reset(np.random.default_rng(7))]
    other.reset(np.random.default_rng(8))
    for step in range(20):
        other.step(-noise(step))
        seen.append(one.step(noise(step))[0])
        if step == 10:
            other.reset(np.random.default_rng(9))
    np.testing.assert_array_equal(alone, seen)


def test_doing_nothing_walks_as_the_gait_does(make, ers7, gait, short_field):
    """Within 2 %: its table has 512 rows and no rows between. Negative control: with quicker steps it is not."""
    environment = make()
    with PyBulletBody(ers7) as body:
        alone = traverse(body, GaitController(gait, ers7, short_field), short_field, seed=3)
    live(environment, 3)
    assert environment.time == pytest.approx(alone.time_s, rel=0.02)
    quicker = STILL.copy()
    quicker[environment.action_names.index("cycle_time")] = -1.0
    live(environment, 3, quicker)
    assert abs(environment.time / alone.time_s - 1) > 0.1


def test_what_is_seen_stays_within_its_bounds(make):
    environment = make()
    low, high = environment.observation_bounds
    observations, _, _ = live(environment, action=noise)
    assert observations.shape[1] == environment.observation_size == len(environment.observation_names) == len(low)
    assert ((low <= observations) & (observations <= high)).all()


def test_more_than_the_reach_is_cut_off(make):
    environment = make()
    np.testing.assert_array_equal(
        live(environment, action=lambda step: 3 * np.sign(noise(step)), most=10)[0],
        live(environment, action=lambda step: np.sign(noise(step)), most=10)[0],
    )
