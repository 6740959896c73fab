"""Copies of the policy that a training keeps on its way, and what it reports of falls and time; without physics."""

import pytest

from gaitopt.errors import InputError
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import continue_training, new_training
from gaitopt.run.walkers.trained_policy import read_trained

UPDATES = [24, 48, 72, 96, 120]


@pytest.fixture
def make_training(ers7, tiny_field, tmp_path, free_steps):
    """Return a function that makes a training of five updates of 24 steps."""
    made = []

    def make(**changes):
        made.append(tmp_path / f"runs{len(made)}")
        settings = {"robot": ers7, "scenario": tiny_field, "gait": None, "algorithm": "ppo", "seed": 4, "fresh": 2}
        settings |= {"options": {"steps": 24, "minibatch": 8, "epochs": 1}, "steps": 120}
        return new_training(TrainSettings(**settings | changes), made[-1])

    return make


def kept(folder):
    """Return the snapshots' steps with the policies' digests."""
    return {int(path.stem): read_trained(path).digest for path in (folder.path / "snapshots").glob("*")}


@pytest.fixture
def digests(make_training):
    """The policy after each number of updates, each from a training that stopped there."""
    short = (make_training(steps=None, iterations=n) for n in range(1, 6))
    return dict(zip(UPDATES, (continue_training(folder, 1).trained.digest for folder in short), strict=True))


def test_a_snapshot_is_the_policy_after_the_last_update_within_its_steps(make_training, digests):
    for asked, steps in {23: [], 24: [24], 47: [24], 48: [48], 119: [96], 120: [120], 500: [120]}.items():
        folder = make_training(snapshots=(asked,))
        continue_training(folder, 1)
        assert kept(folder) == {step: digests[step] for step in steps}
    assert len(set(digests.values())) == 5  # negative control: an update earlier or later would be noticed


def test_a_snapshot_says_where_it_came_from(make_training):
    folder = make_training(snapshots=(30, 50))
    continue_training(folder, 1)
    first, last = (read_trained(folder.snapshot_path(steps)).about for steps in (24, 48))
    assert (first.origin["steps"], last.origin["steps"]) == (24, 48)
    assert "speed_mps" not in first.origin
    assert read_trained(folder.policy_path).about.model_copy(update={"origin": first.origin}) == first


def test_without_being_asked_for_none_is_kept_and_the_policy_is_the_same(make_training):
    plain, asked = make_training(), make_training(snapshots=(30,))
    assert continue_training(plain, 1).trained.digest == continue_training(asked, 1).trained.digest
    assert not (plain.path / "snapshots").exists()


def test_a_training_under_way_may_be_asked_for_more(make_training, digests):
    folder = make_training()

    def stop(progress, speed):
        if progress.iteration == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        continue_training(folder, 1, stop)
    settings = folder.path / "config.toml"
    settings.write_text(settings.read_text().replace("snapshots = []", "snapshots = [50, 75]"))
    continue_training(TrainFolder(folder.path), 1)
    assert kept(folder) == {48: digests[48], 72: digests[72]}


def test_one_that_cannot_be_written_stops_the_training_until_it_can(make_training, digests):
    folder = make_training(snapshots=(50,))
    (folder.path / "snapshots").write_text("in the way")
    with pytest.raises(InputError, match=r"48\.npz: cannot be written"):
        continue_training(folder, 1)
    (folder.path / "snapshots").unlink()
    assert continue_training(folder, 1).trained.digest == digests[120]
    assert kept(folder) == {48: digests[48]}


def test_a_training_that_did_not_count_its_falls_yet_goes_on(make_training):
    """Of an older version: its rows have no such column."""
    folder = make_training(steps=48)
    continue_training(folder, 1)
    rows = folder.read_progress()
    assert all(row["fell"] >= 0 for row in rows)
    folder.write_progress([{name: value for name, value in row.items() if name != "fell"} for row in rows])
    settings = folder.path / "config.toml"
    settings.write_text(settings.read_text().replace("steps = 48", "steps = 72"))
    continue_training(TrainFolder(folder.path), 1)
    told = folder.read_progress()
    assert [row["steps"] for row in told] == [24, 48, 72]
    assert [row["fell"] >= 0 for row in told] == [False, False, True]


def test_the_time_of_all_sittings_is_added_up(make_training):
    folder = make_training()
    assert folder.wall_s == 0
    folder.write_wall_s(1000.0)
    continue_training(folder, 1)
    first = folder.wall_s
    assert first > 1000
    continue_training(folder, 1)  # which has nothing to do
    assert folder.wall_s == first
