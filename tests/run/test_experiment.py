"""Experiments of all kinds: found by one set of rules, and listed in one table; those of older versions, too."""

import csv
import datetime
import shutil
from pathlib import Path

import pytest

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait, save_gait
from gaitopt.run.compare.folder import ComparisonFolder, create_comparison, plan
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.experiment import find, kind_of, look_up, names, open_experiment, row, rows
from gaitopt.run.learn.folder import RunFolder, create_run
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings.config_file import read_settings
from gaitopt.run.store import RunStore
from gaitopt.run.train.folder import TrainFolder, create_training
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.walkers.trained_policy import TrainedPolicy
from gaitopt.run.walkers.walk_setup import find_walk
from gaitopt.toml import data_folder
from gaitopt.view.resume import resume

LAYOUT_1 = Path(__file__).parent / "layout_1"
"""What gaitopt 0.1.0 wrote before layout 2, but for its databases and URDFs."""


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


def renamed(folder, name):
    """Give an experiment a name that does not depend on the time of day."""
    return folder.path.rename(folder.path.parent / name)


@pytest.fixture
def one_of_each(runs, ers7, tiny_field):
    """A run, a training and a comparison that have just begun, in this order."""
    walk = {"robot": ers7, "scenario": tiny_field}
    few = {"optimizers": "kohl-stone", "options": {"kohl-stone": {"policies": 2}}, "traversals": 9, "seeds": 2}
    run = create_run(LearnSettings(**walk, optimizer="kohl-stone", traversals=45, name="mine"), runs)
    training = create_training(TrainSettings(**walk, steps=500), 0.2, runs)
    comparison = create_comparison(plan(CompareSettings(**walk, **few)), runs, {})
    folders = {"2026-01-01_a-run": run, "2026-01-02_a-training": training, "2026-01-03_a-comparison": comparison}
    return [renamed(folder, name) for name, folder in folders.items()]


def test_each_kind_is_found_by_path_and_by_name(runs, one_of_each):
    for folder, kind, opened in zip(
        one_of_each, ("learn", "train", "compare"), (RunFolder, TrainFolder, ComparisonFolder), strict=True
    ):
        assert find(folder, Path("nowhere")) == find(str(folder), Path("nowhere")) == find(folder.name, runs) == folder
        assert kind_of(folder) == kind
        assert type(open_experiment(folder)) is opened


def test_a_name_without_its_date_is_enough_where_one_experiment_has_it(runs, ers7, tiny_field):
    first, second, other = (
        create_run(
            LearnSettings(robot=ers7, scenario=tiny_field, traversals=45, name=name),
            runs,
            datetime.datetime(2026, 1, day),
        ).path
        for day, name in enumerate(("my_walk", "twice", "twice"), 1)
    )
    assert find("my_walk", runs) == first
    with pytest.raises(InputError, match=f"twice: is the name of 2 experiments .* give one of {second.name}, "):
        find("twice", runs)
    assert find(other.name, runs) == other
    for name in ("walk", "my", "y_walk"):
        with pytest.raises(InputError, match="unknown run"):
            find(name, runs)


def test_a_gait_is_found_before_a_run_of_its_name(runs, ers7, tiny_field):
    run = create_run(LearnSettings(robot=ers7, scenario=tiny_field, traversals=45, name="learned"), runs)
    assert find_walk("learned", runs=runs).walker.gait == load_gait("learned", ers7)
    with pytest.raises(InputError, match="has learned nothing yet"):
        find_walk(run.path.name, runs=runs)
    create_run(LearnSettings(robot=ers7, scenario=tiny_field, traversals=45, name="mine"), runs)
    with pytest.raises(InputError, match="has learned nothing yet"):
        find_walk("mine", runs=runs)


