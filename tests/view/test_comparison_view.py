"""The table and the picture of a comparison, and its live progress."""

import csv
import dataclasses
import io
import math

import numpy as np
import pytest
from PIL import Image

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, save_gait
from gaitopt.run.compare.budget import Steps, Traversals
from gaitopt.run.compare.compare import ComparisonProgress, run_comparison
from gaitopt.run.compare.folder import create_comparison, plan
from gaitopt.run.compare.results import BestKnown, Comparison, Curve, median_interval, summarize_method
from gaitopt.run.compare.settings import CompareSettings
from gaitopt.run.store import Place, Row
from gaitopt.run.train.settings import new_policy
from gaitopt.run.walkers.trained_policy import AboutPolicy, TrainedPolicy
from gaitopt.scenario.objective import SPEED, parse_score
from gaitopt.seeding import Stream, generator
from gaitopt.view.compare.plot import comparison_plot
from gaitopt.view.compare.progress import CompareProgressView
from gaitopt.view.compare.table import markdown, notes, table_rows, write_tables
from gaitopt.walk.policy_controller import Interface
from gaitopt.walk.traversal import Status, Traversal

PACES = {1: 0.25}
POINTS = (0, 25, 50, 75, 100, 125, 135)
WALK = Traversal(Status.FINISHED, 8.0, 2.0, 0.25, 0.1, 0.02, 50.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.1, 1000)


def curve(method, seed, top):
    scores = tuple(0.25 + (top - 0.25) * point / 135 for point in POINTS)
    return Curve(method, seed, POINTS, POINTS, scores, (0,) * 6 + (seed - 1,), 135, 135, 4, 100.0, 0.05 * seed)


@pytest.fixture
def comparison(tmp_path):
    curves = tuple(
        curve(method, seed, top + 0.02 * seed)
        for method, top in (("cma-es", 0.5), ("random-search", 0.3))
        for seed in (1, 2)
    )
    summaries = tuple(
        summarize_method(
            [c for c in curves if c.method == method], Traversals(135), 0.54, generator(1, Stream.COMPARISON)
        )
        for method in ("cma-es", "random-search")
    )
    return Comparison(
        folder=tmp_path,
        title="aibo-ers7 on field",
        changed={},
        made=dict.fromkeys(("cma-es", "random-search"), "2026-01-02, some machine"),
        score=SPEED,
        budget=Traversals(135),
        fresh=20,
        curves=curves,
        summaries=summaries,
        best_known=BestKnown("cma-es", 2, 135, 0.54),
        left_out={"powell": "an iteration takes 200 traversals, and the budget is 135"},
        failed={"cma-es-3": "ValueError: of its own"},
    )


def test_a_method_that_did_not_spend_its_budget_is_named(comparison):
    assert not any(" spent " in note for note in notes(comparison))
    first, *others = comparison.summaries
    early = dataclasses.replace(comparison, summaries=(dataclasses.replace(first, spent=60.0), *others))
    assert "`cma-es` spent 60 of its 135 traversals (median)." in notes(early)


def test_settings_that_are_not_the_defaults_are_named(comparison):
    assert not any("default settings" in note for note in notes(comparison))
    changed = dataclasses.replace(comparison, changed={"scenario.slope_deg": 5.0, "start": "learned"})
    assert "Not the default settings: scenario.slope_deg = 5.0, start = learned." in notes(changed)


def test_methods_that_learned_elsewhere_are_named(comparison):
    assert "2026-01-02, some machine." in notes(comparison)[2]
    elsewhere = dataclasses.replace(comparison, made=comparison.made | {"random-search": "2026-01-03, another"})
    assert notes(elsewhere)[2].endswith("cma-es: 2026-01-02, some machine; random-search: 2026-01-03, another.")


