"""Our environments behind Gymnasium's interface, by its own checker and by that of stable-baselines3."""

import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.passive_env_checker import env_render_passive_checker

from gaitopt.errors import BodyError, GaitoptError, InputError, ProtocolError
from gaitopt.gait.gait_file import load_gait
from gaitopt.gym import ENVIRONMENTS, PuckWorldEnv, TraversalEnv
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario

IDS = list(ENVIRONMENTS)
WALKING = "gaitopt/Traversal-v0"


@pytest.fixture
def make():
    """Return what makes bare environments, and closes them."""
    made = []

    def make(name, **settings):
        made.append(gymnasium.make(name, **settings).unwrapped)
        return made[-1]

    yield make
    for environment in made:
        environment.close()


def live(environment, seed, steps=6):
    """Return everything that an environment tells in some steps of random actions, as one text."""
    environment.action_space.seed(0)
    told = [environment.reset(seed=seed)]
    told += [environment.step(environment.action_space.sample()) for _ in range(steps)]
    return repr(told)


@pytest.mark.parametrize("name", IDS)
def test_the_checker_of_gymnasium_has_nothing_to_say(make, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(name), skip_render_check=True)


@pytest.mark.parametrize("name", IDS)
def test_the_checker_of_stable_baselines3_has_nothing_to_say(make, name):
    checker = pytest.importorskip(
        "stable_baselines3.common.env_checker", reason="make baselines installs stable-baselines3"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(make(name))


@pytest.mark.parametrize("name", IDS)
def test_spaces_are_finite_and_hold_what_is_seen(make, name):
    environment = make(name)
    space = environment.observation_space
    assert space.dtype == np.float32
    assert np.isfinite([space.low, space.high]).all()
    assert environment.reset(seed=1)[0] in space
    for _ in range(5):
        assert environment.step(environment.action_space.sample())[0] in space


@pytest.mark.parametrize("name", IDS)
def test_the_seed_decides_everything(make, name):
    environment = make(name)
    first = live(environment, 5)
    assert live(environment, 6) != first
    assert live(environment, 5) == first
    assert live(make(name), 5) == first


def test_two_environments_in_one_process_do_not_touch(make):
    one, other = make(WALKING), make(WALKING)
    alone = live(one, 5)
    told = [one.reset(seed=5)]
    other.reset(seed=9)
    one.action_space.seed(0)
    for _ in range(6):
        other.step(other.action_space.sample())
        told.append(one.step(one.action_space.sample()))
    assert repr(told) == alone


def test_many_at_once_give_the_same_with_and_without_processes():
    actions, seen = np.array([2, 5]), {}
    for mode in ("sync", "async"):
        vector = gymnasium.make_vec("gaitopt/TraversalDiscrete-v0", num_envs=2, vectorization_mode=mode)
        first, _ = vector.reset(seed=3)
        later, rewards, *_ = vector.step(actions)
        seen[mode] = np.concatenate([first, later]), rewards
        vector.close()
    np.testing.assert_array_equal(seen["sync"][0], seen["async"][0])
    np.testing.assert_array_equal(seen["sync"][1], seen["async"][1])
    assert (seen["sync"][0][0] != seen["sync"][0][1]).any()


def test_a_walk_to_the_end_tells_status_and_time(short_field):
    environment = TraversalEnv(scenario=short_field, actions="discrete", pace=0.2)
    _, info = environment.reset(seed=0)
    start, total, ended = info["position"], 0.0, False
    assert set(info) == {"position"}
    steps = 0
    while not ended:
        _, reward, terminated, truncated, info = environment.step(2)
        total, steps, ended = total + reward, steps + 1, terminated or truncated
    assert (terminated, truncated, info["status"]) == (False, True, "finished")
    assert 1.0 < info["time_s"] < 0.032 * steps
    way = info["position"][0] - start[0]
    assert total == pytest.approx((way - 0.2 * 0.032 * steps) / 0.01)
    with pytest.raises(ProtocolError, match="call reset"):
        environment.step(2)
    environment.close()


def test_settings_are_names_or_specs():
    robot = load_robot("petoi-bittle")
    by_name = TraversalEnv("petoi-bittle", "slope", "learned", observe=["phase", "place"], adjust={"residuals": False})
    by_spec = TraversalEnv(
        robot,
        load_scenario("slope"),
        load_gait("learned", robot),
        observe=("phase", "place"),
        adjust={"residuals": False},
    )
    assert live(by_name, 1, 2) == live(by_spec, 1, 2)
    assert by_name.observation_space.shape == (4,)
    assert by_name.observation_names[2] == "to the finish"
    assert by_name.action_space.shape == (len(by_name.action_names),) == (9,)
    assert by_name.metadata["render_fps"] == pytest.approx(1 / 0.036)
    finer = TraversalEnv("petoi-bittle", "slope", "learned", observe=["phase", "place"], engine={"time_step_s": 0.001})
    assert live(finer, 1, 2) != live(by_name, 1, 2)
    for environment in (by_name, by_spec, finer):
        environment.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"robot": "aibo"}, "did you mean aibo-ers7"),
        ({"scenario": "fild"}, "did you mean field"),
        ({"gait": "fast"}, "unknown gait"),
        ({"observe": ["joint"]}, "did you mean joints"),
        ({"adjust": {"reach": 0.1}}, "adjust.reach"),
        ({"adjust": {"parameters": False, "residuals": False}}, "both off"),
        ({"actions": "some"}, "actions: got 'some'"),
        ({"engine": {"time_step_s": "fast"}}, "time_step_s"),
        ({"engine": {"time_step_s": 0.003}}, "time_step_s"),
        ({"render_mode": "ansi"}, "render_mode: got 'ansi'"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings, message):
    with pytest.raises(GaitoptError, match=message):
        TraversalEnv(**settings)


