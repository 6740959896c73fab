"""The table and the picture of a comparison, and its live progress."""

import csv
import dataclasses
import io
import math

import pytest
from PIL import Image
from rich.console import Console

from gaitopt.gait.gait_file import Gait, save_gait
from gaitopt.run.compare import StudyProgress, plan, run_study
from gaitopt.run.comparison import BestKnown, Comparison, Curve, summarize_method
from gaitopt.run.store import Place, Row
from gaitopt.run.study import create_study
from gaitopt.scenario.score import SPEED, parse_score
from gaitopt.seeding import Stream, generator
from gaitopt.view.comparison_plot import comparison_plot
from gaitopt.view.comparison_table import markdown, notes, table_rows, write_tables
from gaitopt.view.study_progress import StudyView
from gaitopt.walk.traversal import Status, Traversal

POINTS = (0, 25, 50, 75, 100, 125, 135)
WALK = Traversal(Status.FINISHED, 8.0, 2.0, 0.25, 0.1, 0.02, 50.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.1, 1000)


def curve(method, seed, top):
    scores = tuple(0.25 + (top - 0.25) * point / 135 for point in POINTS)
    return Curve(method, seed, POINTS, POINTS, scores, (0,) * 6 + (seed - 1,), 135, 4, 100.0, 0.05 * seed)


@pytest.fixture
def comparison(tmp_path):
    curves = tuple(
        curve(method, seed, top + 0.02 * seed)
        for method, top in (("cma-es", 0.5), ("random-search", 0.3))
        for seed in (1, 2)
    )
    summaries = tuple(
        summarize_method([c for c in curves if c.method == method], 135, 0.54, generator(1, Stream.COMPARISON))
        for method in ("cma-es", "random-search")
    )
    return Comparison(
        study=tmp_path,
        title="aibo-ers7 on field",
        made="2026-01-02, some machine",
        score=SPEED,
        budget=135,
        fresh=20,
        curves=curves,
        summaries=summaries,
        best_known=BestKnown("cma-es", 2, 135, 0.54),
        left_out={"powell": "an iteration takes 200 traversals, and the budget is 135"},
        failed={"cma-es-3": "ValueError: of its own"},
    )


def test_the_table_in_words(comparison):
    first, second = table_rows(comparison)
    assert first == {
        "method": "cma-es",
        "seeds": "2",
        "at 100": "457 (450 to 465)",
        "at 135": "530 (520 to 540)",
        "to 90%": "125 (2 of 2)",
        "to 95%": "130 (2 of 2)",
        "falls": "8 of 270",
        "fresh falls": "1 of 40",
        "wall time": "100 s",
        "ask + tell": "0.075%",
    }
    assert (second["at 135"], second["to 90%"]) == ("330 (320 to 340)", "never (0 of 2)")


def test_the_notes_tell_who_was_left_out_and_why(comparison):
    text = "\n".join(notes(comparison))
    for words in (
        "aibo-ers7 on field, 135 traversals a run. Speeds in mm/s: median and bootstrap 95 % interval",
        "by 20 fresh traversals; falls count as zero.",
        "Best known: 540 (cma-es, seed 2, after 135 traversals), by other fresh traversals",
        "2026-01-02, some machine",
        "Left out: powell: an iteration takes 200 traversals, and the budget is 135.",
        "Broke off: cma-es-3: ValueError: of its own.",
    ):
        assert words in text


def test_of_falls_alone_there_is_a_table_too(comparison, tmp_path):
    curves = [dataclasses.replace(c, scores=(0.0,) * 7) for c in comparison.curves[:2]]
    summary = summarize_method(curves, 135, 0.0, generator(1, Stream.COMPARISON))
    best = dataclasses.replace(comparison.best_known, score=0.0)
    nothing = dataclasses.replace(comparison, curves=tuple(curves), summaries=(summary,), best_known=best)
    (row,) = table_rows(nothing)
    assert (row["at 135"], row["to 90%"]) == ("0", "-")
    assert "Best known: 0: there is nothing to reach." in notes(nothing)
    assert comparison_plot(nothing).is_file()


def test_another_score_is_told_in_its_own_unit(comparison):
    other = dataclasses.replace(comparison, score=parse_score("speed - 0.5*sway"))
    assert table_rows(other)[0]["at 135"] == "0.530 (0.520 to 0.540)"
    assert "Scores: speed - 0.5*sway: median" in notes(other)[0]
    assert "falls count as the worst possible" in notes(other)[0]


