import io
import re

import pytest
from rich.console import Console

from gaitopt.run.learn.optimize import Progress
from gaitopt.view.learn_progress import ProgressView, describe

NAN = float("nan")


def learning(iteration, traversals, speed=0.21, best=0.2345):
    known = iteration > 0
    return Progress("learning", iteration, traversals, 90, 12.34, 65.2, speed if known else NAN, best if known else NAN)


def fresh(stage, traversals):
    return Progress(stage, 2, traversals, 20, 10.0, (20 - traversals) / 10.0, 0.21, 0.2345)


REPORTS = [
    *(learning(0, n) for n in range(1, 46)),
    learning(1, 45),
    *(learning(1, n) for n in range(46, 91)),
    learning(2, 90),
    *(fresh("start", n) for n in range(1, 21)),
    *(fresh("best", n) for n in range(1, 21)),
]


def shown(terminal):
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=150, color_system=None, legacy_windows=False)
    with ProgressView(console) as view:
        for report in REPORTS:
            view(report)
        view.film("before", 0.25)
        view.film("after", 1.0)
    return text.getvalue()


def test_where_there_is_no_terminal_each_iteration_is_a_plain_line():
    numbers = "12.3/s, 1:05 left, now 210, highest 234 mm/s"
    assert shown(terminal=False).splitlines() == [
        f"learning: iteration 1, 45 of 90 traversals, {numbers}",
        f"learning: iteration 2, 90 of 90 traversals, {numbers}",
        "start gait: 20 of 20 traversals, 10.0/s, 0:00 left",
        "learned gait: 20 of 20 traversals, 10.0/s, 0:00 left",
    ]


def test_on_a_terminal_there_is_a_line_for_each_stage_that_moves():
    text = shown(terminal=True)
    assert "\x1b[" in text  # the lines are drawn again in their place
    last = text[text.rindex("learning ") :]
    for words in (
        "learning .* 90/90 +iteration 2, 12.3/s, 1:05 left, now 210, highest 234 mm/s",
        "start gait .* 20/20 +10.0/s, 0:00 left",
        "learned gait .* 20/20",
        "filming before .* 25/100 +percent",
        "filming after .* 100/100 +percent",
    ):
        assert re.search(words, last), words


def test_a_stopped_run_gives_the_terminal_back():
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=150)
    with pytest.raises(ZeroDivisionError), ProgressView(console) as view:
        view(REPORTS[1 // 0])
    hidden, back = "\x1b[?25l", "\x1b[?25h"
    assert text.getvalue().rindex(back) > text.getvalue().rindex(hidden)  # the cursor


def test_progress_goes_to_standard_error(capsys):
    with ProgressView() as view:
        view(learning(1, 45))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("learning: iteration 1, 45 of 90 traversals")


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("learning", 0, 0, 90, 0.0, NAN, NAN, NAN), "iteration 0, 0 of 90 traversals"),
        (learning(0, 3), "iteration 0, 3 of 90 traversals, 12.3/s, 1:05 left"),
        (Progress("start", 5, 3, 20, 2.0, 3725.0, NAN, NAN), "3 of 20 traversals, 2.0/s, 62:05 left"),
        (Progress("best", 5, 3, 20, 2.0, 59.6, 0.2, 0.3), "3 of 20 traversals, 2.0/s, 1:00 left"),
    ],
)
def test_only_known_numbers_are_told(progress, words):
    assert describe(progress) == words
