"""Where progress is shown live, where as plain lines, and where not at all."""

import re
import sys
from types import SimpleNamespace

import pytest
from rich.console import Console

from gaitopt.rl.training import Progress
from gaitopt.view.film_progress import FilmProgressView
from gaitopt.view.progress_view import metrics_in_words, number, reporter
from gaitopt.view.train.progress import TrainProgressView


def training(steps):
    """Return the settings that a view of a training reads."""
    named = SimpleNamespace(name="somewhere")
    return SimpleNamespace(algorithm="ppo", robot=named, scenario=named, seed=1, stopping=SimpleNamespace(steps=steps))


def updates(count, metrics):
    return [(Progress(n, 100 * n, 3 * n, 0.5 * n, metrics), 250.0) for n in range(1, count + 1)]


def shown(console, steps=5000, count=50, **how):
    with TrainProgressView(training(steps), console, **how) as view:
        for update in updates(count, {"entropy": 1.23456, "clip_fraction": 0.1, "unheard_of": 7.0}):
            view(*update)
    return console.file.getvalue()


def test_on_a_terminal_there_is_a_table_of_the_last_updates(make_console):
    text = shown(make_console(terminal=True))
    last = text[text.rindex("ppo on somewhere") :]
    head = re.search(r"steps .*episodes .*mean return .*steps/s .*clip fraction .*entropy", last)
    assert head is not None
    assert "unheard of" not in last
    rows = [line.split("│")[1].strip() for line in last.splitlines() if line.count("│") == 7]
    assert rows == [str(100 * n) for n in range(39, 51)]
    assert re.search(r"5000 +│ +150 +│ +25 +│ +250 +│ +0.1 +│ +1.23", last)


def test_elsewhere_every_twentieth_of_a_training_is_a_plain_line(make_console):
    lines = shown(make_console(terminal=False)).splitlines()
    assert len(lines) == 20 + 1  # and the first update
    metrics = "clip fraction 0.1, entropy 1.23"
    assert lines[-1] == f"training: 5000 of 5000 steps, 150 episodes, 250/s, mean return 25, {metrics}"


def test_of_unknown_length_every_update_is_a_plain_line(make_console):
    lines = shown(make_console(terminal=False), steps=None, count=7).splitlines()
    assert [line.split(",")[0] for line in lines] == [f"training: {100 * n} steps" for n in range(1, 8)]


def test_plain_lines_can_be_left_out_but_not_the_terminal(make_console):
    assert shown(make_console(terminal=False), plain=False) == ""
    assert "mean return" in shown(make_console(terminal=True), plain=False)


@pytest.fixture
def notebook(monkeypatch):
    """Stand in for a notebook; return the texts that its cell shows now."""
    texts = []

    class Output:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def clear_output(self, wait):
            texts.clear()

    def display(*things, **how):
        texts.extend(thing._repr_mimebundle_([], [])["text/plain"] for thing in things if not isinstance(thing, Output))

    shell = SimpleNamespace(display=display, clear_output=lambda wait: None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=shell))
    monkeypatch.setitem(sys.modules, "IPython.display", shell)
    monkeypatch.setitem(sys.modules, "ipywidgets", SimpleNamespace(Output=Output))
    return texts


def test_in_a_notebook_progress_is_live(notebook):
    console = Console(force_jupyter=True, width=150)
    assert not console.is_terminal
    with TrainProgressView(training(5000), console, plain=False) as view:
        for count, update in enumerate(updates(3, {}), start=1):
            view(*update)
            (text,) = notebook
            assert "ppo on somewhere" in text
            assert [f" {100 * n} " in text for n in (1, 2, 3)] == [n <= count for n in (1, 2, 3)]


def test_a_bar_for_each_film(make_console):
    console = make_console(terminal=True)
    with FilmProgressView(console) as view:
        view("before", 0.25)
        view("after", 1.0)
    text = console.file.getvalue()
    last = text[text.rindex("filming before") :]
    assert re.search("filming before .* 25/100 +percent", last)
    assert re.search("filming after .* 100/100 +percent", last)
    plain = make_console(terminal=False)
    with FilmProgressView(plain) as view:
        view("before", 0.25)
    assert plain.file.getvalue() == ""


def test_who_gets_the_reports(make_console):
    console, calls = make_console(terminal=True), []
    view = FilmProgressView(console)
    with reporter(view, None) as receiver:
        assert receiver is view
    with reporter(view, lambda *report: calls.append(report)) as receiver:
        receiver("before", 0.5)
    assert calls == [("before", 0.5)]
    assert "filming" not in console.file.getvalue()


def test_numbers_that_are_not_known_yet_are_dashes():
    assert [number(value) for value in (1234.5, 0.0012345, float("nan"))] == ["1.23e+03", "0.00123", "-"]
    assert metrics_in_words({"td_error": 0.5, "entropy": float("nan")}) == ["td error 0.5", "entropy -"]
