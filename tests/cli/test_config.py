"""Settings from --config, options and --set; what is said of them; and experiments of all kinds side by side."""

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from gaitopt.cli.settings_options import add_settings, read_arguments
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait, save_gait
from gaitopt.robot.spec import load_robot, robot_folder
from gaitopt.run.compare.folder import create_comparison, plan
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings.config_file import read_config, read_settings, write_config
from gaitopt.run.store import RunStore
from gaitopt.run.train.folder import create_training
from gaitopt.run.train.settings import TrainSettings
from gaitopt.toml import data_folder

VERBS = {"learn": LearnSettings, "train": TrainSettings, "compare": CompareSettings}
BEGIN = {"learn": "new_run", "train": "new_training", "compare": "new_comparison"}
"""What makes an experiment of the settings that a verb was given."""
LAYOUT_1 = Path(__file__).parents[1] / "run" / "layout_1"
"""What gaitopt 0.1.0 wrote before layout 2, but for its databases and URDFs."""
FRICTION = {"base": "field", "friction": 0.3}


class BegunError(Exception):
    """In the place of an experiment."""


@pytest.fixture
def asked(cli, monkeypatch, capfd):
    """Return a function that runs a command up to the beginning of its experiment: its settings, and what was said."""

    def run(verb, *words):
        def begin(settings, *rest):
            raise BegunError(settings)

        monkeypatch.setattr(f"gaitopt.cli.{verb}.{BEGIN[verb]}", begin)
        with pytest.raises(BegunError) as caught:
            cli(verb, *words, "--workers", 1)
        return caught.value.args[0], capfd.readouterr().err

    return run


@pytest.fixture
def refused(cli, here):
    """Return a function that runs a command that must be refused, and returns the one line it says."""

    def run(*words):
        before = sorted(here.rglob("*"))
        said = cli(*words)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
        assert sorted(here.rglob("*")) == before
        return said.err

    return run


def written(text):
    Path("my.toml").write_text(text)
    return "my.toml"


