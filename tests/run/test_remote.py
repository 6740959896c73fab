"""What walks on other machines: it brings its URDF, and will not walk by other versions."""

import pickle
import platform
from pathlib import Path

import pytest

from gaitopt.errors import InputError
from gaitopt.hal.engine import engine_of
from gaitopt.run import remote as module
from gaitopt.run.remote import remote_factory
from gaitopt.run.rollout import World, fresh_tasks
from gaitopt.run.settings.versions import current_versions
from gaitopt.run.walkers.walker import gait_walker


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr(module.platformdirs, "user_cache_path", lambda name, ensure_exists: tmp_path)
    return tmp_path


def test_it_walks_the_same_where_the_robots_file_is_not(small_config, ers7, tiny_field, tmp_path):
    task = fresh_tasks(gait_walker(ers7, small_config.start_gait), 1, seed=4)[0]
    here = World(ers7, tiny_field, engine_of(ers7)).rollout
    moved = tmp_path / "moved.urdf"
    moved.write_bytes(Path(ers7.urdf).read_bytes())
    sent = pickle.dumps(remote_factory(ers7.model_copy(update={"urdf": str(moved)}), here))
    moved.unlink()
    walks = [pickle.loads(sent)() for _ in range(2)] + [here()]
    first, second, expected = (walk(task).traversal for walk in walks)
    for walk in walks:
        walk.close()
    assert repr(first) == repr(second) == repr(expected)


def test_a_file_of_other_content_is_not_taken_for_the_robots(ers7, tiny_field, cache):
    factory = remote_factory(ers7, World(ers7, tiny_field, engine_of(ers7)).rollout)
    factory()
    [kept] = cache.iterdir()
    kept.write_text("<robot/>")
    factory()
    assert [kept] == list(cache.iterdir())
    assert kept.read_bytes() == Path(ers7.urdf).read_bytes()


@pytest.mark.parametrize("package", ["gaitopt", "numpy", "pybullet", "git"])
def test_another_version_is_refused_with_the_nodes_name(ers7, monkeypatch, package):
    factory = remote_factory(ers7, lambda robot: robot)
    monkeypatch.setattr(module, "current_versions", lambda: current_versions() | {package: "0.0"})
    with pytest.raises(
        InputError, match=rf"^node {platform.node()}: has {package} 0\.0, expected .*; install the same"
    ):
        factory()


def test_another_patch_of_python_is_no_reason(ers7, monkeypatch):
    factory = remote_factory(ers7, lambda robot: robot)
    monkeypatch.setattr(module, "current_versions", lambda: current_versions() | {"python": "3.10.99"})
    assert factory().name == ers7.name


def test_a_robot_without_its_file_is_told(ers7, tmp_path):
    with pytest.raises(InputError, match=r"gone.urdf: cannot be read: No such file"):
        remote_factory(ers7.model_copy(update={"urdf": str(tmp_path / "gone.urdf")}), lambda robot: robot)
