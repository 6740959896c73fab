"""The picture of a comparison: what each method recommends after so many traversals."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitopt.run.compare.results import Comparison, median_interval
from gaitopt.view.comparison_table import FEW
from gaitopt.view.whole_file import whole_file

PICTURE = "comparison.png"
COLORS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:pink")
STYLES = ("-", "--", ":")


def comparison_plot(comparison: Comparison, path: Path | None = None) -> Path:
    """Draw the median over seeds of every method with its bootstrap 95 % band; write it, usually into the folder."""
    from matplotlib.figure import Figure  # slow to import

    scale = 1e3 if comparison.score.is_speed else 1.0
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    rng = np.random.default_rng(0)
    for place, summary in enumerate(comparison.summaries):
        curves = [curve for curve in comparison.curves if curve.method == summary.method]
        points = curves[0].points
        bands = [median_interval([curve.scores[i] for curve in curves], rng) for i in range(len(points))]
        color, style = COLORS[place % len(COLORS)], STYLES[place // len(COLORS) % len(STYLES)]
        medians = [scale * band.median for band in bands]
        axes.plot(points, medians, style, color=color, marker=".", label=f"{summary.method}: {_words(medians[-1])}")
        axes.fill_between(
            points,
            [scale * band.low for band in bands],
            [scale * band.high for band in bands],
            color=color,
            alpha=0.12,
            linewidth=0,
        )
    best = scale * comparison.best_known.score
    axes.axhline(best, color="tab:gray", linestyle=":", linewidth=1, label=f"best known: {_words(best)}")
    axes.set(
        title=f"{comparison.title}: what is recommended, measured by fresh traversals",
        xlabel=comparison.budget.label,
        ylabel="speed [mm/s]" if comparison.score.is_speed else f"score: {comparison.score}",
        xlim=(0, comparison.budget.amount),
    )
    axes.grid(alpha=0.3)
    counts = sorted({summary.seeds for summary in comparison.summaries})
    seeds = " to ".join(dict.fromkeys(str(count) for count in (counts[0], counts[-1])))
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        title="one seed" if counts == [1] else f"median and {_band(counts[0])}\nover {seeds} seeds",
    )
    path = path or comparison.study / PICTURE
    with whole_file(path) as draft:
        figure.savefig(draft, dpi=120)
    return path


def _band(seeds: int) -> str:
    return "95 % band" if seeds >= FEW else "range"


def _words(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 or value == 0 else f"{value:.3f}"
