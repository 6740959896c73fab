import re

import pytest

from gaitopt.run.learn.optimize import Progress
from gaitopt.view.learn.progress import LearnProgressView, describe

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


def shown(console, **how):
    with LearnProgressView(console, **how) as view:
        for report in REPORTS:
            view(report)
    return console.file.getvalue()


def test_where_there_is_no_terminal_each_iteration_is_a_plain_line(make_console):
    numbers = "12.3/s, 1:05 left, now 210, highest 234 mm/s"
    assert shown(make_console(terminal=False)).splitlines() == [
        f"learning: iteration 1, 45 of 90 traversals, {numbers}",
        f"learning: iteration 2, 90 of 90 traversals, {numbers}",
        "start gait: 20 of 20 traversals, 10.0/s, 0:00 left",
        "learned gait: 20 of 20 traversals, 10.0/s, 0:00 left",
    ]


def test_on_a_terminal_there_is_a_bar_for_each_stage(make_console):
    text = shown(make_console(terminal=True))
    assert "\x1b[" in text  # the lines are drawn again in their place
    last = text[text.rindex("learning ") :]
    for words in (
        "learning .* 90/90 +iteration 2, 12.3/s, 1:05 left, now 210, highest 234 mm/s",
        "start gait .* 20/20 +10.0/s, 0:00 left",
        "learned gait .* 20/20",
    ):
        assert re.search(words, last), words


def test_a_stopped_run_gives_the_terminal_back(make_console):
    console = make_console(terminal=True)
    with pytest.raises(ZeroDivisionError), LearnProgressView(console) as view:
        view(REPORTS[1 // 0])
    hidden, back = "\x1b[?25l", "\x1b[?25h"
    text = console.file
    assert text.getvalue().rindex(back) > text.getvalue().rindex(hidden)  # the cursor


def test_progress_goes_to_standard_error(capsys):
    with LearnProgressView() as view:
        view(learning(1, 45))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("learning: iteration 1, 45 of 90 traversals")


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("learning", 0, 0, 90, 0.0, NAN, NAN, NAN), "iteration 0, 0 of 90 traversals"),
        (learning(0, 3), "iteration 0, 3 of 90 traversals, 12.3/s, 1:05 left"),
        (Progress("start", 5, 3, 20, 2.0, 3725.0, NAN, NAN), "3 of 20 traversals, 2.0/s, 62:05 left"),
        (Progress("best", 5, 3, 20, 2.0, 59.6, 0.2, 0.3), "3 of 20 traversals, 2.0/s, 1:00 left"),
    ],
)
def test_only_known_numbers_are_shown(progress, words):
    assert describe(progress) == words
