"""Settings of learning, training and comparing: what they accept, what they fill in, and what they refuse."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait, save_gait
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import load_robot
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings.base import settings_of
from gaitopt.run.train.defaults import SEEING_SPEED, WALKING
from gaitopt.run.train.settings import TrainSettings
from gaitopt.scenario.spec import load_scenario
from gaitopt.toml import data_folder

KINDS = (LearnSettings, TrainSettings, CompareSettings)


@pytest.fixture(scope="module")
def robot_file(tmp_path_factory):
    """A robot that does not come with the package: the ERS-7 under another name."""
    folder = tmp_path_factory.mktemp("robots") / "rex"
    shutil.copytree(data_folder("robots") / "aibo-ers7", folder)
    for path in (folder / "robot.toml", *folder.glob("gaits/*.toml")):
        path.write_text(path.read_text().replace('"aibo-ers7"', '"rex"'))
    return folder / "robot.toml"


@pytest.mark.parametrize("kind", KINDS)
def test_names_paths_tables_and_specs_mean_the_same(kind, ers7, field):
    robot = data_folder("robots") / "aibo-ers7" / "robot.toml"
    scenario = data_folder("scenarios") / "field.toml"
    named = kind(robot="aibo-ers7", scenario="field", gait="hand-tuned")
    assert named == kind()  # which are the defaults
    assert named == kind(robot=robot, scenario=scenario, gait="hand-tuned")
    assert named == kind(robot=str(robot), scenario=str(scenario))
    assert named == kind(robot=ers7, scenario=field, engine=engine_of(ers7))
    assert named == kind(robot=ers7.model_dump(), scenario=field.model_dump(), engine=engine_of(ers7).model_dump())
    assert named == kind(robot={"base": "aibo-ers7"}, scenario={"base": scenario}, engine={})
    assert named != kind(robot="aibo-ers210")  # negative control: equality sees the robot


@pytest.mark.parametrize("kind", KINDS)
def test_settings_can_be_keys(kind):
    known = {kind(): "usual", kind(seed=7): "other"} if kind is not CompareSettings else {kind(): "usual"}
    assert known[kind()] == "usual"
    assert kind(robot="aibo-ers210") not in known


@pytest.mark.parametrize("kind", KINDS)
def test_a_gait_is_a_name_a_file_numbers_or_an_object(kind, ers7, tmp_path):
    gait = load_gait("learned", ers7)
    save_gait(gait, tmp_path / "mine.toml")
    numbers = vars(gait.parameters)
    for choice in ("learned", tmp_path / "mine.toml", str(tmp_path / "mine.toml"), gait, gait.parameters, numbers):
        settings = kind(gait=choice)
        assert settings.start_gait == gait.parameters
        assert settings.gait.name == (str(choice) if isinstance(choice, (str, Path)) else "given")
    named = kind(gait={"name": "of last week", "parameters": numbers})
    assert (named.gait.name, named.start_gait) == ("of last week", gait.parameters)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_with_a_base_changes_what_it_names(kind, ers7, field):
    scenario = {"base": "field", "friction": 0.5, "field": {"length_m": 1.0}}
    settings = kind(robot={"base": ers7, "servo": {"delay_s": 0.024}}, scenario=scenario)
    assert settings.scenario == field.changed(friction=0.5, field={"length_m": 1.0})
    assert settings.robot == ers7.changed(servo={"delay_s": 0.024})
    for friction in ({"low": 0.4, "high": 0.6}, {"mean": 0.5, "std": 0.0}, {"std": 0.01}):  # of another kind, or not
        changed = kind(scenario={"base": "field", "friction": friction}).scenario.friction.model_dump()
        assert changed == (friction if len(friction) > 1 else field.friction.model_dump() | friction)
    assert kind(engine={"time_step_s": 0.002}).engine == engine_of(ers7).changed(time_step_s=0.002)


def test_a_robot_of_ones_own_brings_its_gaits(robot_file):
    settings = LearnSettings(robot=robot_file)
    assert settings.gait.name == settings.robot.start_gait == "hand-tuned"
    assert settings.start_gait == load_gait("hand-tuned", load_robot("aibo-ers7")).parameters
    assert settings.name.startswith("rex-")


def test_defaults_follow_from_the_rest():
    learned = LearnSettings(robot="petoi-bittle", scenario="field", optimizer="kohl-stone")
    robot = load_robot("petoi-bittle")
    assert learned.engine == engine_of(robot) != EngineSpec()
    assert (learned.gait.name, learned.name) == (robot.start_gait, "petoi-bittle-kohl-stone")
    assert learned.options == {"policies": 15, "repeats": 3, "eta": 2.0}
    assert (learned.traversals, learned.fresh, learned.seed, str(learned.score)) == (1035, 20, 0, "speed")
    assert LearnSettings(real={"body": "opencat:/dev/ttyUSB0"}, robot="petoi-bittle").fresh == 5
    own = load_scenario("field").changed(score={"speed": 1.0, "sway": -0.5})
    assert str(LearnSettings(scenario=own).score) == "speed - 0.5*sway"

    trained = TrainSettings()
    assert (trained.algorithm, trained.policy, trained.interface) == ("ppo", "perceptron", WALKING)
    assert (trained.steps, trained.iterations, trained.name) == (200_000, None, "aibo-ers7-ppo-field")
    linear = TrainSettings(algorithm="qac", iterations=3, scenario="slope")
    assert (linear.policy, linear.interface) == ("linear", SEEING_SPEED)
    assert (linear.steps, linear.iterations, linear.name) == (None, 3, "aibo-ers7-qac-slope")

    compared = CompareSettings()
    assert (compared.traversals, compared.steps, compared.seeds) == (1035, None, (1, 2, 3, 4, 5))
    assert compared.algorithms is compared.interface is compared.policy_options is None
    assert set(compared.options) == set(compared.methods) == set(compared.optimizers)
    compared = CompareSettings(algorithms="ppo, qac", options={"method": {"discount": 0.5}, "qac": {"steps": 9}})
    assert (compared.methods, compared.steps, compared.traversals) == (("ppo", "qac"), 200_000, None)
    assert [compared.options[name]["discount"] for name in ("ppo", "qac")] == [0.5, 0.5]
    assert (compared.options["ppo"]["steps"], compared.options["qac"]["steps"]) == (4096, 9)


def test_what_is_none_takes_its_default():
    assert LearnSettings(robot=None, gait=None, options=None, score=None, name=None) == LearnSettings()
    assert TrainSettings(steps=None, policy=None) == TrainSettings()


def test_changed_settings_fill_in_anew_what_was_not_given():
    settings = LearnSettings(optimizer="kohl-stone", seed=3)
    other = settings.changed(robot="petoi-bittle", optimizer="random-search")
    assert other == LearnSettings(robot="petoi-bittle", optimizer="random-search", seed=3)
    assert (other.name, other.engine) == ("petoi-bittle-random-search", engine_of(load_robot("petoi-bittle")))
    kept = settings.changed(name="mine").changed(optimizer="random-search", traversals=100)
    assert (kept.name, kept.seed, kept.traversals) == ("mine", 3, 100)
    assert settings.changed() == settings
    assert settings.model_copy(update={"seed": 4}) == settings.changed(seed=4) != settings
    with pytest.raises(InputError, match="unknown key 'sede'; did you mean seed"):
        settings.changed(sede=4)


def test_an_unknown_argument_of_a_call_is_answered_over_all_its_arguments():
    with pytest.raises(InputError, match="unknown argument 'workrs'; did you mean workers"):
        settings_of(LearnSettings, None, {"workrs": 3}, ("workers", "runs"))
    with pytest.raises(InputError, match="unknown argument 'sede'; did you mean seed"):
        settings_of(LearnSettings, LearnSettings(), {"sede": 3})


def test_a_gait_that_was_named_is_that_of_the_other_robot_too():
    settings = LearnSettings(gait="hand-tuned")
    bittle = load_robot("petoi-bittle")
    for other in ("petoi-bittle", bittle, {"base": "petoi-bittle"}):
        assert settings.changed(robot=other).start_gait == load_gait("hand-tuned", bittle).parameters
    slower = settings.changed(robot={"base": "aibo-ers7", "servo": {"delay_s": 0.024}})
    assert slower.gait == settings.gait


def test_both_forms_of_a_call_give_the_same(ers7):
    fields = {"robot": ers7, "optimizer": "kohl-stone", "seed": 3}
    settings = LearnSettings(**fields)
    assert settings_of(LearnSettings, None, fields) == settings_of(LearnSettings, settings, {}) == settings
    assert settings_of(LearnSettings, settings, {"seed": 4}) == LearnSettings(**fields | {"seed": 4})
    with pytest.raises(InputError, match="settings: got TrainSettings; expected LearnSettings"):
        settings_of(LearnSettings, TrainSettings(), {})
    with pytest.raises(InputError, match="settings: got dict; expected LearnSettings"):
        settings_of(LearnSettings, fields, {})


def test_numbers_of_numpy_are_numbers():
    numbers = {"seed": np.int64(3), "fresh": np.int32(7)}
    learned = LearnSettings(
        **numbers,
        traversals=np.int64(90),
        optimizer="kohl-stone",
        options={"policies": np.int64(4), "eta": np.float32(1.5)},
        scenario={"base": "field", "friction": np.float64(0.5)},
        engine={"time_step_s": np.float64(0.002)},
        score={"speed": np.float64(2.0)},
        gait=dict(zip(vars(LearnSettings().start_gait), LearnSettings().start_gait.to_vector(), strict=True)),
    )
    assert (learned.seed, learned.fresh, learned.traversals) == (3, 7, 90)
    assert learned.options == {"policies": 4, "repeats": 3, "eta": 1.5}
    trained = TrainSettings(
        **numbers, return_goal=np.float64(0.5), snapshots=np.array([5, 9]), policy_options={"hidden": [np.int64(8)]}
    )
    assert (trained.return_goal, trained.snapshots, trained.policy_options.hidden) == (0.5, (5, 9), (8,))
    assert CompareSettings(seeds=np.int64(2)).seeds == CompareSettings(seeds=np.array([1, 2])).seeds == (1, 2)
    for value in (learned.seed, learned.options["eta"], learned.score.speed, learned.scenario.friction):
        assert type(value) in (int, float)  # so that any writer of TOML or JSON takes them
    with pytest.raises(InputError, match=r"traversals: got 1\.5"):
        LearnSettings(traversals=np.float64(1.5))
    with pytest.raises(InputError, match="return_goal: got nan"):
        TrainSettings(return_goal=np.float64("nan"))


TYPOS = [
    (LearnSettings, {"travesals": 3}, "unknown key 'travesals'; did you mean traversals"),
    (LearnSettings, {"algorithm": "ppo"}, "unknown key 'algorithm'"),
    (LearnSettings, {"robot": "aibo-esr7"}, "unknown robot 'aibo-esr7'; did you mean aibo-ers7"),
    (LearnSettings, {"robot": {"base": "aibo-esr7"}}, "unknown robot 'aibo-esr7'; did you mean aibo-ers7"),
    (LearnSettings, {"robot": {"bsae": "aibo-ers7"}}, "robot: unknown key 'bsae'"),
    (LearnSettings, {"scenario": "feild"}, "unknown scenario 'feild'; did you mean field"),
    (
        LearnSettings,
        {"scenario": {"base": "field", "frction": 1}},
        "scenario: unknown key 'frction'; did you mean fric",
    ),
    (LearnSettings, {"scenario": {"base": "field", "field": {"lenght_m": 1}}}, "did you mean field.length_m"),
    (LearnSettings, {"engine": {"time_stpe_s": 1}}, "unknown key 'time_stpe_s'; did you mean time_step_s"),
    (LearnSettings, {"gait": "hand-tunde"}, "unknown gait of aibo-ers7 'hand-tunde'; did you mean hand-tuned"),
    (LearnSettings, {"gait": {"lenght": 1.0}}, "gait"),
    (LearnSettings, {"optimizer": "kohl-stoen"}, "unknown optimizer 'kohl-stoen'; did you mean kohl-stone"),
    (LearnSettings, {"optimizer": "kohl-stone", "options": {"polcies": 2}}, "did you mean policies"),
    (LearnSettings, {"score": "sped"}, "score 'sped': unknown term 'sped'; did you mean speed"),
    (LearnSettings, {"real": {"body": "opencat:/dev/x", "stopwtach": "key"}}, "did you mean real.stopwatch"),
    (TrainSettings, {"algorithm": "pppo"}, "unknown algorithm 'pppo'; did you mean ppo"),
    (TrainSettings, {"policy": "linera"}, "unknown policy 'linera'; did you mean linear"),
    (TrainSettings, {"policy_options": {"sgima": 1}}, "policy: unknown key 'sgima'; did you mean sigma"),
    (TrainSettings, {"interface": {"obsreve": []}}, "interface: unknown key 'obsreve'; did you mean observe"),
    (CompareSettings, {"optimizers": "kohl-stoen"}, "unknown optimizer 'kohl-stoen'; did you mean kohl-stone"),
    (
        CompareSettings,
        {"optimizers": "powell", "options": {"pwoell": {}}},
        "method of this comparison 'pwoell'; did yo",
    ),
    (CompareSettings, {"optimizers": "powell", "options": {"powell": {"repaets": 1}}}, "did you mean repeats"),
]


@pytest.mark.parametrize(("kind", "given", "words"), TYPOS)
def test_a_typo_is_answered_by_the_nearest_names(kind, given, words):
    with pytest.raises(InputError) as caught:
        kind(**given)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


VALUES = (3, -1, 1.5, float("nan"), True, "", "x", ["x"], [1, [2]], {}, {"x": 1}, {"base": 3}, object, b"x")


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_type_is_one_line_that_names_the_setting(kind, value):
    """Whatever stands in any setting: it is taken, or refused in one line."""
    refused = {}
    for name in kind.model_fields:
        try:
            kind(**{name: value})
        except InputError as error:
            refused[name] = str(error)
    for name, error in refused.items():
        assert "\n" not in error
        assert {"policy_options": "policy", "options": ""}.get(name, name.removesuffix("s")) in error
    assert len(refused) >= len(kind.model_fields) // 3


def test_a_gait_out_of_the_robots_range_is_refused(ers7):
    gait = load_gait("hand-tuned", ers7).parameters
    far = {**vars(gait), "length": 0.5}
    for kind in KINDS:
        with pytest.raises(InputError, match=r"gait: gait parameter length: got 0\.5 m; expected"):
            kind(gait=far)
        with pytest.raises(InputError, match=r"of last week: gait parameter length: got 0\.5 m; expected"):
            kind(gait={"name": "of last week", "parameters": far})


def test_the_gait_of_another_robot_is_refused(tmp_path):
    gait = load_gait("hand-tuned", load_robot("aibo-ers210"))
    save_gait(gait, tmp_path / "mine.toml")
    for kind in KINDS:
        with pytest.raises(InputError, match="gait: is a gait of aibo-ers210; expected one of aibo-ers7"):
            kind(gait=gait)
        with pytest.raises(InputError, match=r"mine\.toml: is a gait of aibo-ers210; expected one of aibo-ers7"):
            kind(gait=tmp_path / "mine.toml")
        kind(robot="aibo-ers210", gait=Gait("aibo-ers210", gait.parameters))


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(ValueError, match="cannot be changed in place"):
        LearnSettings().seed = 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_says_what_it_is(kind):
    """The help of the command line is made of these texts."""
    assert all(field.description for field in kind.model_fields.values())


class Searcher:
    """Stands in for a user's own optimizer."""

    def __init__(self, start, epsilon, rng):
        self.start = start

    def ask(self):
        return self.start[None]

    def tell(self, points, scores):
        """Nothing is learned."""


def test_a_class_of_ones_own_is_an_optimizer_and_is_stored_by_its_place():
    settings = LearnSettings(optimizer=Searcher)
    assert settings.optimizer == f"{__name__}:Searcher"
    assert settings.name == "aibo-ers7-Searcher"
    assert LearnSettings(optimizer=settings.optimizer) == settings


def test_a_class_that_could_not_be_found_again_is_refused():
    class Local(Searcher):
        pass

    with pytest.raises(InputError, match=r"optimizer .*Local.*: cannot be found again"):
        LearnSettings(optimizer=Local)
    for wrong in (3, ["kohl-stone"], Searcher.__init__.__code__):
        with pytest.raises(InputError, match=r"optimizer: got .*; expected a name or a class"):
            LearnSettings(optimizer=wrong)