def test_the_latest_is_the_newest_of_the_kinds_in_question(runs, one_of_each):
    run, training, comparison = one_of_each
    assert find("latest", runs) == comparison
    assert find("latest", runs, ("learn", "train")) == training
    assert find("latest", runs, ("learn",)) == run
    assert look_up("latest", runs, ("lab",)) is None
    assert find(comparison.name, runs, ("learn",)) == comparison  # a name is clear: whoever asks says what it is not


def test_a_typo_is_answered_over_all_kinds(runs, one_of_each):
    for folder in one_of_each:
        with pytest.raises(InputError) as caught:
            find(folder.name.replace("a-", "a_"), runs)
        assert f"unknown run, training, comparison or lab result in {runs} " in str(caught.value)
        assert folder.name in str(caught.value).partition("did you mean")[2]
        assert "\n" not in str(caught.value)
    with pytest.raises(
        InputError, match=r"unknown run or training in .* 'x'; known: 2026-01-01_a-run, 2026-01-02_a-tr"
    ):
        find("x", runs, ("learn", "train"))
    with pytest.raises(InputError, match=r"unknown gait of aibo-ers7, or experiment in .*did you mean .*a-training"):
        find_walk("2026-01-02_a-trainign", runs=runs)


def test_a_folder_that_is_no_experiment_says_so(runs, tmp_path):
    (tmp_path / "notes").mkdir()
    with pytest.raises(InputError, match="notes: is a folder, but not that of an experiment"):
        find(tmp_path / "notes", runs)
    with pytest.raises(InputError, match=r"notes: is not an experiment of gaitopt: it has no config\.toml"):
        open_experiment(tmp_path / "notes")
    for text, words in (
        ("?", "is not valid TOML"),
        ("user = 'me'", "does not belong to an experiment of gaitopt"),
        ("provenance = 3", "does not belong to an experiment of gaitopt"),
        ("[provenance]\nkind = ['learn']", "does not belong to an experiment of gaitopt"),
    ):
        (tmp_path / "notes" / "config.toml").write_text(text)
        for read in (open_experiment, RunFolder, lambda path: find(path, runs), lambda path: find_walk(str(path))):
            with pytest.raises(InputError, match=rf"config\.toml: {words}"):
                read(tmp_path / "notes")


def test_the_wrong_kind_of_folder_is_named(one_of_each):
    run, training, comparison = one_of_each
    for kind, folder, words in (
        (RunFolder, training, "settings of gaitopt train; expected those of gaitopt learn"),
        (RunFolder, comparison, "settings of gaitopt compare; expected those of gaitopt learn"),
        (TrainFolder, run, "settings of gaitopt learn; expected those of gaitopt train"),
        (ComparisonFolder, run, "settings of gaitopt learn; expected those of gaitopt compare"),
    ):
        with pytest.raises(InputError, match=words):
            kind(folder)
    with pytest.raises(InputError, match=r"is a comparison; evaluate one of its runs: .*kohl-stone-1"):
        find_walk(str(comparison))


def finish_run(folder):
    """Write what a finished run leaves, without walking."""
    config = RunFolder(folder).config
    save_gait(Gait(config.robot.name, config.start_gait, {"speed_mps": 0.25}), folder / "best.toml")


def finish_training(folder):
    with (folder / "progress.csv").open("w") as stream:
        csv.writer(stream).writerows([["iteration", "steps"], [1, 256], [2, 512]])
    (folder / "result.toml").write_text("speed_mps = 0.3\ngait_speed_mps = 0.2\n")


def finish_comparison(folder):
    for member in (folder / "runs").iterdir():
        finish_run(member)
    (folder / "comparison.csv").touch()


FINISH = (finish_run, finish_training, finish_comparison)
BEGUN = (
    ("run", "kohl-stone", "0 of 45 traversals", None),
    ("training", "ppo", "0 of 500 steps", None),
    ("comparison", "comparison of 1", "0 of 2 runs", None),
)
ENDED = (
    ("run", "kohl-stone", "0 of 45 traversals", 0.25),
    ("training", "ppo", "512 of 500 steps", 0.3),
    ("comparison", "comparison of 1", "2 of 2 runs", None),
)


