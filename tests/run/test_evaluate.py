"""The doors through which walkers walk: everything that may be given, and everything that may not."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from walking_policies import random_trained

import gaitopt
from gaitopt.errors import GaitoptError, InputError
from gaitopt.gait.gait_file import Gait, load_gait, save_gait
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import load_robot
from gaitopt.run.evaluate import evaluate, evaluate_many, traverse
from gaitopt.run.rollout import World, measure
from gaitopt.run.walkers.walker import GaitWalker
from gaitopt.scenario.objective import parse_score
from gaitopt.walk.policy_controller import Interface


@pytest.fixture(scope="module")
def gait(ers7):
    return load_gait("hand-tuned", ers7)


@pytest.fixture(scope="module")
def expected(gait, ers7, tiny_field):
    return measure([GaitWalker(gait)], World(ers7, tiny_field, EngineSpec()), 2, 3, 1)[0]


@pytest.fixture
def ground(tiny_field, tmp_path):
    """A file of the tiny field."""
    path = tmp_path / "tiny.toml"
    path.write_text(gaitopt.toml.format_toml(tiny_field.model_dump(mode="json", exclude_none=True)))
    return path


def test_a_walker_is_given_by_name_path_or_object(gait, ers7, tiny_field, expected, tmp_path, monkeypatch):
    save_gait(gait, tmp_path / "fast.toml")
    monkeypatch.chdir(tmp_path)
    for walker in ("hand-tuned", "fast.toml", Path("fast.toml"), gait, gait.parameters, GaitWalker(gait)):
        assert evaluate(walker, ers7, tiny_field, repeats=2, seed=3) == expected
        assert evaluate(walker, scenario=tiny_field, repeats=2, seed=3) == expected


def test_robot_and_scenario_are_given_by_name_path_or_object(gait, ers7, tiny_field, ground, expected):
    for robot in ("aibo-ers7", Path(ers7.urdf).parent / "robot.toml", ers7, None):
        for scenario in (str(ground), ground, tiny_field):
            assert evaluate(gait, robot, scenario, repeats=2, seed=3) == expected


def test_numbers_may_be_numpys_and_the_workers_all_cores(gait, ers7, tiny_field, expected):
    numbers = {name: np.float64(value) for name, value in vars(gait.parameters).items()}
    parameters = type(gait.parameters)(**numbers)
    assert evaluate(parameters, ers7, tiny_field, repeats=np.int64(2), seed=np.uint8(3), workers=None) == expected
    assert evaluate(parameters, ers7, tiny_field, repeats=2, seed=3, workers=np.int32(1)) == expected


def test_a_score_is_given_as_text_or_spec_and_is_the_scenarios_own_else_the_speed(gait, ers7, tiny_field):
    text = "speed - 0.5*sway"
    scored = tiny_field.model_copy(update={"score": parse_score(text)})
    one, two, three, speed = (
        evaluate(gait, ers7, scenario, repeats=2, score=score)
        for scenario, score in ((tiny_field, text), (tiny_field, parse_score(text)), (scored, None), (tiny_field, None))
    )
    assert one == two == three
    assert one.score < one.speed_mps == speed.score


def test_a_policy_walks_on_its_gait(ers7, tiny_field, tmp_path):
    trained = random_trained("aibo-ers7", Interface())
    trained.save(tmp_path / "policy.npz")
    one, two = (evaluate(it, None, tiny_field, repeats=2) for it in (trained, tmp_path / "policy.npz"))
    assert one == two != evaluate(trained.gait, None, tiny_field, repeats=2)


def test_many_walkers_are_each_measured_as_if_alone(gait, ers7, tiny_field):
    slow = dataclasses.replace(gait.parameters, cycle_time=0.6)
    trained = random_trained("aibo-ers7", Interface())
    walkers = [gait, slow, "hand-tuned", trained]
    together = evaluate_many(walkers, ers7, tiny_field, repeats=2, seed=5, workers=2)
    assert together == [evaluate(walker, ers7, tiny_field, repeats=2, seed=5) for walker in walkers]
    assert together[0] == together[2] != together[1]
    assert evaluate_many(iter([gait]), "aibo-ers7", tiny_field, workers=1)[0].repeats == 3
    assert evaluate_many([], ers7, tiny_field) == []


def test_a_traversal_is_the_first_that_evaluate_walks(gait, ers7, tiny_field):
    looks = []
    walk = traverse("hand-tuned", "aibo-ers7", tiny_field, seed=3, observer=lambda body, state: looks.append(state))
    assert evaluate(gait, ers7, tiny_field, repeats=1, seed=3).speed_mps == walk.speed_mps
    assert walk != traverse(gait, ers7, tiny_field, seed=4)
    assert looks[-1].time > looks[0].time == 0.0
    fine = traverse(gait, ers7, tiny_field, seed=3, engine=EngineSpec(time_step_s=0.002))
    assert fine != walk


class Controllerless:
    """Neither a controller nor something that makes one."""


BAD_CALLS = [
    ({"walker": "hand-tund"}, "'hand-tund'; did you mean hand-tuned"),
    ({"walker": 3}, "walker: got 3; expected a gait, a policy, a controller of your own, or the name or path of one"),
    ({"walker": None}, "walker: got None; expected a gait"),
    ({"walker": Controllerless()}, "expected a gait, a policy, a controller of your own"),
    ({"walker": "nowhere.toml"}, "nowhere.toml"),
    ({"walker": Path("nowhere.npz")}, "nowhere.npz: cannot be read"),
    ({"walker": "nowhere/run"}, "'nowhere/run'"),
    ({"robot": "aibo-ers8"}, "unknown robot 'aibo-ers8'; did you mean aibo-ers7"),
    ({"robot": 7}, "robot: got 7; expected a name, a robot.toml file or a RobotSpec"),
    ({"robot": "aibo-ers210"}, "is a gait of aibo-ers7; expected one of aibo-ers210"),
    ({"scenario": "feild"}, "unknown scenario 'feild'; did you mean field"),
    ({"scenario": {"friction": 1}}, "scenario: got {'friction': 1}; expected a name, a .toml file or a ScenarioSpec"),
    ({"scenario": Path("nowhere.toml")}, "nowhere.toml"),
    *(
        ({"repeats": value}, f"repeats: got {value!r}; expected a whole number of at least 1")
        for value in (0, -1, 2.5, "3", None, True, float("nan"))
    ),
    *(
        ({"seed": value}, f"seed: got {value!r}; expected a whole number of at least 0")
        for value in (-1, 0.5, "x", None)
    ),
    ({"workers": 0}, "workers: got 0, expected 1 or more"),
    ({"workers": "x"}, "workers: got 'x'; expected a number of processes, None for all cores, or 'ray'"),
    ({"workers": 1.5}, "workers: got 1.5; expected"),
    ({"score": "sped"}, "unknown term 'sped'; did you mean speed"),
    ({"score": 3}, "score: got 3; expected text such as 'speed - 0.5\\*sway', or a ScoreSpec"),
    ({"body": "pybulet"}, "unknown engine 'pybulet'; did you mean pybullet"),
    ({"body": 3}, "body: got 3; expected an engine's name, an EngineSpec, or RealRobot"),
]


@pytest.mark.parametrize(("changes", "said"), BAD_CALLS, ids=lambda value: str(value)[:40])
def test_bad_input_is_refused_in_one_line(gait, ers7, tiny_field, changes, said):
    good = {"walker": gait, "robot": ers7, "scenario": tiny_field, "repeats": 1}
    with pytest.raises(InputError, match=said) as caught:
        evaluate(**good | changes)
    assert "\n" not in str(caught.value)
    many = {"walkers" if key == "walker" else key: value for key, value in (good | changes).items()}
    with pytest.raises(InputError, match=said):
        evaluate_many(**many | {"walkers": [gait, many["walkers"]]})


@pytest.mark.parametrize("cycle_time", [0.01, 9.0])
def test_a_gait_out_of_its_robots_ranges_is_refused(gait, ers7, tiny_field, cycle_time):
    wrong = dataclasses.replace(gait.parameters, cycle_time=cycle_time)
    for walker in (wrong, Gait("aibo-ers7", wrong), GaitWalker(Gait("aibo-ers7", wrong))):
        with pytest.raises(InputError, match=r"gait parameter cycle_time: got .*; expected .* s on aibo-ers7"):
            evaluate(walker, ers7, tiny_field, repeats=1)
    with pytest.raises(GaitoptError, match="cycle_time: got nan; expected a finite number"):
        evaluate(dataclasses.replace(gait.parameters, cycle_time=float("nan")), ers7, tiny_field)


def test_walkers_must_be_a_list(gait, ers7, tiny_field):
    for walkers in (3, "hand-tuned", gait):
        with pytest.raises(InputError, match=r"walkers: got .*; expected a list of walkers"):
            evaluate_many(walkers, ers7, tiny_field)


def test_another_robots_gait_is_refused_though_its_numbers_would_do(gait, ers7, tiny_field):
    with pytest.raises(InputError, match="is a gait of aibo-ers210; expected one of aibo-ers7"):
        evaluate(load_gait("hand-tuned", load_robot("aibo-ers210")), ers7, tiny_field)
