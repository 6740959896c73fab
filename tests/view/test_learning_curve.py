import dataclasses
import datetime
import itertools

import numpy as np
import pytest
from PIL import Image

from gaitopt.errors import InputError
from gaitopt.run.learn.folder import create_run
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.store import Place, Row
from gaitopt.view.learn.curve import learning_curve
from gaitopt.walk.traversal import Status, Traversal

WALK = Traversal(Status.FINISHED, 8.0, 2.0, 0.2, 0.1, 0.02, 50.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.1, 1000)
RED, BLUE, GREEN = (214, 39, 40), (31, 119, 180), (44, 160, 44)


@pytest.fixture
def make_run(ers7, tiny_field, tmp_path):
    config = LearnSettings(
        robot=ers7,
        scenario=tiny_field,
        gait="hand-tuned",
        optimizer="kohl-stone",
        traversals=90,
        seed=1,
        name="drawn",
    )

    moments = (datetime.datetime(2026, 1, 2, 3, 4, second) for second in itertools.count())

    def make(speeds, fallen=(), fresh=()):
        """Store these speeds, shape (iterations, candidates, repeats); candidates of `fallen` have fallen."""
        run = create_run(config, tmp_path, next(moments))
        with run.open_store() as store:

            def add(place, speed, fell=False):
                status = Status.FELL if fell else Status.FINISHED
                walk = dataclasses.replace(WALK, status=status, speed_mps=speed)
                store.add(Row(place, 0, tuple(config.gait.parameters.values()), walk, speed, 0.1))

            for place, speed in np.ndenumerate(speeds):
                add(Place("learn", *place), float(speed), fell=place[:2] in fallen and place[2] == 0)
            for purpose, its_speeds in fresh:
                for repeat, speed in enumerate(its_speeds):
                    add(Place(purpose, 0, 0, repeat), speed)
        return run

    return make


def pixels_like(path, color):
    """Return where a picture has this color, thinned by white as it may be: how many pixels, and their mean place."""
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB")).astype(float)
    missing = 255.0 - picture
    direction = 255.0 - np.array(color)
    amount = missing @ direction / (direction @ direction)
    off = np.abs(missing - amount[..., None] * direction).max(axis=-1)
    rows, columns = np.nonzero((amount > 0.2) & (off < 12))
    return len(rows), (rows.mean(), columns.mean()) if len(rows) else None


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


SPEEDS = np.linspace(0.1, 0.3, 2 * 4 * 3).reshape(2, 4, 3)


def test_a_curve_is_a_picture_in_the_folder_of_the_run(make_run):
    run = make_run(SPEEDS, fresh=[("start", [0.1, 0.12]), ("best", [0.25, 0.27])])
    path = learning_curve(run)
    assert path == run.path / "learning_curve.png"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", (960, 576))
        assert len(image.convert("RGB").getcolors(1 << 24)) > 10
    assert 10_000 < path.stat().st_size < 500_000
    assert sorted(file.name for file in run.path.iterdir()) == [
        "config.toml",
        "learning_curve.png",
        "robot.urdf",
        "run.db",
    ]
    assert pixels_like(path, BLUE)[0] > 30
    assert pixels_like(path, GREEN)[0] > 1000
    assert pixels_like(path, RED)[0] == 0


def test_candidates_that_fell_are_red_where_they_stand(make_run):
    few, _ = pixels_like(learning_curve(make_run(SPEEDS, fallen={(0, 3), (1, 0)})), RED)
    all_fell = {(i, c) for i in range(2) for c in range(4)}
    many, _ = pixels_like(learning_curve(make_run(SPEEDS, fallen=all_fell)), RED)
    assert few > 20
    assert many > 2.5 * few


def test_faster_is_higher_and_later_is_to_the_right(make_run):
    slowest_and_first, fastest_and_last = (make_run(SPEEDS, fallen={which}) for which in ((0, 0), (1, 3)))
    _, (row, column) = pixels_like(learning_curve(slowest_and_first), RED)
    _, (other_row, other_column) = pixels_like(learning_curve(fastest_and_last), RED)
    assert other_row < row - 50
    assert other_column > column + 200


def test_a_run_that_has_only_begun_can_be_drawn(make_run):
    for speeds in (np.zeros((0, 0, 0)), SPEEDS[:1, :1, :1], SPEEDS[:1]):
        assert learning_curve(make_run(speeds)).is_file()


def test_a_curve_that_does_not_fit_on_the_disk_leaves_none(make_run, small_disk):
    run = make_run(SPEEDS)
    path = learning_curve(run)  # once, so that matplotlib has its own files
    size = path.stat().st_size
    path.unlink()
    assert size > 33_000  # what SQLite needs to look into the database
    with pytest.raises(InputError, match=r"\.png: cannot be written: File too large"), small_disk(size - 100):
        learning_curve(run)
    assert names_in(run.path) == ["config.toml", "robot.urdf", "run.db"]
