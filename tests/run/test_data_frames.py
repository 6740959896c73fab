"""What experiments measured as data frames, against the stores and files that they are made of."""

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import KEYS
from gaitopt.run.data_frames import load_run
from gaitopt.run.learn.optimize import optimize
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.train.train import continue_training, new_training
from gaitopt.view.compare.compare import finish_comparison


def test_a_run_has_every_traversal_and_every_iteration(make_run, free_walks):
    run = make_run()
    optimize(run, 1)
    data = load_run(run.path)
    with run.open_store() as store:
        rows, iterations = store.rows("learn"), store.iterations()
    learned = data.traversals[data.traversals.purpose == "learn"]
    assert list(learned.seed) == [row.seed for row in rows]
    np.testing.assert_array_equal(learned[list(KEYS.values())], [row.parameters for row in rows])
    np.testing.assert_array_equal(learned.roll_spread_rad, [row.traversal.roll_spread for row in rows])
    assert list(data.iterations.traversals) == [each.traversals for each in iterations]
    units = data.traversals.attrs["units"]
    assert (units["speed_mps"], units["length_m"], units["cycle_time_s"], units["energy_j"]) == ("m/s", "m", "s", "J")
    assert (units["roll_spread_rad"], units["purpose"], units["skew"]) == ("rad", "", "")
    assert set(units) == set(data.traversals.columns)


def test_a_training_has_its_updates(ers7, tiny_field, tmp_path, free_steps):
    settings = TrainSettings(robot=ers7, scenario=tiny_field, algorithm="reinforce", steps=60, environments=2, fresh=2)
    training = new_training(settings, tmp_path)
    continue_training(training, 1)
    data = load_run(training.path.name, tmp_path)
    assert data.settings.steps == 60
    assert data.metrics.to_dict("records") == training.read_progress()
    assert data.metrics.attrs["units"]["mean_return"] == "cm"


def test_a_comparison_has_its_curves_once_it_has_finished(make_comparison, free_walks):
    folder = make_comparison(seeds=(1,))
    with pytest.raises(InputError, match="has not finished; continue with: gaitopt resume"):
        load_run(folder.path)
    comparison = finish_comparison(folder, 1, lambda progress: None)
    data = load_run(folder.path)
    assert data.runs == tuple(member.path for member in folder.members)
    for curve in comparison.curves:
        mine = data.curves[data.curves.method == curve.method]
        np.testing.assert_allclose(mine.score, curve.scores)
        assert tuple(mine.traversals) == curve.points
    assert data.curves.attrs["units"]["score"] == "m/s"


@pytest.mark.parametrize("wrong", [3, None, "nothing"])
def test_what_is_no_experiment_is_refused(wrong, tmp_path):
    with pytest.raises(InputError, match=r"experiment: got|unknown run, training"):
        load_run(wrong, tmp_path)
