"""What a comparison reports of changed settings: all of them, and nothing where there are none."""

import pytest

from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.engine import engine_of
from gaitopt.robot.spec import load_robot
from gaitopt.run.compare.changed_settings import changes
from gaitopt.run.compare.folder import create_comparison, plan
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.train.defaults import SEEING_SPEED
from gaitopt.run.train.settings import PolicyOptions
from gaitopt.scenario.spec import load_scenario, scenario_names


@pytest.mark.parametrize("scenario", scenario_names())
@pytest.mark.parametrize("methods", [{"optimizers": "all"}, {"algorithms": "all", "gait": "learned"}])
def test_of_usual_settings_there_is_nothing_to_tell(methods, scenario, tmp_path):
    settings = CompareSettings(scenario=scenario, seeds=1, **methods)
    assert changes(settings) == {}
    stored = create_comparison(plan(settings), tmp_path, dict.fromkeys(settings.seeds, 0.2))
    assert changes(stored.config) == {}


def test_every_changed_setting_is_reported():
    steep = load_scenario("slope").model_copy(update={"slope_deg": 9.0})
    options = {"powell": {"repeats": 5}, "cma-es": {"population": 20, "sigma": 2.0}}
    settings = CompareSettings(scenario=steep, gait="learned", optimizers="powell,cma-es", options=options, seeds=2)
    assert changes(settings) == {
        "scenario.slope_deg": 9.0,
        "gait": "learned",
        "powell.repeats": 5,
        "cma-es.population": 20,
    }


def test_a_gait_that_is_given_itself_is_reported(ers7):
    settings = CompareSettings(gait=load_gait("hand-tuned", ers7), optimizers="powell", seeds=1)
    assert changes(settings) == {"gait": "given"}


def test_what_policies_do_otherwise_is_reported():
    settings = CompareSettings(
        algorithms="ppo",
        policy_options=PolicyOptions(sigma=0.4),
        interface=SEEING_SPEED.model_copy(update={"observe": ("phase", "velocity")}),
        options={"ppo": {"kl_stop": 0.5}},
        seeds=1,
    )
    told = {"interface.observe": ["phase", "velocity"], "policy.sigma": 0.4, "ppo.kl_stop": 0.5}
    assert changes(settings) == told


def test_other_physics_are_reported(ers7):
    engine = engine_of(ers7)
    finer = engine.model_copy(update={"time_step_s": engine.time_step_s / 2})
    settings = CompareSettings(engine=finer, optimizers="powell", seeds=1)
    assert changes(settings) == {"engine.time_step_s": finer.time_step_s}


def test_of_a_scenario_of_ones_own_nothing_is_reported():
    own = load_scenario("slope").model_copy(update={"slope_deg": 9.0, "name": "my-hill"})
    assert changes(CompareSettings(scenario=own, optimizers="powell", seeds=1)) == {}


def test_a_changed_robot_is_reported():
    robot = load_robot("aibo-ers7")
    slow = robot.model_copy(update={"servo": robot.servo.model_copy(update={"delay_s": 0.024})})
    settings = CompareSettings(robot=slow, optimizers="powell", seeds=1)
    assert changes(settings) == {"robot.servo.delay_s": 0.024}