def test_the_table_in_words(comparison):
    first, second = table_rows(comparison)
    assert first == {
        "method": "cma-es",
        "seeds": "2",
        "at 100": "457 (450 to 465)",
        "at 135": "530 (520 to 540)",
        "to 90%": "125 (2 of 2)",
        "to 95%": "130 (2 of 2)",
        "gain": "+112% (+108 to +116)",
        "falls": "8 of 270",
        "evaluation falls": "1 of 40",
        "wall time": "100 s",
        "ask + tell": "0.075%",
    }
    assert (second["at 135"], second["to 90%"]) == ("330 (320 to 340)", "never (0 of 2)")


def test_the_notes_name_what_was_left_out_and_why(comparison):
    text = "\n".join(notes(comparison))
    for words in (
        "aibo-ers7 on field, 135 traversals per run. Speeds in mm/s: median and bootstrap 95 % interval",
        "measured by 20 evaluation walks, not used for learning; falls count as zero.",
        "Best known: 540 (cma-es, seed 2, after 135 traversals), measured by a second set of evaluation walks",
        "2026-01-02, some machine",
        "Left out: powell: an iteration takes 200 traversals, and the budget is 135.",
        "Failed: cma-es-3: ValueError: of its own.",
    ):
        assert words in text


def of_policies(comparison):
    """Return a comparison of algorithms with the same numbers, a thousandfold steps."""
    scale = {"points": tuple(1000 * point for point in POINTS), "since": tuple(1000 * point for point in POINTS)}
    scale |= {"spent": 136_000, "walks": 500, "overhead_s": math.nan}
    curves = tuple(dataclasses.replace(c, **scale) for c in comparison.curves)
    curves = tuple(
        dataclasses.replace(c, points=(0, 25_000, 50_000, 100_000, 135_000), scores=c.scores[:3] + c.scores[-2:])
        for c in (
            dataclasses.replace(c, since=(0, 25_000, 50_000, 98_000, 133_000), fresh_fell=(0,) * 5) for c in curves
        )
    )
    methods = dict.fromkeys(c.method for c in curves)
    summaries = tuple(
        summarize_method(
            [c for c in curves if c.method == method], Steps(135_000), 0.54, generator(1, Stream.COMPARISON)
        )
        for method in methods
    )
    best = BestKnown("ppo", 2, 133_000, 0.54)
    return dataclasses.replace(
        comparison, budget=Steps(135_000), curves=curves, summaries=summaries, best_known=best, left_out={}, failed={}
    )


def test_of_policies_the_table_counts_steps(comparison):
    policies = of_policies(comparison)
    first, _ = table_rows(policies)
    assert list(first) == [
        "method", "seeds", "at 25,000", "at 50,000", "at 100,000", "at 135,000", "to 90%", "to 95%", "gain", "falls",
        "evaluation falls", "wall time",
    ]  # fmt: skip
    assert (first["at 135,000"], first["to 90%"], first["falls"]) == (
        "530 (520 to 540)",
        "98,000 (2 of 2)",
        "8 of 1000",
    )
    text = "\n".join(notes(policies))
    for words in (
        "aibo-ers7 on field, 135,000 steps per run.",
        "for the policy recommended after that many steps, measured by 20 evaluation walks",
        "Best known: 540 (ppo, seed 2, after 133,000 steps)",
        "steps until a policy that good",
        "Gain: of the last policy over the gait alone. Falls: in the episodes of learning.",
    ):
        assert words in text
    paths = write_tables(policies)
    row = next(csv.DictReader(io.StringIO(paths["csv"].read_text())))
    assert (float(row["steps"]), float(row["gain_median"])) == (136_000, pytest.approx(0.53 / 0.25 - 1))
    assert "traversals" not in row
    point = next(csv.DictReader(io.StringIO(paths["curves"].read_text())))
    assert (point["steps"], point["since"]) == ("0", "0")
    assert comparison_plot(policies).is_file()


