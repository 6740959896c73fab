"""The results of a comparison as tables, for people (text, Markdown) and for programs (CSV)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gaitopt.run.compare.results import Comparison, Interval, Reach
from gaitopt.toml import write_atomic
from gaitopt.view.scores import score_number

EARLY = 0.95
"""Share of the budget; a note names the methods that spent less."""
FEW = 5
"""Number of seeds; with fewer, the interval is far from 95 %, see `_few`. (With five it covers 94 %.)"""
TABLE, MARKDOWN, CURVES = "comparison.csv", "comparison.md", "curves.csv"
TABLES = {"csv": TABLE, "markdown": MARKDOWN, "curves": CURVES}
"""Names of the files by kind."""


def write_tables(comparison: Comparison) -> dict[str, Path]:
    """Write comparison.csv, comparison.md and curves.csv into the comparison's folder; return their paths by kind."""
    paths = {kind: comparison.folder / name for kind, name in TABLES.items()}
    write_atomic(paths["csv"], _csv(summary_records(comparison)))
    write_atomic(paths["markdown"], markdown(comparison))
    write_atomic(paths["curves"], _csv(curve_records(comparison)))
    return paths


def table_rows(comparison: Comparison) -> list[dict[str, str]]:
    """Return the table as text, one row per method, the best first."""
    rows = []
    for method in comparison.summaries:
        row = {"method": method.method, "seeds": str(method.seeds)}
        row |= {f"at {point:,}": _interval(comparison, interval) for point, interval in method.at.items()}
        row |= {f"to {part:.0%}": _reach(reach, method.seeds) for part, reach in method.reach.items()}
        row |= {
            "gain": _gain(comparison, method.gain),
            "falls": f"{method.fell} of {method.learned_in}",
            "evaluation falls": f"{method.fresh_fell} of {comparison.fresh * method.seeds}",
            "wall time": f"{method.wall_s:.0f} s",
        }
        row |= {} if math.isnan(method.overhead) else {"ask + tell": f"{100 * method.overhead:.2g}%"}
        rows.append(row)
    return rows


def notes(comparison: Comparison) -> list[str]:
    """Return the notes below the table, one or more sentences a line."""
    best, budget = comparison.best_known, comparison.budget
    who = f"{best.method}, seed {best.seed}, after {best.since:,} {budget.unit}" if best.since else budget.start
    unit = "Speeds in mm/s" if comparison.score.is_speed else f"Scores: {comparison.score}"
    worst = "falls count as zero" if comparison.score.is_speed else "falls count as the worst possible"
    lines = [
        f"{comparison.title}, {budget.amount:,} {budget.unit} per run. {unit}: median and bootstrap 95 % interval over "
        f"seeds for the {budget.learned} recommended after that many {budget.unit}, measured by {comparison.fresh} "
        f"evaluation walks, not used for learning; {worst}.",
        f"Best known: {_value(comparison, best.score)} ({who}), measured by a second set of evaluation walks, because "
        "the walks that pick a winner flatter it; higher values in the table are possible. "
        f"'to 90%': {budget.unit} until a {budget.learned} that good was first recommended, among those at the points "
        "of the figure; median, and number of seeds that got there.",
        f"Gain: of the last {budget.learned} over {budget.start}. Falls: in the {budget.walks} of learning. "
        "Wall time: of one run in one process, other load on the machine included. "
        f"{_made(comparison.made)}.",
    ]
    if best.score <= 0:
        lines[1] = f"Best known: {_value(comparison, best.score)} ({who}); 'to 90%' is measured only if it is above 0."
    if comparison.changed:
        changed = ", ".join(f"{key} = {value}" for key, value in comparison.changed.items())
        lines.append(f"Not the default settings: {changed}.")
    lines += [_few(seeds) for seeds in sorted({method.seeds for method in comparison.summaries}) if seeds < FEW]
    lines += [
        f"`{method.method}` spent {method.spent:,.0f} of its {budget.amount:,} {budget.unit} (median)."
        for method in comparison.summaries
        if method.spent < EARLY * budget.amount
    ]
    lines += [f"Left out: {method}: {reason}." for method, reason in comparison.left_out.items()]
    return lines + [f"Failed: {run}: {reason}." for run, reason in comparison.failed.items()]


def _few(seeds: int) -> str:
    """Return the coverage of the interval of few seeds: all n lie on one side of the true median in 2 of 2^n cases."""
    if seeds == 1:
        return "One seed has no interval."
    return (
        f"The interval of {seeds} seeds is their range, and covers the true median with a probability of only "
        f"{1 - 2 * 0.5**seeds:.0%}."
    )


def markdown(comparison: Comparison) -> str:
    """Return table and notes as Markdown."""
    rows = table_rows(comparison)
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *(list(row.values()) for row in rows)]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{text}\n\n" + "\n".join(f"{note}\n" for note in notes(comparison))


def summary_records(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the table as numbers: scores in their own unit (speeds in m/s), `inf` where a score was never reached."""
    records = []
    for method in comparison.summaries:
        record: dict[str, Any] = {"method": method.method, "seeds": method.seeds, "score": str(comparison.score)}
        for point, interval in method.at.items():
            record |= {f"at_{point}_{name}": getattr(interval, name) for name in ("median", "low", "high")}
        for part, reach in method.reach.items():
            record |= {f"to_{part:.0%}".replace("%", "_percent") + "_median": reach.median}
            record |= {f"to_{part:.0%}".replace("%", "_percent") + "_reached": reach.reached}
        record |= {f"gain_{name}": getattr(method.gain, name) for name in ("median", "low", "high")}
        record |= {comparison.budget.unit: method.spent, "falls": method.fell, "learned_in": method.learned_in}
        record |= {"fresh_falls": method.fresh_fell, "wall_s": method.wall_s, "ask_tell_share": method.overhead}
        records.append(record)
    return records


def curve_records(comparison: Comparison) -> list[dict[str, Any]]:
    """Return all points of all curves as numbers."""
    unit = comparison.budget.unit
    return [
        {"method": c.method, "seed": c.seed, unit: point, "since": since, "score": score, "fresh_falls": fell}
        for c in comparison.curves
        for point, since, score, fell in zip(c.points, c.since, c.scores, c.fresh_fell, strict=True)
    ]


def _made(made: Mapping[str, str]) -> str:
    """Return when and on which machine methods learned; once, if it is the same for all."""
    times = dict.fromkeys(made.values())
    if len(times) == 1:
        return next(iter(times))
    return "; ".join(f"{', '.join(method for method, when in made.items() if when == time)}: {time}" for time in times)


def _csv(records: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _value(comparison: Comparison, score: float) -> str:
    return score_number(score, comparison.score)


def _interval(comparison: Comparison, interval: Interval) -> str:
    median, low, high = (_value(comparison, end) for end in (interval.median, interval.low, interval.high))
    return median if low == high else f"{median} ({low} to {high})"


def _gain(comparison: Comparison, gain: Interval) -> str:
    """Return a gain in words; a dash for scores that may be negative."""
    if math.isnan(gain.median) or not comparison.score.is_speed:
        return "-"
    median, low, high = (f"{round(100 * end):+d}" for end in (gain.median, gain.low, gain.high))
    return f"{median}%" if low == high else f"{median}% ({low} to {high})"


def _reach(reach: Reach, seeds: int) -> str:
    if math.isnan(reach.median):
        return "-"
    return f"{'never' if math.isinf(reach.median) else f'{math.ceil(reach.median):,}'} ({reach.reached} of {seeds})"
