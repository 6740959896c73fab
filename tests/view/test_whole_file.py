from fractions import Fraction

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.view.video import _write_gif, _write_mp4
from gaitopt.view.whole_file import whole_file


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "curve.png"
    with whole_file(path) as draft:
        assert (draft.parent, draft.suffix) == (path.parent, ".png")
        draft.write_text("half")
        assert not path.exists()
        draft.write_text("whole")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("curve.png", "whole")]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_goes_wrong_leaves_the_older_file(tmp_path, error):
    def begin(draft):
        draft.write_text("half")
        raise error

    path = tmp_path / "curve.png"
    path.write_text("old")
    with pytest.raises(error), whole_file(path) as draft:
        begin(draft)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("curve.png", "old")]


@pytest.mark.parametrize(("name", "write"), [("walk.gif", _write_gif), ("walk.mp4", _write_mp4)])
def test_a_film_that_does_not_fit_on_the_disk_leaves_nothing(tmp_path, small_disk, name, write):
    noise = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
    path = tmp_path / name
    too_large = pytest.raises(InputError, match=f"{name}: cannot be written: File too large")
    with too_large, small_disk(1000), whole_file(path) as draft:
        write(draft, iter(noise), Fraction(25))
    assert list(tmp_path.iterdir()) == []
    with whole_file(path) as draft:
        write(draft, iter(noise), Fraction(25))
    assert path.stat().st_size > 1000  # so that it was the disk


def test_a_file_needs_a_folder(tmp_path):
    (tmp_path / "file").touch()
    for folder, words in (("nowhere", "No such file"), ("file", "Not a directory")):
        with pytest.raises(InputError, match=words), whole_file(tmp_path / folder / "curve.png") as draft:
            draft.write_text("")