def test_of_falls_alone_there_is_a_table_too(comparison, tmp_path):
    curves = [dataclasses.replace(c, scores=(0.0,) * 7) for c in comparison.curves[:2]]
    summary = summarize_method(curves, Traversals(135), 0.0, generator(1, Stream.COMPARISON))
    best = dataclasses.replace(comparison.best_known, score=0.0)
    nothing = dataclasses.replace(comparison, curves=tuple(curves), summaries=(summary,), best_known=best)
    (row,) = table_rows(nothing)
    assert (row["at 135"], row["to 90%"], row["gain"]) == ("0", "-", "-")
    (line,) = (note for note in notes(nothing) if note.startswith("Best known: 0 ("))
    assert line.endswith("'to 90%' is measured only if it is above 0.")
    assert comparison_plot(nothing).is_file()


def test_the_coverage_of_an_interval_of_few_seeds_is_stated(comparison):
    """Against the share of samples, drawn by chance, whose interval holds the median."""
    rng = np.random.default_rng(1)
    for seeds in (2, 3, 4):
        curves = comparison.curves[:1] * seeds
        few = dataclasses.replace(
            comparison, summaries=(summarize_method(curves, Traversals(135), 0.5, generator(1, Stream.COMPARISON)),)
        )
        (line,) = (note for note in notes(few) if note.startswith("The interval of"))
        drawn = rng.standard_normal((400, seeds))
        held = np.mean([i.low <= 0 <= i.high for i in (median_interval(values, rng) for values in drawn)])
        assert float(line.split("%")[0].split()[-1]) / 100 == pytest.approx(held, abs=0.07)
    one = dataclasses.replace(
        comparison,
        summaries=(summarize_method(comparison.curves[:1], Traversals(135), 0.5, generator(1, Stream.COMPARISON)),),
    )
    assert "One seed has no interval." in notes(one)
    assert comparison_plot(one).is_file()


def test_another_score_is_shown_in_its_own_unit(comparison):
    other = dataclasses.replace(comparison, score=parse_score("speed - 0.5*sway"))
    assert table_rows(other)[0]["at 135"] == "0.530 (0.520 to 0.540)"
    assert table_rows(other)[0]["gain"] == "-"  # a score may be negative
    assert "Scores: speed - 0.5*sway: median" in notes(other)[0]
    assert "falls count as the worst possible" in notes(other)[0]


def test_the_files_hold_the_same_numbers(comparison):
    paths = write_tables(comparison)
    assert sorted(path.name for path in comparison.folder.iterdir()) == sorted(path.name for path in paths.values())
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
    assert path == comparison.folder / "comparison.png"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", (1080, 600))
        colors = {color for _, color in image.convert("RGB").getcolors(1 << 24)}
    assert {(31, 119, 180), (255, 127, 14)} <= colors  # a line for each method
    assert (44, 160, 44) not in colors
    assert [file.name for file in comparison.folder.iterdir()] == ["comparison.png"]


@pytest.fixture
def folder(ers7, tiny_field, tmp_path):
    settings = {"optimizers": "hill-climbing,cma-es", "traversals": 135, "seeds": 2}
    return create_comparison(plan(CompareSettings(robot=ers7, scenario=tiny_field, **settings)), tmp_path, PACES)


def read_runs(view):
    view.read_runs()


def shown(folder, console, reports, between=lambda view: None):
    with CompareProgressView(folder, 2, console) as view:
        for report in reports:
            view(report)
        between(view)
    return console.file.getvalue()


def test_where_there_is_no_terminal_each_end_of_a_run_is_a_plain_line(folder, make_console):
    first = folder.members[0]
    save_gait(Gait("aibo-ers7", first.config.start_gait, {"speed_mps": 0.4567}), first.best_path)
    reports = [
        ComparisonProgress("learning", 0, 4),
        ComparisonProgress("learning", 1, 4, "hill-climbing-1"),
        ComparisonProgress("learning", 2, 4, "cma-es-1", "ValueError: no"),
        *(ComparisonProgress("measuring", n, 40) for n in range(1, 41)),
    ]
    assert shown(folder, make_console(terminal=False), reports).splitlines() == [
        "hill-climbing-1: 457 mm/s (1 of 4 runs)",
        "cma-es-1: failed: ValueError: no (2 of 4 runs)",
        "evaluation: 40 walks",
    ]


