"""The file of an experiment's settings: what is read is what was written, and users can write such files, too."""

import shutil
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait, save_gait
from gaitopt.optim.catalog import OPTIMIZERS
from gaitopt.rl.algorithms.catalog import ALGORITHMS, nullable
from gaitopt.robot.spec import load_robot, robot_names
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings.config_file import Provenance, read_config, read_settings, write_config
from gaitopt.run.train.settings import TrainSettings
from gaitopt.scenario.spec import load_scenario, scenario_names
from gaitopt.toml import data_folder, format_toml

KINDS = (LearnSettings, TrainSettings, CompareSettings)
OWN = {
    LearnSettings: {"optimizer": "cma-es", "options": {"population": 7}, "traversals": 90, "score": "speed - 0.5*sway"},
    TrainSettings: {
        "algorithm": "reinforce",
        "options": {"max_gradient_norm": None},
        "policy": "perceptron",
        "policy_options": {"hidden": (5, 3)},
        "interface": {"observe": ("phase", "tilt")},
        "iterations": 9,
        "return_goal": 0.25,
        "snapshots": (10, 20),
    },
    CompareSettings: {
        "algorithms": ("qac", "ppo"),
        "options": {"ppo": {"kl_stop": None}},
        "seeds": (4, 2),
        "steps": 99,
        "fresh": 3,
    },
}


def dump(settings):
    """Return all settings as tables; only the robot's URDF, of which each folder has its own copy, is left out."""
    tables = settings.model_dump(mode="json")
    del tables["robot"]["urdf"]
    return tables


def written(settings, folder, **found):
    """Return the tables in the file that settings are written to."""
    folder.mkdir(parents=True, exist_ok=True)
    write_config(folder, settings, **found)
    return tomllib.loads((folder / "config.toml").read_text())


def check_round_trip(settings, folder):
    written(settings, folder)
    again, _ = read_config(type(settings), folder)
    assert dump(again) == dump(settings)
    assert dump(type(settings)(**read_settings(type(settings), folder / "config.toml"))) == dump(settings)


@pytest.fixture
def own_robot(tmp_path):
    """A robot that does not come with the package, and the first gait's file."""
    folder = tmp_path / "rex"
    shutil.copytree(data_folder("robots") / "aibo-ers7", folder)
    for path in (folder / "robot.toml", *folder.glob("gaits/*.toml")):
        path.write_text(path.read_text().replace('"aibo-ers7"', '"rex"'))
    return folder / "robot.toml"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_is_what_was_written(kind, tmp_path, own_robot, ers7):
    save_gait(load_gait("learned", ers7), tmp_path / "mine.toml")
    scenario = {"base": "slope", "slope_deg": 7.0, "friction": 0.5}
    for number, fields in enumerate(
        (
            {},
            OWN[kind],
            {"robot": "petoi-bittle", "gait": "learned", "engine": {"solver_iterations": 17}, "name": "a-b.c_d"},
            {"robot": own_robot, "scenario": scenario},
            {"robot": {"base": "aibo-ers7", "servo": {"delay_s": 0.024}}, "gait": tmp_path / "mine.toml"},
            {"gait": load_gait("learned", ers7), "scenario": load_scenario("field").changed(name="mine")},
        )
    ):
        check_round_trip(kind(**fields), tmp_path / str(number))


def test_the_round_trip_sees_a_lost_setting(tmp_path):
    """Negative control: a single number that is lost on the way is noticed."""
    written(LearnSettings(seed=3), tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(path.read_text().replace("seed = 3\n", ""))
    assert dump(read_config(LearnSettings, tmp_path)[0]) != dump(LearnSettings(seed=3))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_option_without_value_stays_without(algorithm, tmp_path):
    """Left out, it would take its default for walking, which is a number."""
    options = dict.fromkeys(nullable(algorithm))
    check_round_trip(TrainSettings(algorithm=algorithm, options=options), tmp_path)
    tables = written(TrainSettings(algorithm=algorithm, options=options), tmp_path)
    assert all(tables["options"][name] == "none" for name in options)
    check_round_trip(CompareSettings(algorithms=(algorithm,), options={algorithm: options}), tmp_path / "comparison")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_comes_back(optimizer, tmp_path):
    check_round_trip(LearnSettings(optimizer=optimizer), tmp_path)


numbers = st.floats(0.1, 5.0)
quantities = st.one_of(
    numbers,
    st.fixed_dictionaries({"mean": st.floats(1.0, 5.0), "std": st.floats(0.0, 0.3)}),
    st.tuples(numbers, numbers).map(lambda ends: {"low": min(ends), "high": max(ends)}),
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "friction": quantities,
        "slope_deg": quantities,
        "start_side_m": quantities,
        "fall_cost": numbers,
        "stuck_s": st.none() | numbers,
        "payload": st.none() | st.fixed_dictionaries({"mass_kg": quantities, "at_mm": st.tuples(*[numbers] * 3)}),
        "score": st.none() | st.fixed_dictionaries({"speed": numbers, "sway": st.floats(-5.0, -0.1)}),
    },
)


