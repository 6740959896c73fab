import shutil
from pathlib import Path

import pytest

from gaitopt.errors import GaitoptError, InputError
from gaitopt.gait.gait_file import Gait, load_gait
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.view.learn.learn import learn
from gaitopt.view.resume import resume

TINY = {"optimizer": "kohl-stone", "traversals": 4, "workers": 1, "options": {"policies": 2, "repeats": 1}}


def test_learning_is_one_call_and_can_be_resumed(tmp_path, tiny_field, free_walks):
    told = []
    outcome = learn(scenario=tiny_field, seed=7, runs=tmp_path, report=told.append, **TINY)
    run = RunFolder(outcome.run)
    assert (run.config.seed, run.config.gait.name, run.config.name) == (7, "hand-tuned", "aibo-ers7-kohl-stone")
    assert run.config.scenario == tiny_field
    assert len(free_walks) == 4 + 20 + 20
    assert len(told) == 4 + 2 + 20 + 20
    assert outcome.learned.repeats == 20
    for name in (outcome.run, outcome.run.name, "latest", RunFolder(outcome.run)):
        assert resume(name, workers=1, runs=tmp_path).learned == outcome.learned
    assert len(free_walks) == 44


def test_names_specs_and_gaits_are_taken(tmp_path, tiny_field, free_walks):
    ers210 = load_robot("aibo-ers210")
    gait = Gait("aibo-ers210", load_gait("hand-tuned", ers210).parameters)
    fields = {"robot": ers210, "scenario": tiny_field, "gait": gait, "name": "mine"}
    method = {"optimizer": "random-search", "traversals": 2, "options": {"points": 2, "repeats": 1}}
    outcome = learn(LearnSettings(**fields), **method, workers=1, runs=tmp_path)
    config = RunFolder(outcome.run).config
    assert outcome.run.name.endswith("_mine")
    assert (config.robot.name, config.optimizer, config.gait.name) == ("aibo-ers210", "random-search", "given")
    assert config.start_gait == gait.parameters


def broken_robot(folder, spoil):
    shutil.copytree(Path(load_robot("aibo-ers7").urdf).parent, folder)
    urdf = folder / "robot.urdf"
    urdf.write_text(spoil(urdf.read_text()))
    return load_robot(str(folder / "robot.toml"))


URDFS = {
    "no XML": lambda text: text.replace("</robot>", ""),
    "no knee": lambda text: text.replace('"front_left_knee"', '"front_left_nee"'),
    "no geometry": lambda text: text.replace("<box ", "<bocks "),
    "empty": lambda text: "",
}


@pytest.mark.parametrize("how", URDFS)
def test_a_broken_urdf_is_found_before_anything_is_written(tmp_path, how):
    robot = broken_robot(tmp_path / "robot", URDFS[how])
    with pytest.raises(GaitoptError, match=r"robot\.urdf") as caught:
        learn(robot=robot, runs=tmp_path / "runs", **TINY)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": EngineSpec(time_step_s=0.003)}, "time_step_s: got 0.003; expected a whole fraction of"),
        ({"workers": 0}, "workers: got 0, expected 1 or more"),
        ({"traversals": 1}, "one iteration of kohl-stone takes 2"),
        ({"robot": "aibo"}, "unknown robot 'aibo'; did you mean aibo-ers7 or aibo-ers210"),
        ({"scenario": "feild"}, "unknown scenario 'feild'; did you mean field"),
        ({"gait": "hand-made"}, "unknown gait of aibo-ers7 'hand-made'; did you mean hand-tuned"),
        ({"optimizer": "annealing"}, "unknown optimizer 'annealing'; known: .*forward-difference"),
        ({"name": "my run"}, "name: got 'my run'"),
    ],
)
def test_bad_settings_leave_nothing_behind(tmp_path, changes, words):
    with pytest.raises(GaitoptError, match=words):
        learn(**{"runs": tmp_path / "runs"} | TINY | changes)
    assert list(tmp_path.iterdir()) == []


def test_no_workers_cannot_resume(make_run):
    with pytest.raises(InputError, match="workers: got 0"):
        resume(make_run().path, workers=0)
