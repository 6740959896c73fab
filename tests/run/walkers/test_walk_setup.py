import dataclasses
import os
from pathlib import Path

import pytest

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait, read_gait, save_gait
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings.overrides import change_specs
from gaitopt.run.walkers.walk_setup import find_walk
from gaitopt.scenario.spec import Normal, Uniform


@pytest.fixture
def learned(make_run, settings):
    """A run that has a best gait, and robot, field and engine of its own."""
    robot = settings["robot"].model_copy(update={"title": "my own"})
    config = {"robot": robot, "engine": EngineSpec(time_step_s=0.002)}
    run = make_run(LearnSettings(**settings | config))
    start = run.config.start_gait
    save_gait(Gait("aibo-ers7", dataclasses.replace(start, cycle_time=0.5)), run.best_path)
    return run


def test_a_name_is_a_gait_of_the_default_robot_on_the_default_field(field, ers7, tmp_path):
    setup = find_walk("hand-tuned", runs=tmp_path)
    assert (setup.label, setup.robot, setup.scenario) == ("hand-tuned", ers7, field)
    assert setup.walker.gait == load_gait("hand-tuned", ers7)
    assert setup.engine == EngineSpec()
    assert find_walk("hand-tuned", "aibo-ers210").robot.name == "aibo-ers210"


def test_a_gait_file_brings_its_robot(tmp_path):
    ers210 = load_robot("aibo-ers210")
    gait = load_gait("kohl-stone-start", ers210)
    save_gait(gait, tmp_path / "mine.toml")
    setup = find_walk(str(tmp_path / "mine.toml"))
    assert (setup.label, setup.walker.gait, setup.robot) == ("mine", gait, ers210)
    with pytest.raises(InputError, match=r"mine\.toml: is a gait of aibo-ers210; expected one of aibo-ers7"):
        find_walk(str(tmp_path / "mine.toml"), robot="aibo-ers7")


def test_a_run_brings_robot_field_and_engine_of_its_own(learned, tiny_field, field, monkeypatch):
    runs = learned.path.parent
    monkeypatch.chdir(runs.parent)
    for text in (str(learned.path), learned.path.name, "latest", os.path.join("runs", learned.path.name)):
        setup = find_walk(text, runs=runs)
        assert setup.label == "small"
        assert setup.walker.gait.parameters.cycle_time == 0.5
        assert setup.robot.title == "my own"
        assert Path(setup.robot.urdf).resolve() == (learned.path / "robot.urdf").resolve()
        assert setup.scenario == tiny_field
        assert setup.engine.time_step_s == 0.002
    assert find_walk("latest", scenario="field", runs=runs).scenario == field
    assert find_walk("latest", robot="aibo-ers7", runs=runs).robot.title == "my own"
    with pytest.raises(InputError, match="is a run of aibo-ers7; got robot aibo-ers210: leave the robot out"):
        find_walk("latest", robot="aibo-ers210", runs=runs)


def test_a_run_that_has_learned_nothing_yet_says_how_to_go_on(make_run):
    run = make_run()
    with pytest.raises(InputError, match=f"has learned nothing yet; continue with: gaitopt resume {run.path}"):
        find_walk(str(run.path))


def test_a_run_with_broken_settings_says_so(learned):
    (learned.path / "config.toml").write_text("?")
    with pytest.raises(InputError, match=r"config\.toml: is not valid TOML"):
        find_walk(learned.path.name, runs=learned.path.parent)


@pytest.mark.parametrize("value", ["nan", "inf", "5.0", "true", "'long'"])
def test_a_gait_file_with_a_number_that_cannot_be_is_refused(learned, value):
    text = learned.best_path.read_text()
    assert "cycle_time_s = 0.5\n" in text
    learned.best_path.write_text(text.replace("cycle_time_s = 0.5\n", f"cycle_time_s = {value}\n"))
    for name in (str(learned.path), str(learned.best_path)):
        with pytest.raises(InputError, match=r"best\.toml: .*cycle_time") as caught:
            find_walk(name)
        assert "\n" not in str(caught.value)


def test_an_unknown_name_gets_the_nearest_gaits_and_runs(learned):
    runs = learned.path.parent
    with pytest.raises(InputError, match=r"or experiment in .*, 'hand-tund'; did you mean hand-tuned"):
        find_walk("hand-tund", runs=runs)
    with pytest.raises(InputError, match=f"did you mean {learned.path.name}"):
        find_walk(learned.path.name[:-1], runs=runs)
    for text in ("latest", "nowhere.toml"):
        with pytest.raises(InputError, match=text):
            find_walk(text, runs=runs / "nowhere")


