"""Comparisons stored as JSON, so that a method can be added, or measured again, without the others."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from gaitopt.run.compare.budget import Budget, Traversals
from gaitopt.run.compare.results import BestKnown, Comparison, Curve, MethodSummary, summarize_methods
from gaitopt.scenario.objective import parse_score


def write(comparison: Comparison, halves: dict[str, list[float]], path: Path) -> None:
    """Write what a comparison of optimizers measured, and what gaits keep of their speed at half the time step."""
    table = {
        "title": comparison.title,
        "changed": comparison.changed,
        "made": comparison.made,
        "score": str(comparison.score),
        "traversals": comparison.budget.amount,
        "fresh": comparison.fresh,
        "best_known": asdict(comparison.best_known),
        "half_time_step": halves,
        "left_out": comparison.left_out,
        "failed": comparison.failed,
    }
    curves = ",\n".join(json.dumps(asdict(curve)) for curve in comparison.curves)  # a line each, for diffs
    path.write_text(f'{json.dumps(table, indent=1)[:-2]},\n "curves": [\n{curves}\n]}}\n', encoding="utf-8")


def read(path: Path) -> tuple[Comparison, dict[str, list[float]]]:
    """Return what `write` wrote."""
    table = json.loads(path.read_text(encoding="utf-8"))
    best, budget = BestKnown(**table["best_known"]), Traversals(table["traversals"])
    curves = tuple(
        Curve(**{key: tuple(value) if isinstance(value, list) else value for key, value in curve.items()})
        for curve in table["curves"]
    )
    comparison = Comparison(
        folder=path.parent,
        title=table["title"],
        changed=table.get("changed", {}),
        made=table["made"],
        score=parse_score(table["score"]),
        budget=budget,
        fresh=table["fresh"],
        curves=curves,
        summaries=_summaries(curves, budget, best),
        best_known=best,
        left_out=table["left_out"],
        failed=table["failed"],
    )
    return comparison, table["half_time_step"]


def joined(old: Comparison, new: Comparison) -> Comparison:
    """Return one comparison with the methods of both; those of the new one replace those of the old one.

    Raises:
        ValueError: they were not measured in the same way.
    """
    for name, ours, theirs in zip(
        ("title", "score", "budget", "fresh", "seeds", "changed"), _alike(old), _alike(new), strict=True
    ):
        if ours != theirs:
            raise ValueError(f"{old.folder}: {name} is {ours}, but {theirs} in {new.folder}; they cannot be compared")
    measured_again = set(new.made) | set(new.left_out)
    curves = tuple(curve for curve in old.curves if curve.method not in measured_again) + new.curves
    # Each was measured by walks that did not choose it. It can be reached, whoever found it: it counts even if its
    # method has been measured again since.
    best = max(old.best_known, new.best_known, key=lambda known: known.score)
    return replace(
        new,
        changed={key: value for key, value in old.changed.items() if key.partition(".")[0] not in measured_again}
        | new.changed,
        made={method: made for method, made in old.made.items() if method not in measured_again} | new.made,
        curves=curves,
        summaries=_summaries(curves, new.budget, best),
        best_known=best,
        left_out={method: why for method, why in old.left_out.items() if method not in measured_again} | new.left_out,
        failed={run: why for run, why in old.failed.items() if run.rpartition("-")[0] not in measured_again}
        | new.failed,
    )


def _summaries(curves: tuple[Curve, ...], budget: Budget, best: BestKnown) -> tuple[MethodSummary, ...]:
    return summarize_methods(curves, budget, best.score, min(curve.seed for curve in curves))


def _alike(comparison: Comparison) -> tuple:
    """Return what must be equal for two comparisons to be joined."""
    seeds = sorted({curve.seed for curve in comparison.curves})
    methods = {*comparison.made, *comparison.left_out}
    shared = {key: value for key, value in comparison.changed.items() if key.partition(".")[0] not in methods}
    return comparison.title, str(comparison.score), comparison.budget.amount, comparison.fresh, seeds, shared