@settings(max_examples=60)
@given(name=st.sampled_from(scenario_names()), changes=changes, seed=st.integers(0, 2**70), score=numbers)
def test_any_scenario_comes_back(name, changes, seed, score, tmp_path_factory):
    """Numbers in place of distributions, distributions of another kind, tables that are gone: all as they were."""
    scenario = load_scenario(name)
    for key, value in changes.items():
        scenario = scenario.model_validate(scenario.model_dump() | {key: value})
    learned = LearnSettings(scenario=scenario, seed=seed, score={"speed": score, "energy": -score / 3})
    check_round_trip(learned, tmp_path_factory.mktemp("run"))


@settings(max_examples=30)
@given(
    robot=st.sampled_from(robot_names()),
    margin=numbers,
    seeds=st.lists(st.integers(0, 2**70), min_size=1, max_size=4, unique=True),
    step=st.floats(1e-4, 0.01),
)
def test_any_comparison_comes_back(robot, margin, seeds, step, tmp_path_factory):
    spec = load_robot(robot).changed(servo={"friction_nm": margin})
    compared = CompareSettings(robot=spec, seeds=seeds, engine={"time_step_s": step}, optimizers="powell,cma-es")
    check_round_trip(compared, tmp_path_factory.mktemp("comparison"))


@pytest.mark.parametrize("kind", KINDS)
def test_only_names_and_differences_stand_on_top(kind, tmp_path):
    usual = written(kind(), tmp_path)
    assert (usual["robot"], usual["scenario"], usual["gait"]) == ("aibo-ers7", "field", "hand-tuned")
    assert "engine" not in usual
    changed = kind(
        robot={"base": "aibo-ers7", "servo": {"delay_s": 0.024}},
        scenario={"base": "field", "field": {"length_m": 1.0}},
        engine={"time_step_s": 0.002},
    )
    tables = written(changed, tmp_path)
    assert tables["robot"] == {"base": "aibo-ers7", "servo": {"delay_s": 0.024}}
    assert tables["scenario"] == {"base": "field", "field": {"length_m": 1.0}}
    assert tables["engine"] == {"time_step_s": 0.002}
    assert tables["gait"] == "hand-tuned"
    provenance = tables["provenance"]
    assert provenance["scenario"]["field"]["length_m"] == 1.0
    assert provenance["robot"]["servo"]["delay_s"] == 0.024
    assert provenance["kind"] == kind.kind


