import itertools
import sys

import pytest

from gaitopt.errors import BodyError
from gaitopt.run.diagnosis import diagnose


@pytest.fixture(autouse=True)
def short_walk(monkeypatch, tiny_field):
    """The walk that tries the engine shall be short, and EGL is not looked for."""
    monkeypatch.setattr("gaitopt.run.diagnosis.load_scenario", lambda name: tiny_field)
    monkeypatch.setattr("gaitopt.run.diagnosis.egl_works", lambda: True)


def findings(runs):
    return {finding.what: finding for finding in diagnose(runs)}


def test_what_learning_needs_works_where_the_tests_run(tmp_path):
    found = findings(tmp_path / "runs")
    assert {what for what, finding in found.items() if finding.needed} == {"Python", "pybullet", "cores", "runs"}
    assert all(finding.works for finding in found.values() if finding.needed)
    assert "the same to the bit" in found["pybullet"].detail
    assert not (tmp_path / "runs").exists()  # a check makes nothing


def test_a_folder_in_which_no_run_can_be_made_is_found(tmp_path):
    (tmp_path / "file").touch()
    for runs in (tmp_path / "file", tmp_path / "file" / "runs"):
        finding = findings(runs)["runs"]
        assert not finding.works
        assert "Not a directory" in finding.detail
        assert "--runs" in finding.fix


def test_an_engine_that_fails_is_found(tmp_path, monkeypatch):
    def no_body(robot, engine):
        raise BodyError("no engine here")

    monkeypatch.setattr("gaitopt.run.diagnosis.make_body", no_body)
    finding = findings(tmp_path)["pybullet"]
    assert (finding.works, finding.needed, finding.detail) == (False, True, "no engine here")
    assert finding.fix


def test_an_engine_that_does_not_repeat_itself_is_found(tmp_path, monkeypatch):
    from gaitopt.run import diagnosis as module

    seeds = itertools.count()
    walk = module.traverse
    monkeypatch.setattr(module, "traverse", lambda body, c, s, seed: walk(body, c, s, next(seeds)))
    finding = findings(tmp_path)["pybullet"]
    assert not finding.works
    assert "not the same" in finding.detail


def test_what_only_pictures_need_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    monkeypatch.setattr("gaitopt.run.diagnosis.egl_works", lambda: False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    found = findings(tmp_path)
    for what, fix in (("PyAV", r"gaitopt[video]"), ("EGL", "libegl1"), ("window", "--video")):
        assert (found[what].works, found[what].needed) == (False, False)
        assert fix in found[what].fix


def test_an_engine_in_which_the_robot_does_not_arrive_is_found(tmp_path, monkeypatch, tiny_field):
    endless = tiny_field.model_copy(update={"field": tiny_field.field.model_copy(update={"length_m": 9.0})})
    monkeypatch.setattr("gaitopt.run.diagnosis.load_scenario", lambda name: endless)
    finding = findings(tmp_path)["pybullet"]
    assert not finding.works
    assert "timeout" in finding.detail