def as_rows(folders, expected, state):
    keys = ("kind", "method", "done", "learned_mps")
    return [
        {"run": folder.name, "robot": "aibo-ers7", **dict(zip(keys, values, strict=True)), "state": state}
        for folder, values in zip(folders, expected, strict=True)
    ]


def test_unfinished_and_finished_experiments_are_listed_oldest_first(runs, one_of_each):
    assert rows(runs) == as_rows(one_of_each, BEGUN, "unfinished")
    for finish, folder in zip(FINISH, one_of_each, strict=True):
        finish(folder)
    assert rows(runs) == as_rows(one_of_each, ENDED, "finished")
    (one_of_each[2] / "comparison.csv").unlink()  # it was not evaluated yet
    assert row(one_of_each[2])["state"] == "unfinished"
    assert rows(runs / "nowhere") == []


def test_what_is_no_experiment_is_not_listed(runs, one_of_each):
    (runs / "notes").mkdir()
    (runs / "file").touch()
    (runs / "foreign").mkdir()
    (runs / "foreign" / "config.toml").write_text("user = 'me'")
    shutil.copytree(one_of_each[0], runs / ".draft")
    (one_of_each[2] / "runs" / ".DS_Store").touch()
    assert rows(runs) == as_rows(one_of_each, BEGUN, "unfinished")


BREAK = [
    (0, "run.db", b"no database"),
    (0, "run.db", None),
    (0, "best.toml", b"?"),
    (0, "best.toml", b"origin = 3"),
    (0, "config.toml", b"[provenance]\nkind = 'learn'\nrobot = 3"),
    (1, "progress.csv", b"iteration,steps\n1,many"),
    (1, "progress.csv", b"iteration\n1"),
    (1, "result.toml", b"speed = 1"),
    (1, "config.toml", b"[provenance]\nkind = 'train'"),
    (2, "runs/kohl-stone-1/config.toml", b"?"),
    (2, "runs/kohl-stone-1/config.toml", None),
    (2, "config.toml", b"optimizers = 3\n[provenance]\nkind = 'compare'"),
]


def test_a_damaged_run_takes_its_comparison_no_further_than_itself(runs, one_of_each):
    (one_of_each[2] / "runs" / "kohl-stone-1" / "run.db").write_bytes(b"no database")
    assert rows(runs)[2]["state"] == "unfinished"


@pytest.mark.parametrize(("which", "file", "content"), BREAK)
def test_a_broken_experiment_is_listed_as_such_beside_the_others(runs, one_of_each, which, file, content):
    path = one_of_each[which] / file
    path.write_bytes(content) if content is not None else path.unlink()
    listed = rows(runs)
    assert [each["run"] for each in listed] == [folder.name for folder in one_of_each]
    assert [each["state"] == "broken" for each in listed] == [number == which for number in range(3)]
    assert (listed[which]["done"], listed[which]["learned_mps"]) == ("?", None)


@pytest.fixture
def older(runs):
    """A run, a training and a comparison as gaitopt 0.1.0 left them, with the databases and URDFs put back."""
    shutil.copytree(LAYOUT_1, runs)
    shutil.copytree(runs / "run", runs / "comparison" / "runs" / "kohl-stone-1")
    for path in (*runs.glob("*/config.toml"), *runs.glob("*/runs/*/config.toml"), *runs.glob("*/training.toml")):
        shutil.copy(data_folder("robots") / "aibo-ers7" / "robot.urdf", path.parent)
        if path.name == "config.toml":
            RunStore(path.parent / "run.db", create=True).close()
    return runs


