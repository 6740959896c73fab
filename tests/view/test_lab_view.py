"""What the lab shows: table, drawings of characters, pictures."""

import numpy as np
import pytest
from PIL import Image

from gaitopt.errors import InputError
from gaitopt.rl.mdps import aliased_gridworld as grid
from gaitopt.rl.mdps import one_step
from gaitopt.rl.mdps.catalog import PROBLEMS
from gaitopt.rl.training import Progress
from gaitopt.run.lab.findings import FINDINGS, distances, puck_track
from gaitopt.run.lab.lab import Outcome, Snapshot
from gaitopt.run.lab.settings import LabSettings
from gaitopt.view.lab.plot import LEARNED, lab_picture
from gaitopt.view.lab.progress import LabProgressView
from gaitopt.view.lab.text import WORDS

BLUE, GREEN, RED = (31, 119, 180), (44, 160, 44), (214, 39, 40)
UNIFORM = np.full(3, 1 / 3)


def settings(problem, steps=1000):
    return LabSettings(problem=problem, algorithm="ppo", seed=1, steps=steps, options={"lam": 0.5})


def snapshots(learned, values, steps=1000):
    marks = np.linspace(0, steps, len(values)).astype(int).tolist()
    looks = zip(marks, values, learned, strict=True)
    return tuple(
        Snapshot(Progress(n, mark, 3 * n, 0.5 if n else float("nan"), {"value_error": 0.25}), value, what)
        for n, (mark, value, what) in enumerate(looks)
    )


def outcome(problem, learned, values, random_value=None):
    return Outcome(settings(problem), PROBLEMS[problem], snapshots(learned, values), random_value, False)


def pixels(path, color):
    """Return the rows and columns of the pixels of a color."""
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB")).astype(int)
    return np.nonzero(np.abs(picture - np.array(color)).max(axis=-1) < 12)


def shown(problem, looks, console):
    with LabProgressView(settings(problem), PROBLEMS[problem], console) as view:
        for look in looks:
            view(look)
    return console.file.getvalue()


