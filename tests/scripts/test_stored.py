"""Comparisons that are stored and joined, against the same methods compared at once."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gaitopt.run.compare.budget import Traversals
from gaitopt.run.compare.results import BestKnown, Comparison, Curve, summarize_methods
from gaitopt.scenario.objective import SPEED

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "study"))
from common import stored

BUDGET = Traversals(100)
TOPS = {"powell": 0.4, "cma-es": 0.6, "bfgs": 0.5}


def compared(*methods, best="cma-es", made="today", seeds=(1, 2, 3), path=Path()):
    """Return a comparison whose methods rise to their tops; the best gait is measured again, a bit lower."""
    points = BUDGET.points()
    curves = tuple(
        Curve(
            method,
            seed,
            points,
            points,
            tuple(0.2 + (TOPS[method] - 0.2) * point / 100 + 0.01 * seed for point in points),
            (0,) * len(points),
            100,
            100,
            seed,
            9.0,
            0.1,
        )
        for seed in seeds
        for method in methods
    )
    known = BestKnown(best, 3, 100, TOPS[best] + 0.02)
    return Comparison(
        folder=path,
        title="a robot on a field",
        changed={"scenario.slope_deg": 5.0} | {f"{method}.repeats": 2 for method in methods},
        made=dict.fromkeys(methods, made),
        score=SPEED,
        budget=BUDGET,
        fresh=20,
        curves=curves,
        summaries=summarize_methods(curves, BUDGET, known.score, 1),
        best_known=known,
        left_out={},
        failed={},
    )


def test_what_is_written_is_read_again(tmp_path):
    comparison, halves = compared("powell", "cma-es", path=tmp_path), {"powell": [0.9, 1.0]}
    stored.write(comparison, halves, tmp_path / "comparison.json")
    assert stored.read(tmp_path / "comparison.json") == (comparison, halves)


@pytest.mark.parametrize("parts", [(("powell", "cma-es"), ("bfgs",)), (("bfgs",), ("cma-es", "powell"))])
def test_joined_parts_are_the_whole(parts):
    """The best known gait is in either part; both are compared with it."""
    old, new = (compared(*part, best="cma-es" if "cma-es" in part else "bfgs") for part in parts)
    both, whole = stored.joined(old, new), compared("powell", "cma-es", "bfgs")
    assert (both.summaries, both.best_known) == (whole.summaries, whole.best_known)
    assert set(both.curves) == set(whole.curves)
    assert both.made == whole.made
    assert both.changed == whole.changed


def test_a_method_measured_again_replaces_itself():
    old = compared("powell", "cma-es", made="yesterday")
    new = compared("powell", best="powell")
    better = replace(new, curves=tuple(replace(c, fell=77) for c in new.curves), changed={"scenario.slope_deg": 5.0})
    both = stored.joined(old, better)
    assert [c.fell for c in both.curves if c.method == "powell"] == [77] * 3
    assert both.made == {"cma-es": "yesterday", "powell": "today"}
    assert len(both.summaries) == 2
    assert both.changed == {"scenario.slope_deg": 5.0, "cma-es.repeats": 2}


@pytest.mark.parametrize("change", [{"title": "another"}, {"fresh": 10}, {"budget": Traversals(200)}, {"changed": {}}])
def test_what_was_measured_differently_is_not_joined(change):
    with pytest.raises(ValueError, match=f"{next(iter(change))} is"):
        stored.joined(replace(compared("powell", best="powell"), **change), compared("bfgs", best="bfgs"))


def test_other_seeds_are_not_joined():
    with pytest.raises(ValueError, match="seeds is"):
        stored.joined(compared("powell", best="powell", seeds=(1, 2)), compared("bfgs", best="bfgs"))