def test_a_mistyped_name_is_answered_by_runs_trainings_and_comparisons(learned, make_comparison):
    runs = learned.path.parent
    comparison = make_comparison(seeds=(1,))
    training = runs / "2026-01-04_000000_pushes"
    (comparison.path.parent / training.name).mkdir()
    (training / "training.toml").touch()
    for name in (learned.path.name, comparison.path.name, training.name):
        with pytest.raises(InputError, match=f"did you mean .*{name}"):
            find_walk(name.replace("2026", "2062"), runs=runs)


def test_a_comparison_is_answered_by_its_runs_the_best_first(make_comparison):
    comparison = make_comparison(seeds=(1, 2))
    speeds = {"kohl-stone-1": 0.2, "kohl-stone-2": 0.3}  # the other runs have not come to their ends
    for member in comparison.members:
        name = member.path.name
        origin = {"speed_mps": speeds[name]} if name in speeds else {}
        save_gait(Gait("aibo-ers7", member.config.start_gait, origin), member.best_path)
    rest = [path for path in (str(member.path) for member in comparison.members) if "hill" in path]
    best = [str(comparison.path / "runs" / f"kohl-stone-{seed}") for seed in (2, 1)]
    for text in (str(comparison.path), comparison.path.name):
        with pytest.raises(InputError) as caught:
            find_walk(text, runs=comparison.path.parent)
        paths = ", ".join([*best, *rest])
        assert str(caught.value) == f"{comparison.path}: is a comparison; evaluate one of its runs: {paths}"
    setup = find_walk(best[0])
    assert setup.label == "kohl-stone-2"


def test_a_path_object_names_the_same_as_its_text(learned, ers7):
    assert find_walk(learned.path) == find_walk(str(learned.path))
    assert find_walk(learned.best_path, ers7) == find_walk(str(learned.best_path), ers7)


def test_a_run_walks_as_a_robot_that_is_given(learned, ers7):
    slow = ers7.changed(title="given")
    assert find_walk(learned.path, slow).robot == slow
    with pytest.raises(InputError, match="is a run of aibo-ers7; got robot aibo-ers210"):
        find_walk(learned.path, load_robot("aibo-ers210"))


@pytest.fixture(scope="module")
def specs(field, ers7):
    return {"scenario": field, "robot": ers7, "engine": EngineSpec()}


@pytest.mark.parametrize(
    ("change", "read", "value"),
    [
        ("scenario.friction=0.5", lambda s: s["scenario"].friction, 0.5),
        ("scenario.friction = 0.5", lambda s: s["scenario"].friction, 0.5),
        ("scenario.friction={mean = 0.5, std = 0.1}", lambda s: s["scenario"].friction, Normal(mean=0.5, std=0.1)),
        ("scenario.friction={low = 0.5, high = 1}", lambda s: s["scenario"].friction, Uniform(low=0.5, high=1)),
        ("scenario.friction.std=0", lambda s: s["scenario"].friction, Normal(mean=0.6, std=0)),
        ("scenario.field.length_m=1.25", lambda s: s["scenario"].field.length_m, 1.25),
        ("scenario.title=wet carpet", lambda s: s["scenario"].title, "wet carpet"),
        ("robot.servo.delay_s=0.024", lambda s: s["robot"].servo.delay_s, 0.024),
        ("robot.joints.knee.limits_deg=[-20, 100]", lambda s: s["robot"].joints.knee.limits_deg, (-20, 100)),
        ("robot.links.trunk.mass_kg=1", lambda s: s["robot"].links["trunk"].mass_kg, 1.0),
        ("engine.time_step_s=0.002", lambda s: s["engine"].time_step_s, 0.002),
        ("engine.solver_iterations=50", lambda s: s["engine"].solver_iterations, 50),
    ],
)
def test_a_number_is_changed_and_nothing_else(specs, change, read, value):
    before = dict(specs)
    changed = change_specs(specs, [change])
    assert read(changed) == value != read(specs)
    assert specs == before
    old, new = (flat({name: spec.model_dump() for name, spec in both.items()}) for both in (specs, changed))
    different = [key for key in old | new if old.get(key) != new.get(key)]
    assert different
    assert all(key.startswith(change.split("=")[0].strip()) for key in different)