def test_on_a_terminal_each_run_under_way_has_a_bar(folder, make_console):
    for run, done in zip(folder.members, (30, 12, 50, 0), strict=True):
        with run.open_store() as store:
            for repeat in range(done):
                store.add(Row(Place("learn", 0, 0, repeat), 0, (0.1,) * 12, WALK, 0.25, 0.1))
    text = shown(
        folder, make_console(terminal=True), [ComparisonProgress("learning", 0, 4)], lambda view: view.read_runs()
    )
    last = text[text.rindex("runs ") :]
    assert "hill-climbing-1" in last
    assert "30/135" in last
    assert "cma-es-1" in last
    assert "12/135" in last
    assert "hill-climbing-2" not in last  # there are two workers


def test_a_damaged_training_does_not_keep_the_others_from_being_shown(ers7, tiny_field, tmp_path, make_console):
    made = CompareSettings(robot=ers7, scenario=tiny_field, algorithms="ppo,reinforce", steps=20_000, seeds=1)
    damaged, good = (folder := create_comparison(plan(made), tmp_path, PACES)).members
    damaged.policy_path.write_bytes(b"damaged")
    with pytest.raises(InputError):
        print(damaged.result)
    good.write_progress([{"iteration": 1, "steps": 8192, "episodes": 3}])
    text = shown(folder, make_console(terminal=True), [], lambda view: view.read_runs())
    assert "reinforce-1" in text
    assert "8192/20000" in text


def test_trainings_are_shown_like_runs(ers7, tiny_field, tmp_path, make_console):
    settings = {"algorithms": "ppo,reinforce", "steps": 20_000, "seeds": 1}
    folder = create_comparison(plan(CompareSettings(robot=ers7, scenario=tiny_field, **settings)), tmp_path, PACES)
    for training, done in zip(folder.members, (8192, 24_000), strict=True):
        training.write_progress([{"iteration": 1, "steps": done, "episodes": 3}])
    text = shown(
        folder, make_console(terminal=True), [ComparisonProgress("learning", 0, 2)], lambda view: view.read_runs()
    )
    assert "8192/20000" in text
    assert "reinforce-1" not in text  # it is walking its own evaluation walks
    policy = new_policy(folder.members[0].config, folder.members[0].config.environment())
    about = {"observation": ("x",) * policy.observation_size, "action": ("y",) * policy.actions}
    origin = {"gait_speed_mps": 0.25, "speed_mps": 0.3456}
    gait = vars(folder.members[0].config.start_gait)
    settings = {"robot": "aibo-ers7", "scenario": "field", "gait": gait, "interface": Interface(), "origin": origin}
    TrainedPolicy(policy, AboutPolicy(**settings, **about)).save(folder.members[0].policy_path)
    reports = [ComparisonProgress("learning", 1, 2, "ppo-1")]
    assert shown(folder, make_console(terminal=False), reports) == "ppo-1: 346 mm/s, the gait alone 250 (1 of 2 runs)\n"


def test_what_a_comparison_says_can_be_shown(ers7, tiny_field, tmp_path):
    """With physics, but hardly any."""
    settings = {"optimizers": "kohl-stone", "options": {"kohl-stone": {"policies": 2, "repeats": 1}}}
    small = CompareSettings(robot=ers7, scenario=tiny_field, **settings, traversals=2, seeds=1, fresh=2)
    comparison = run_comparison(create_comparison(plan(small), tmp_path, {}), 1)
    assert {path.name for path in write_tables(comparison).values()} == {
        "comparison.csv",
        "comparison.md",
        "curves.csv",
    }
    assert comparison_plot(comparison).is_file()