def test_calls_in_the_wrong_order_are_refused(make):
    walking = make(WALKING, render_mode="rgb_array")
    for environment in (walking, PuckWorldEnv()):
        with pytest.raises(ProtocolError, match="step: no episode is running; call reset first"):
            environment.step(environment.action_space.sample())
    with pytest.raises(ProtocolError, match="no episode has begun; call reset first"):
        walking.render()


@pytest.mark.parametrize("pace", [float("nan"), "0.3", None])
def test_a_pace_that_is_no_speed_is_refused(pace):
    with pytest.raises(InputError, match=r"pace: got .*; expected a speed in m/s"):
        TraversalEnv(pace=pace)


@pytest.mark.parametrize(
    ("name", "action", "message"),
    [
        (WALKING, np.zeros(23), r"shape \(23,\); expected \(24,\)"),
        (WALKING, 0.0, r"shape \(\); expected \(24,\)"),
        (WALKING, np.full(24, np.nan), "expected finite numbers"),
        (WALKING, ["a"] * 24, "expected finite numbers"),
        ("gaitopt/TraversalDiscrete-v0", 9, "from 0 to 8"),
        ("gaitopt/TraversalDiscrete-v0", -1, "from 0 to 8"),
        ("gaitopt/TraversalDiscrete-v0", 1.0, "from 0 to 8"),
        ("gaitopt/TraversalDiscrete-v0", [1], "from 0 to 8"),
        ("gaitopt/PuckWorld-v0", np.array([0.0, np.inf]), "expected finite numbers"),
    ],
)
def test_what_is_no_action_is_refused(make, name, action, message):
    environment = make(name)
    environment.reset(seed=0)
    with pytest.raises(InputError, match=message):
        environment.step(action)
    environment.step(environment.action_space.sample())  # and nothing is broken


def test_pictures_follow_the_robot(make):
    environment = make(WALKING, render_mode="rgb_array")
    environment.reset(seed=0)
    first = env_render_passive_checker(environment)
    assert first.shape == (360, 480, 3)
    for _ in range(10):
        environment.step(np.zeros(24, np.float32))
    assert (environment.render() != first).any()
    assert environment.metadata["render_fps"] == pytest.approx(1 / 0.032)


def test_a_window_needs_a_display(make, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    if sys.platform != "linux":
        pytest.skip("displays are named in DISPLAY on Linux only")
    with pytest.raises(BodyError, match="no display"):
        make(WALKING, render_mode="human").reset(seed=0)


def test_without_a_render_mode_there_is_nothing_to_see(make):
    environment = make(WALKING)
    environment.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode"):
        assert environment.render() is None


def test_a_closed_environment_can_be_used_again(make):
    environment = make(WALKING)
    first = live(environment, 5, 2)
    environment.close()
    environment.close()
    with pytest.raises(ProtocolError):
        environment.step(environment.action_space.sample())
    assert live(environment, 5, 2) == first


def python(program):
    return subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)


@pytest.mark.parametrize(
    "program",
    [
        "import gaitopt.gym, gymnasium; gymnasium.make('gaitopt/PuckWorld-v0')",
        "import gymnasium, gaitopt.gym; gymnasium.make('gaitopt/PuckWorld-v0')",
        "import gymnasium; gymnasium.make('gaitopt.gym:gaitopt/PuckWorld-v0')",
    ],
)
def test_importing_the_module_registers_the_ids(program):
    done = python(program)
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_the_package_alone_registers_nothing_and_hooks_nothing():
    done = python(
        "import sys; before = list(sys.meta_path), list(sys.path_hooks)\n"
        "import gaitopt; assert (sys.meta_path, sys.path_hooks) == before\n"
        "import gymnasium; gymnasium.make('gaitopt/PuckWorld-v0')"
    )
    assert "NamespaceNotFound: Namespace gaitopt not found" in done.stderr.splitlines()[-1]