BY_HAND = {
    "learn": (
        'optimizer = "kohl-stone"\ntraversals = 50\nscenario = { base = "field", friction = 0.3 }\n'
        'score = "speed - 0.5*sway"\n[options]\nrepeats = 5\n',
        {
            "optimizer": "kohl-stone",
            "traversals": 50,
            "scenario": FRICTION,
            "score": "speed - 0.5*sway",
            "options": {"repeats": 5},
        },
    ),
    "train": (
        'algorithm = "reinforce"\nsteps = 100\nsnapshots = [10, 20]\n[policy_options]\nsigma = 0.1\n'
        "[engine]\ntime_step_s = 0.002\n",
        {
            "algorithm": "reinforce",
            "steps": 100,
            "snapshots": (10, 20),
            "policy_options": {"sigma": 0.1},
            "engine": {"time_step_s": 0.002},
        },
    ),
    "compare": (
        'optimizers = ["kohl-stone", "powell"]\nseeds = [3, 5]\n[options.method]\nrepeats = 2\n'
        "[options.kohl-stone]\npolicies = 4\n",
        {
            "optimizers": ("kohl-stone", "powell"),
            "seeds": (3, 5),
            "options": {"method": {"repeats": 2}, "kohl-stone": {"policies": 4}},
        },
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_by_hand_needs_no_more_than_what_is_not_usual(asked, verb):
    text, fields = BY_HAND[verb]
    settings, said = asked(verb, "--config", written(text))
    assert settings == VERBS[verb](**fields) != VERBS[verb]()
    assert said == ""


@pytest.fixture
def experiments(run, small_config, here):
    """A finished run, a training and a comparison that have just begun, in ./runs: their folders by verb."""
    shared = {"robot": small_config.robot, "scenario": small_config.scenario, "fresh": 2}
    tiny = {"steps": 24, "minibatch": 8, "epochs": 1}
    train = TrainSettings(**shared, steps=48, options=tiny, environments=2, name="trained", iterations=3)
    few = {"kohl-stone": {"policies": 2, "repeats": 1}}
    compare = CompareSettings(**shared, optimizers="kohl-stone", traversals=2, seeds=1, options=few, name="compared")
    return {
        "learn": run.path,
        "train": create_training(train, 0.25, here / "runs").path,
        "compare": create_comparison(plan(compare), here / "runs", {}).path,
    }


@pytest.mark.parametrize("verb", VERBS)
def test_the_file_of_an_experiment_asks_for_the_same_again(asked, experiments, verb):
    settings, said = asked(verb, "--config", experiments[verb] / "config.toml")
    assert settings == read_config(VERBS[verb], experiments[verb])[0].changed(robot=load_robot("aibo-ers7"))
    assert settings.fresh == 2
    assert said == ""


def test_options_win_over_the_file_and_that_is_reported(asked):
    file = written('seed = 1\nfresh = 7\nscenario = { base = "field", friction = 0.3, slope_deg = 1.0 }\n')
    words = ["--seed", 2, "--traversals", 99, "--set", "scenario.friction=0.5", "--set", "engine.time_step_s=0.002"]
    settings, said = asked("learn", "--config", file, *words)
    assert (settings.seed, settings.traversals, settings.fresh) == (2, 99, 7)
    assert (settings.scenario.friction, settings.scenario.slope_deg) == (0.5, 1.0)
    assert said.splitlines() == [
        "note: my.toml: seed = 1 is replaced by 2",
        "note: my.toml: scenario.friction = 0.3 is replaced by 0.5",
    ]
    assert asked("learn", "--config", file, "--seed", 1)[1] == ""


def test_another_optimizer_does_not_get_the_options_of_that_in_the_file(asked):
    file = written('optimizer = "kohl-stone"\n[options]\npolicies = 2\n')
    settings, said = asked("learn", "--config", file, "--optimizer", "powell")
    assert settings == LearnSettings(optimizer="powell")
    assert said.splitlines() == [
        "note: my.toml: options belong to another method and are left out",
        "note: my.toml: optimizer = 'kohl-stone' is replaced by 'powell'",
    ]
    settings, said = asked("learn", "--config", file, "--optimizer", "kohl-stone")
    assert (settings.options["policies"], said) == (2, "")


def test_methods_that_stay_in_a_comparison_keep_their_options(asked):
    settings, said = asked(
        "compare", "--config", written(BY_HAND["compare"][0]), "--optimizers", "powell,hill-climbing"
    )
    assert settings.optimizers == ("powell", "hill-climbing")
    assert settings.options["powell"]["repeats"] == settings.options["hill-climbing"]["repeats"] == 2
    assert "options belong to another method and are left out" in said
    text = "[options.ppo]\nclip = 0.1\n[options.qac]\nsteps = 9\n"
    settings, _ = asked("compare", "--config", written('algorithms = "all"\n' + text), "--algorithms", "ppo,reinforce")
    assert settings.options["ppo"]["clip"] == 0.1


def test_an_option_does_for_a_comparison_of_the_files_kind(asked, refused):
    settings, _ = asked("compare", "--config", written('algorithms = ["ppo"]\n'), "--steps", 5000)
    assert (settings.algorithms, settings.steps) == (("ppo",), 5000)
    assert "traversals belongs to optimizers" in refused("compare", "--config", "my.toml", "--traversals", 5)
    assert "optimizers and algorithms cannot be compared" in refused(
        "compare", "--config", "my.toml", "--optimizers", "powell"
    )


@pytest.mark.parametrize(
    ("verb", "text", "said"),
    [
        ("learn", "traversal = 50", "my.toml: unknown key 'traversal'; did you mean traversals"),
        ("train", "step = 50", "my.toml: unknown key 'step'; did you mean steps"),
        ("compare", "seed = 50", "my.toml: unknown key 'seed'; did you mean seeds"),
        ("learn", "algorithm = 'ppo'", "my.toml: unknown key 'algorithm'"),
        ("learn", "seed = 1\nseed = 2", "my.toml: is not valid TOML: "),
        ("train", "seed = ", "my.toml: is not valid TOML: "),
        ("learn", "seed = '1'", "my.toml: seed: got '1'; expected"),
        ("learn", "traversals = 0", "my.toml: traversals: got 0; expected"),
        ("learn", "optimizer = 'kohl-ston'", "my.toml: unknown optimizer 'kohl-ston'; did you mean kohl-stone?"),
        ("learn", "scenario = { base = 'feild' }", "my.toml: unknown scenario 'feild'; did you mean field?"),
        ("learn", "scenario = { base = 'field', frction = 1 }", "did you mean friction?"),
        ("learn", "[options]\nrepeat = 1", "my.toml: options of ego-cma: unknown key 'repeat'"),
        ("train", "interface = { observe = ['tlit'] }", "'tlit'; did you mean tilt"),
        ("compare", "[options.powel]\nrepeats = 1", "'powel'; did you mean powell"),
        ("train", "provenance = 3", "my.toml: provenance: got 3; expected a table"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(refused, verb, text, said):
    assert said in refused(verb, "--config", written(text))


def test_a_file_that_is_not_there_is_named(refused):
    for verb in VERBS:
        assert "no/my.toml: cannot be read: No such file" in refused(verb, "--config", "no/my.toml")


@pytest.mark.parametrize("verb", VERBS)
def test_the_file_of_another_verb_is_refused(refused, experiments, verb):
    for other, folder in experiments.items():
        if other != verb:
            line = refused(verb, "--config", folder / "config.toml")
            assert f"config.toml: holds settings of gaitopt {other}; expected those of gaitopt {verb}" in line


def test_paths_in_a_file_begin_beside_it(asked, here):
    folder = here / "mine"
    shutil.copytree(robot_folder("aibo-ers7"), folder / "robot")
    shutil.copy(data_folder("scenarios") / "slope.toml", folder / "ground.toml")
    save_gait(load_gait("learned", load_robot("aibo-ers7")), folder / "fast.toml")
    text = 'robot = "robot/robot.toml"\ngait = "fast.toml"\nscenario = { base = "ground.toml", friction = 0.25 }\n'
    (folder / "my.toml").write_text(text)
    settings, _ = asked("learn", "--config", "mine/my.toml")
    assert Path(settings.robot.urdf).resolve() == folder / "robot" / "robot.urdf"
    assert settings.start_gait == load_gait("learned", settings.robot).parameters
    assert (settings.scenario.name, settings.scenario.friction) == ("slope", 0.25)


@pytest.mark.parametrize("name", ["method", "optimizer", "algorithm"])
def test_method_is_the_optimizer_or_the_algorithm(asked, name):
    settings, _ = asked("learn", "--optimizer", "kohl-stone", "--set", f"{name}.repeats=5")
    assert settings == LearnSettings(optimizer="kohl-stone", options={"repeats": 5})
    settings, _ = asked("train", "--set", f"{name}.clip=0.1", "--set", f"{name}.kl_stop=none")
    assert settings == TrainSettings(options={"clip": 0.1, "kl_stop": None})
    settings, _ = asked("compare", "--optimizers", "kohl-stone,powell", "--set", f"{name}.repeats=4")
    assert [settings.options[method]["repeats"] for method in settings.optimizers] == [4, 4]


def test_one_of_several_methods_is_changed_by_its_name(asked):
    words = ["--set", "method.repeats=4", "--set", "powell.repeats=2", "--optimizers", "kohl-stone,powell"]
    settings, _ = asked("compare", *words)
    assert {method: settings.options[method]["repeats"] for method in settings.optimizers} == {
        "kohl-stone": 4,
        "powell": 2,
    }
    settings, _ = asked("compare", "--algorithms", "ppo,reinforce", "--set", "ppo.kl_stop=none")
    assert settings.options["ppo"]["kl_stop"] is None
    assert settings.options["reinforce"] == CompareSettings(algorithms="reinforce").options["reinforce"]


def test_policy_and_interface_are_changed_key_by_key(asked):
    words = ["--set", "policy.sigma=0.1", "--set", "policy.hidden=[8, 8]", "--set", "interface.adjust.residuals=true"]
    settings, _ = asked("train", *words, "--set", "interface.observe=['phase']")
    usual = TrainSettings()
    assert (settings.policy_options.sigma, settings.policy_options.hidden) == (0.1, (8, 8))
    assert settings.interface.observe == ("phase",) != usual.interface.observe
    assert settings.interface.adjust == usual.interface.adjust.changed(residuals=True)
    settings, _ = asked("compare", "--algorithms", "ppo", "--set", "policy.sigma=0.1")
    assert settings.policy_options.sigma == 0.1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("learn --set scenarios.friction=1", "unknown first part of --set 'scenarios'; did you mean scenario?"),
        ("learn --set metod.repeats=1", "'metod'; did you mean method?"),
        ("compare --optimizers powell,kohl-stone --set powel.repeats=1", "'powel'; did you mean powell or policy?"),
        ("compare --algorithms ppo --set powell.repeats=1", "powell is not at work; expected method.repeats"),
        ("learn --set cma-es.population=20", "cma-es is not at work; expected method.population"),
        ('train --set interface.observe=["phse"]', "unknown observation 'phse'; did you mean phase?"),
        ("train --set polisy.sigma=1", "'polisy'; did you mean policy?"),
        ("train --set policy.sigmma=1", "unknown key 'sigmma'; did you mean sigma?"),
        ("train --set interface.obsrve=1", "unknown key 'obsrve'; did you mean observe?"),
        ("learn --set robot.servo.stal_torque_nm=1", "did you mean servo.stall_torque_nm"),
        ("learn --set method=1", "--set: got 'method=1'; expected NAME.KEY=VALUE"),
        ("learn --set policy.sigma=1", "unknown first part of --set 'policy'; "),
        ("learn --set method.repeats=1 --set method.repeats.x=2", "repeats is set to a value already"),
    ],
)
def test_a_wrong_change_is_answered_with_the_nearest_name(refused, words, said):
    assert said in refused(*words.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("learn --traversals 0", "argument --traversals: got '0'; expected a whole number of at least 1 (see"),
        ("learn --traversals many", "argument --traversals: got 'many'; expected a whole number of at least 1 (see"),
        ("learn --fresh 1", "argument --fresh: got '1'; expected a whole number of at least 2 (see"),
        ("learn --seed 0.5", "argument --seed: got '0.5'; expected a whole number of at least 0 (see"),
        ("train --return nan", "argument --return: got 'nan'; expected a finite number (see"),
        ("train --environments 0", "argument --environments: got '0'; expected a whole number of at least 1 (see"),
        ("compare --seeds 1,x", "argument --seeds: got '1,x'; expected a whole number, or several with commas (see"),
        ("compare --seeds 1,1", "gaitopt: --seeds: got 1 twice; expected each seed once"),
        ("compare --seeds 0", "gaitopt: --seeds: got 0; expected 1 to 1,000 of them"),
        ("learn --name a/b", "gaitopt: --name: got 'a/b'; expected at most 100 letters, digits, dots"),
        ("learn --name latest", "gaitopt: --name: got 'latest', which stands for the newest experiment"),
        ("train --snapshots 0", "gaitopt: --snapshots"),
        ("compare --steps 5", "gaitopt: --steps belongs to --algorithms; the budget of --optimizers is --traversals"),
    ],
)
def test_an_error_names_the_option_as_it_was_typed(refused, words, said):
    assert said in refused(*words.split())


@pytest.mark.parametrize("option", ["--gait", "--start"])
@pytest.mark.parametrize("verb", VERBS)
def test_the_first_gait_has_two_names(asked, verb, option):
    settings, _ = asked(verb, option, "learned")
    assert settings.start_gait == load_gait("learned", load_robot("aibo-ers7")).parameters
    assert settings.start_gait != VERBS[verb]().start_gait


def the_object(said):
    assert said.out.count("\n") == 1, said.err
    return json.loads(said.out)


def test_experiments_of_all_kinds_are_listed_and_resumed(cli, refused, experiments):
    def states():
        rows = the_object(cli("runs", "--json"))["runs"]
        assert [row["run"] for row in rows] == sorted(row["run"] for row in rows)
        return {row["kind"]: (row["done"], row["state"]) for row in rows}

    lab = the_object(cli("lab", "one-step", "--algorithm", "reinforce", "--steps", 64, "--json"))
    assert states() == {
        "run": ("2 of 2 traversals", "finished"),
        "training": ("0 of 48 steps", "unfinished"),
        "comparison": ("0 of 1 runs", "unfinished"),
        "lab result": (f"{lab['steps']} of 64 steps", "finished"),
    }
    told = {
        verb: the_object(cli("resume", folder.name, "--workers", 1, "--json")) for verb, folder in experiments.items()
    }
    assert told["learn"]["traversals"] == 2
    assert told["train"]["steps"] == 48
    assert [row["method"] for row in told["compare"]["summaries"]] == ["kohl-stone"]
    done = states()
    assert {state for _, state in done.values()} == {"finished"}
    assert (done["training"][0], done["comparison"][0]) == ("48 of 48 steps", "1 of 1 runs")
    (result,) = Path("runs").glob("*one-step*")
    assert "is a lab result, which cannot be resumed" in refused("resume", result)


def test_a_typo_is_answered_over_all_kinds(refused, experiments):
    for folder in experiments.values():
        line = refused("resume", folder.name[:-1])
        assert f"{folder.name[:-1]!r}; did you mean" in line
        assert folder.name in line


@pytest.fixture
def older(here):
    """A run, a training and a comparison as gaitopt 0.1.0 left them in ./runs."""
    shutil.copytree(LAYOUT_1, here / "runs")
    shutil.copytree("runs/run", "runs/comparison/runs/kohl-stone-1")
    for name in ("run", "training", "comparison/runs/kohl-stone-1"):
        shutil.copy(robot_folder("aibo-ers7") / "robot.urdf", Path("runs") / name)
    for name in ("run", "comparison/runs/kohl-stone-1"):
        RunStore(Path("runs") / name / "run.db", create=True).close()
    return here / "runs"


def test_experiments_of_layout_1_are_listed_and_evaluated(cli, older):
    rows = {row["run"]: row for row in the_object(cli("runs", "--json"))["runs"]}
    assert {name: row["kind"] for name, row in rows.items()} == {
        "run": "run",
        "training": "training",
        "comparison": "comparison",
    }
    for name in ("run", "training"):
        result = the_object(cli("evaluate", name, "--repeats", 1, "--workers", 1, "--json"))
        assert (result["robot"], result["scenario"], result["repeats"]) == ("aibo-ers7", "field", 1)
        assert result["speed_mps"] == pytest.approx(rows[name]["learned_mps"], abs=0.1)


@pytest.mark.parametrize("name", ["run", "training", "comparison"])
def test_resuming_layout_1_names_the_version_that_can(refused, older, name):
    line = refused("resume", name)
    assert f"runs/{name}: has layout 1, of gaitopt 0.1.0" in line
    assert "this version resumes layout 3: resume it with that one, or start a new one" in line


class PatientSettings(LearnSettings):
    """Settings of learning, with one more."""

    patience: Annotated[int, Field(strict=True, ge=1)] = 7
    """Iterations without a gain after which learning stops."""


def parsed(kind, *words):
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_settings(parser, kind)
    return read_arguments(parser.parse_args([*map(str, words)]), kind), parser.format_help()


def test_a_new_setting_is_one_field(here):
    settings, page = parsed(PatientSettings)
    assert settings.patience == 7
    text = " ".join(page.split())
    assert "--patience N iterations without a gain after which learning stops (default: 7)" in text
    settings, _ = parsed(PatientSettings, "--patience", 3)
    assert settings.patience == 3

    write_config(here, settings)
    assert re.search(r"(?m)^patience = 3$", (here / "config.toml").read_text())
    assert read_config(PatientSettings, here)[0].patience == 3
    assert parsed(PatientSettings, "--config", here / "config.toml")[0] == settings

    with pytest.raises(argparse.ArgumentError, match="--patience: got '0'; expected a whole number of at least 1"):
        parsed(PatientSettings, "--patience", 0)
    with pytest.raises(InputError, match=r"my.toml: patience: got 0; expected .* 1"):
        read_settings(PatientSettings, Path(written("patience = 0")))
    with pytest.raises(InputError, match=r"my.toml: unknown key 'patiense'; did you mean patience"):
        read_settings(PatientSettings, Path(written("patiense = 2")))
    with pytest.raises(InputError, match="unknown key 'patience'"):  # without the field
        read_settings(LearnSettings, Path(written("patience = 2")))