def flat(table, above=""):
    """Return the values of nested tables by their dotted keys."""
    if not isinstance(table, dict):
        return {above: table}
    return {k: v for key, inner in table.items() for k, v in flat(inner, f"{above}.{key}".lstrip(".")).items()}


def test_of_changes_the_later_one_counts(specs):
    changed = change_specs(specs, ["scenario.friction=0.5", "engine.time_step_s=0.001", "scenario.friction=0.7"])
    assert (changed["scenario"].friction, changed["engine"].time_step_s) == (0.7, 0.001)
    assert change_specs(specs, []) == specs


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("scenario", "expected NAME.KEY=VALUE, such as scenario.friction=0.5"),
        ("scenario.friction", "expected NAME.KEY=VALUE"),
        ("=0.5", "expected NAME.KEY=VALUE"),
        ("scenario.=0.5", "expected NAME.KEY=VALUE"),
        ("scenaro.friction=0.5", "'scenaro'; did you mean scenario"),
        ("gait.length=0.5", "'gait'; known: engine, robot, scenario"),
        ("scenario.frction=0.5", "unknown key 'frction'; did you mean friction"),
        ("scenario.field.lenght_m=0.5", "unknown key 'field.lenght_m'; did you mean field.length_m"),
        ("scenario.friction.mean.x=0.5", "friction.mean: got {'x': 0.5}; expected a number"),
        ("robot.servo.=1", "unknown key 'servo.'"),
        ("scenario.friction=", "friction: got ''; expected a number"),
        ("scenario.friction=slippery", "friction: got 'slippery'; expected a number"),
        ("scenario.friction=true", "friction: got True; expected a number"),
        ("scenario.friction=nan", "friction: got nan; expected a finite number"),
        ("scenario.friction=inf", "friction: got inf; expected a finite number"),
        ("scenario.friction=-1", "friction"),
        ("scenario.friction.std=-1", "friction.std: got -1; expected greater than or equal to 0"),
        ("scenario.friction.std=1", "friction: got values down to -2.4; expected all above 0"),
        ("scenario.field=3", "field: got 3; expected a table"),
        ("scenario.field.length_m=0", "field.length_m: got 0; expected greater than 0"),
        ("engine.time_step_s=0.02", "time_step_s: got 0.02; expected less than or equal to 0.01"),
        ("engine.solver_iterations=2.5", "solver_iterations: got 2.5"),
        ("engine.name=mujco", "engine.name: unknown engine 'mujco'; did you mean mujoco"),
        ("robot.legs.front.hip_mm=[1, 2]", "hip_mm"),
    ],
)
def test_a_change_that_cannot_be_made_is_named(specs, change, words):
    with pytest.raises(InputError) as caught:
        change_specs(specs, [change])
    assert words in str(caught.value)
    assert "--set" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_target_is_changed_and_must_still_fit_its_gait(learned):
    setup = find_walk(str(learned.path), changes=["scenario.friction=0.9", "engine.time_step_s=0.004"])
    assert (setup.scenario.friction, setup.engine.time_step_s) == (0.9, 0.004)
    assert setup.walker.gait == read_gait(learned.best_path)
    with pytest.raises(InputError, match=r"small: gait parameter cycle_time: got 0\.5 s; expected 0\.2 to 0\.4 s"):
        find_walk(str(learned.path), changes=["robot.gait.cycle_time={low = 0.2, high = 0.4, epsilon = 0.01}"])


def test_an_engine_follows_the_robots_physics_unless_it_was_chosen(field):
    bittle = load_robot("petoi-bittle")
    usual = engine_of(bittle)
    specs = {"robot": bittle, "scenario": field, "engine": usual}
    assert change_specs(specs, ["scenario.friction=0.5"])["engine"] == usual
    mujoco = change_specs(specs, ["engine.name=mujoco", "engine.solver_iterations=7"])["engine"]
    assert mujoco == engine_of(bittle, "mujoco").changed(solver_iterations=7)
    assert change_specs(specs | {"engine": mujoco}, ["scenario.friction=0.5"])["engine"] == mujoco
    finer = ["robot.physics.pybullet.time_step_s=0.0025"]
    assert change_specs(specs, finer)["engine"].time_step_s == 0.0025
    assert change_specs(specs, ["engine.time_step_s=0.001", *finer])["engine"].time_step_s == 0.001
    chosen = specs | {"engine": usual.model_copy(update={"solver_iterations": 33})}
    assert change_specs(chosen, finer)["engine"] == chosen["engine"]