def test_experiments_of_layout_1_are_listed(older):
    assert names(older) == ["comparison", "run", "training"]
    comparison, run, training = rows(older)
    assert comparison == {
        "run": "comparison",
        "kind": "comparison",
        "robot": "aibo-ers7",
        "method": "comparison of 1",
        "done": "1 of 1 runs",
        "learned_mps": None,
        "state": "unfinished",
    }
    assert (run["kind"], run["method"], run["done"]) == ("run", "kohl-stone", "0 of 4 traversals")
    assert run["learned_mps"] == pytest.approx(0.279844, abs=1e-6)  # as in best.toml
    assert (training["kind"], training["method"], training["done"]) == ("training", "reinforce", "79 of 60 steps")
    assert run["state"] == training["state"] == "finished"
    assert 0 < training["learned_mps"] < 1
    (older / "training" / "policy.npz").unlink()
    assert row(older / "training")["state"] == "unfinished"


def test_settings_of_layout_1_are_read(older, ers7):
    run = open_experiment(older / "run")
    assert (run.config.optimizer, run.config.traversals, run.config.seed) == ("kohl-stone", 4, 5)
    assert run.config.options == {"policies": 2, "repeats": 2, "eta": 2.0}
    assert run.config.scenario.field.length_m == 0.05
    assert (run.config.gait.name, str(run.config.score)) == ("hand-tuned", "speed")
    assert run.config.robot.changed(urdf=ers7.urdf) == ers7
    assert (run.provenance.layout, run.provenance.versions["gaitopt"]) == (1, "0.1.0")

    training = open_experiment(older / "training")
    assert (training.config.algorithm, training.config.policy, training.config.steps) == ("reinforce", "linear", 60)
    assert (training.config.environments, training.config.iterations) == (2, None)
    assert training.config.gait.name == "given"
    assert training.config.interface.observe[-1] == "velocity"
    assert training.pace_mps == pytest.approx(0.273613, abs=1e-6)

    for kind, folder, file in (
        (LearnSettings, run, "config.toml"),
        (TrainSettings, training, "training.toml"),
    ):
        again = kind(**read_settings(kind, folder.path / file))
        assert again.model_dump() == folder.config.model_dump()


def test_what_layout_1_learned_can_be_evaluated(older):
    for name, learned in (("run", False), ("training", True)):
        setup = find_walk(name, runs=older)
        assert setup.scenario.field.length_m == 0.05
        assert isinstance(setup.walker, TrainedPolicy) is learned


@pytest.mark.parametrize("name", ["run", "training", "comparison"])
def test_layout_1_is_not_resumed_and_the_version_that_can_is_named(older, name, free_steps):
    with pytest.raises(InputError) as caught:
        resume(name, workers=1, runs=older)
    assert str(caught.value).startswith(f"{older / name}: has layout 1, of gaitopt 0.1.0 (none)")
    assert "resume it with that one" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert free_steps == []


def test_a_layout_to_come_is_not_resumed(make_run, free_walks):
    run = make_run()
    config = run.path / "config.toml"
    config.write_text(config.read_text().replace("layout = 3", "layout = 4"))
    with pytest.raises(InputError, match=r"has layout 4, of gaitopt .* resumes layout 3"):
        resume(run.path, workers=1)
    assert free_walks == []
    config.write_text(config.read_text().replace("layout = 4", "layout = 3"))  # negative control
    assert optimize(RunFolder(run.path), 1).traversals == 12


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "words"),
    [
        ("run", "config.toml", 'start_name = "hand-tuned"', "", "key 'start_name' is missing"),
        ("run", "config.toml", 'optimizer = "kohl-stone"', 'optimizer = "kohl"', "unknown optimizer 'kohl'"),
        ("training", "training.toml", 'gait_name = "given"', "", "key 'gait_name' is missing"),
        (
            "training",
            "training.toml",
            'algorithm = "reinforce"',
            "algorithm = []",
            "holds no settings of gaitopt train",
        ),
    ],
)
def test_a_damaged_file_of_layout_1_is_named(older, name, file, old, new, words):
    path = older / name / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError) as caught:
        open_experiment(older / name)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