def test_the_files_hold_the_same_numbers(comparison):
    paths = write_tables(comparison)
    assert sorted(path.name for path in comparison.study.iterdir()) == sorted(path.name for path in paths.values())
    rows = list(csv.DictReader(io.StringIO(paths["csv"].read_text())))
    assert [row["method"] for row in rows] == ["cma-es", "random-search"]
    assert float(rows[0]["at_135_median"]) == comparison.summaries[0].at[135].median
    assert (float(rows[0]["to_90_percent_median"]), rows[0]["to_90_percent_reached"]) == (125, "2")
    assert math.isinf(float(rows[1]["to_95_percent_median"]))
    points = list(csv.DictReader(io.StringIO(paths["curves"].read_text())))
    assert len(points) == 4 * len(POINTS)
    assert float(points[-1]["score"]) == comparison.curves[-1].scores[-1]
    head, rule, *body = paths["markdown"].read_text().splitlines()
    assert head.startswith("| method | seeds | at 100 | at 135 | to 90% |")
    assert len({line.count("|") for line in (head, rule, *body[:2])}) == 1
    assert paths["markdown"].read_text() == markdown(comparison)


def test_the_picture_is_drawn_whole(comparison):
    path = comparison_plot(comparison)
    assert path == comparison.study / "comparison.png"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", (1080, 600))
        colors = {color for _, color in image.convert("RGB").getcolors(1 << 24)}
    assert {(31, 119, 180), (255, 127, 14)} <= colors  # a line for each method
    assert (44, 160, 44) not in colors
    assert [file.name for file in comparison.study.iterdir()] == ["comparison.png"]


@pytest.fixture
def study(ers7, tiny_field, tmp_path):
    settings = {"optimizers": "hill-climbing,cma-es", "traversals": 135, "seeds": 2}
    return create_study(plan(robot=ers7, scenario=tiny_field, **settings), tmp_path)


def shown(study, terminal, reports, between=lambda view: None):
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=120, color_system=None, legacy_windows=False)
    with StudyView(study, 2, console) as view:
        for report in reports:
            view(report)
        between(view)
    return text.getvalue()


def test_where_there_is_no_terminal_each_end_of_a_run_is_a_plain_line(study):
    first = study.members[0]
    save_gait(Gait("aibo-ers7", first.config.start_gait, {"speed_mps": 0.4567}), first.best_path)
    reports = [
        StudyProgress("learning", 0, 4),
        StudyProgress("learning", 1, 4, "hill-climbing-1"),
        StudyProgress("learning", 2, 4, "cma-es-1", "ValueError: no"),
        *(StudyProgress("measuring", n, 40) for n in range(1, 41)),
    ]
    assert shown(study, False, reports).splitlines() == [
        "hill-climbing-1: 457 mm/s (1 of 4 runs)",
        "cma-es-1: broke off: ValueError: no (2 of 4 runs)",
        "measured: 40 fresh traversals",
    ]


def test_on_a_terminal_each_run_under_way_has_a_line(study):
    for run, done in zip(study.members, (30, 12, 50, 0), strict=True):
        with run.open_store() as store:
            for repeat in range(done):
                store.add(Row(Place("learn", 0, 0, repeat), 0, (0.1,) * 12, WALK, 0.25, 0.1))
    text = shown(study, True, [StudyProgress("learning", 0, 4)], lambda view: view.look())
    last = text[text.rindex("runs ") :]
    assert "hill-climbing-1" in last
    assert "30/135" in last
    assert "cma-es-1" in last
    assert "12/135" in last
    assert "hill-climbing-2" not in last  # there are two workers


def test_what_a_comparison_says_can_be_shown(ers7, tiny_field, tmp_path):
    """With physics, but hardly any."""
    settings = {"optimizers": "kohl-stone", "options": {"kohl-stone": {"policies": 2, "repeats": 1}}}
    small = plan(robot=ers7, scenario=tiny_field, **settings, traversals=2, seeds=1, fresh=2)
    comparison = run_study(create_study(small, tmp_path), 1)
    assert {path.name for path in write_tables(comparison).values()} == {
        "comparison.csv",
        "comparison.md",
        "curves.csv",
    }
    assert comparison_plot(comparison).is_file()