def test_every_problem_can_be_shown():
    assert set(FINDINGS) == set(WORDS) == set(LEARNED) == set(PROBLEMS)


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_an_untrained_policy_is_described_and_drawn(name, tmp_path):
    seen = FINDINGS[name].look(PROBLEMS[name].make_policy(np.random.default_rng(1)))
    assert FINDINGS[name].name(seen)
    assert WORDS[name].brief(seen)
    assert max(map(len, WORDS[name].drawing(seen).splitlines())) <= 100
    lab_picture(outcome(name, [seen], [-1.0], -2.0), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert (image.format, image.size) == ("PNG", (1320, 576))


def test_gridworld_in_characters():
    pi = grid.policy_table(0.3)
    drawing = WORDS["aliased-gridworld"].drawing(pi)
    assert WORDS["aliased-gridworld"].brief(pi) == "gray cells: west 70 %, east 30 %"
    west_to_east = drawing.splitlines()[3].strip("|").split("|")
    assert [cell.split() for cell in west_to_east] == [["100>"], ["<70", "30>"], [], ["<70", "30>"], ["<100"]]
    assert "v100" in drawing.splitlines()[4].strip("|").split("|")[2]
    assert "^" not in "".join(drawing.splitlines()[:-1])  # nobody moves north; the last line explains
    assert len({len(line) for line in drawing.splitlines()[:-1]}) == 1


def test_a_mixture_in_characters():
    bars = WORDS["rock-paper-scissors"].drawing(np.array([0.5, 0.25, 0.25])).splitlines()
    assert [bar.count("#") for bar in bars[:3]] == [30, 15, 15]
    assert bars[3] == "at most 0.167 from 1/3; the best response wins 0.250 per game"


def test_the_room_of_the_puck_in_characters():
    """From the lower left corner to the upper right one, then back."""
    way = np.linspace(-1, 1, 150)
    there = np.column_stack([way, way, np.ones(150), np.ones(150)])
    back = np.column_stack([-way, way * 0, -np.ones(150), np.zeros(150)])
    lines = WORDS["puck-world"].drawing(np.concatenate([there, back])).splitlines()
    assert lines[-3][1] == "o"  # the bottom row, left
    assert lines[1][-2] == "A"
    assert lines[8][1] == "B"
    assert set(lines[8][2:-2]) <= {":", "."}


def test_means_in_characters():
    assert WORDS["one-step"].brief(one_step.TARGETS) == "means off by 0.00, 0.00, 0.00"
    assert WORDS["one-step"].drawing(one_step.TARGETS).count("(+1.00, -0.50)") == 2


def test_a_track_is_always_the_same_episode():
    class Still:
        def mode(self, observations):
            return np.zeros((1, 2))

    once, again = puck_track(Still()), puck_track(Still())
    np.testing.assert_array_equal(once, again)
    assert once.shape == (300, 4)
    assert np.ptp(once[:, :2], axis=0).max() == 0  # who does not push stays
    assert len(np.unique(once[:, 2])) == 2
    np.testing.assert_allclose(distances(once)[0], np.hypot(*(once[0, 2:] - once[0, :2])))


GRID_LOOKS = snapshots([grid.policy_table(0.5)] * 41, np.linspace(0.1, 0.8, 41))


def test_where_there_is_no_terminal_ten_plain_lines(make_console):
    lines = shown("aliased-gridworld", GRID_LOOKS, make_console(terminal=False)).splitlines()
    assert len(lines) == 11
    words = "gray cells: west 50 %, east 50 %"
    assert lines[0] == f"learning: 0 of 1000 steps, value 0.100 (12 % of the best); {words}"
    assert lines[-1] == f"learning: 1000 of 1000 steps, mean return 0.5, value 0.800 (95 % of the best); {words}"


def test_on_a_terminal_there_is_a_table_of_the_last_snapshots(make_console):
    text = shown("aliased-gridworld", GRID_LOOKS, make_console(terminal=True))
    last = text[text.rindex("ppo on aliased-gridworld, seed 1, 1000 steps") :]
    assert last.count("gray cells") == 12
    for words in ("of the best", "value error 0.25", " 1000 ", " 95 % ", "mean return"):
        assert words in last
    without = shown("puck-world", snapshots([np.zeros((300, 4))] * 3, [-1.0, -0.5, -0.2]), make_console(terminal=True))
    assert "of the best" not in without


def test_an_arrow_is_as_long_as_it_is_probable(tmp_path):
    path = tmp_path / "grid.png"

    def blue(east):
        """Return where the arrows are, all of them blue: rows and columns."""
        lab_picture(outcome("aliased-gridworld", [grid.policy_table(east)], [0.5]), path)
        return pixels(path, BLUE)

    def reach(columns):
        """Return how far the arrows of the second cell reach to its left and right, in widths of a cell."""
        left, right = 17.0, 603.0  # of the five cells
        places = (columns - left) / (right - left) * 5 - 1.5
        inside = places[np.abs(places) < 0.5]
        return -inside.min(), inside.max()

    to_west, to_east = reach(blue(0.75)[1])
    assert to_east == pytest.approx(0.46 * 0.75, abs=0.04)
    assert to_west == pytest.approx(0.46 * 0.25, abs=0.04)
    to_west, to_east = reach(blue(0.97)[1])
    assert to_east == pytest.approx(0.46 * 0.97, abs=0.04)
    assert to_west < 0.03  # 3 % is left out


def test_the_curve_has_lines_at_what_is_known(tmp_path):
    path = tmp_path / "curve.png"
    lab_picture(outcome("aliased-gridworld", [grid.policy_table(0.5)] * 3, [0.0, 0.5, 0.8]), path)
    best, worse = (pixels(path, color)[0] for color in (GREEN, RED))
    assert len(best) > 100
    assert len(worse) > 100
    assert np.median(best) < np.median(worse)  # higher up


def test_the_curve_of_the_game_and_of_the_puck(tmp_path):
    path = tmp_path / "a.png"
    lab_picture(outcome("rock-paper-scissors", [np.eye(3)[0], UNIFORM], [-1.0, 0.0]), path)
    uniform, deterministic = (np.median(pixels(path, color)[0][pixels(path, color)[1] > 700]) for color in (GREEN, RED))
    assert deterministic < uniform  # exploitability 1 is above 0
    track = np.zeros((300, 4))
    lab_picture(outcome("puck-world", [track, track], [-1.0, -0.1], random_value=-1.1), path)
    assert len(pixels(path, RED)[0]) > 100
    lab_picture(outcome("puck-world", [track, track], [-1.0, -0.1]), path)
    assert len(pixels(path, RED)[0]) == 0


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path):
    path = tmp_path / "gone" / "a.png"
    with pytest.raises(InputError, match=r"a\.png: cannot be written"):
        lab_picture(outcome("rock-paper-scissors", [UNIFORM], [0.0]), path)