def test_a_robot_that_only_has_the_name_of_a_shipped_one_is_written_whole(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(data_folder("robots") / "aibo-ers7", folder)
    urdf = folder / "robot.urdf"
    urdf.write_text(urdf.read_text().replace("</robot>", "<!-- of my own --></robot>"))
    mine = LearnSettings(robot=folder / "robot.toml")
    assert written(mine, tmp_path / "run")["robot"]["urdf"] == "robot.urdf"
    again = LearnSettings(**read_settings(LearnSettings, tmp_path / "run" / "config.toml"))
    assert "of my own" in (tmp_path / "run" / again.robot.urdf).read_text()


def test_provenance_holds_what_was_found(tmp_path):
    written(TrainSettings(), tmp_path, pace_mps=0.25)
    _, provenance = read_config(TrainSettings, tmp_path)
    assert isinstance(provenance, Provenance)
    assert (provenance.pace_mps, provenance.layout, provenance.kind) == (0.25, 3, "train")
    assert provenance.versions["gaitopt"]
    assert "cores" in provenance.made


def test_a_resumed_run_has_the_specs_that_it_began_with(tmp_path, monkeypatch):
    """What comes with the package may change: `--config` takes it by its name, `resume` as it was."""
    written(LearnSettings(), tmp_path)
    slippery = load_scenario("field").changed(friction=0.1)
    monkeypatch.setattr("gaitopt.run.settings.base.load_scenario", lambda name: slippery)
    assert read_config(LearnSettings, tmp_path)[0].scenario == load_scenario("field")
    assert LearnSettings(**read_settings(LearnSettings, tmp_path / "config.toml")).scenario == slippery


def config(folder, **tables):
    path = folder / "mine.toml"
    path.write_text(format_toml(tables))
    return path


def test_a_file_of_a_user_needs_no_more_than_what_differs(tmp_path):
    path = config(tmp_path, seed=3, optimizer="kohl-stone", options={"policies": 4}, scenario={"base": "slope"})
    read = LearnSettings(**read_settings(LearnSettings, path))
    assert read == LearnSettings(seed=3, optimizer="kohl-stone", options={"policies": 4}, scenario="slope")
    assert LearnSettings(**read_settings(LearnSettings, config(tmp_path))) == LearnSettings()


def test_paths_in_a_file_are_relative_to_it(tmp_path, own_robot, monkeypatch):
    monkeypatch.chdir("/")
    shutil.copy(own_robot.parent / "gaits" / "learned.toml", tmp_path / "gait.toml")
    shutil.copy(data_folder("scenarios") / "slope.toml", tmp_path / "hill.toml")
    path = config(tmp_path, robot="rex/robot.toml", gait="gait.toml", scenario="hill.toml")
    tables = {"robot": own_robot, "gait": tmp_path / "gait.toml", "scenario": "slope"}
    assert LearnSettings(**read_settings(LearnSettings, path)) == LearnSettings(**tables)
    based = {"robot": {"base": "rex/robot.toml"}, "scenario": {"base": "hill.toml", "slope_deg": 3.0}}
    read = LearnSettings(**read_settings(LearnSettings, config(tmp_path, **based)))
    assert (read.robot, read.scenario) == (load_robot(own_robot), load_scenario("slope", slope_deg=3.0))
    whole = load_robot(own_robot).changed(urdf="rex/robot.urdf").model_dump(mode="json")
    read = LearnSettings(**read_settings(LearnSettings, config(tmp_path, robot=whole, gait="gait.toml")))
    assert read.robot == load_robot(own_robot)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"sead": 3}, "unknown key 'sead'; did you mean seed"),
        ({"seed": -3}, "seed: got -3; expected greater than or equal to 0"),
        ({"scenario": {"base": "field", "frction": 1.0}}, "unknown key 'frction'; did you mean friction"),
        ({"robot": "nowhere.toml"}, "nowhere.toml: cannot be read"),
        ({"robot": 3}, "robot: got 3; expected a name"),
        ({"algorithm": "ppo"}, "unknown key 'algorithm'"),
        ({"provenance": 3}, "provenance: got 3; expected a table"),
        ({"provenance": {"kind": "compare"}}, "holds settings of gaitopt compare; expected those of gaitopt learn"),
        ({"schema_version": 1}, "is missing; expected settings of gaitopt learn"),
        ({"schema_version": 1, "algorithm": "ppo", "gait": 3, "gait_name": "x", "stopping": 3}, "no settings of gait"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tables, words, tmp_path):
    path = config(tmp_path, **tables)
    with pytest.raises(InputError) as caught:
        read_settings(LearnSettings, path)
    assert str(caught.value).startswith(f"{path}: " if "nowhere" not in words else f"{path}: {tmp_path}")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_other_kinds_are_no_settings(kind, tmp_path):
    for other in KINDS:
        written(other(), tmp_path)
        if other is not kind:
            with pytest.raises(InputError, match=f"gaitopt {other.kind}; expected those of gaitopt {kind.kind}"):
                read_settings(kind, tmp_path / "config.toml")
    for folder, name in (("robots", "aibo-ers7/robot.toml"), ("scenarios", "field.toml")):
        with pytest.raises(InputError, match=f"{name}: key '.*' is missing; expected settings of gaitopt {kind.kind}"):
            read_settings(kind, data_folder(folder) / name)
    with pytest.raises(InputError, match=r"nothing\.toml: cannot be read: No such file"):
        read_settings(kind, tmp_path / "nothing.toml")
