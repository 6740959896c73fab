"""The picture of a comparison: the score of what each method recommends, over the budget spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gaitopt.run.compare.results import Comparison, median_interval
from gaitopt.view.compare.table import FEW
from gaitopt.view.figure import figure_file
from gaitopt.view.scores import score_label, score_number, score_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = "comparison.png"
COLORS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:pink")
STYLES = ("-", "--", ":")


def comparison_plot(comparison: Comparison, path: Path | None = None) -> Path:
    """Draw every method's median over seeds with its bootstrap 95 % band; write it, by default into the folder."""
    score, path = comparison.score, path or comparison.folder / PICTURE
    with figure_file(path, 9, 5) as figure:
        axes = figure.add_subplot()
        _draw_methods(axes, comparison)
        best = comparison.best_known.score
        label = f"best known: {score_number(best, score)}"
        axes.axhline(score_scale(score) * best, color="tab:gray", linestyle=":", linewidth=1, label=label)
        what = "speed" if score.is_speed else "score"
        axes.set(
            title=f"{comparison.title}: {what} of the recommended {comparison.budget.learned} in evaluation walks",
            xlabel=comparison.budget.label,
            ylabel=score_label(score),
            xlim=(0, comparison.budget.amount),
        )
        axes.grid(alpha=0.3)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title=_legend_title(comparison))
    return path


def _draw_methods(axes: Axes, comparison: Comparison) -> None:
    scale, rng = score_scale(comparison.score), np.random.default_rng(0)
    for place, summary in enumerate(comparison.summaries):
        curves = [curve for curve in comparison.curves if curve.method == summary.method]
        points = curves[0].points
        bands = [median_interval([curve.scores[i] for curve in curves], rng) for i in range(len(points))]
        color, style = COLORS[place % len(COLORS)], STYLES[place // len(COLORS) % len(STYLES)]
        label = f"{summary.method}: {score_number(bands[-1].median, comparison.score)}"
        axes.plot(points, [scale * band.median for band in bands], style, color=color, marker=".", label=label)
        low, high = [scale * band.low for band in bands], [scale * band.high for band in bands]
        axes.fill_between(points, low, high, color=color, alpha=0.12, linewidth=0)


def _legend_title(comparison: Comparison) -> str:
    counts = sorted({summary.seeds for summary in comparison.summaries})
    if counts == [1]:
        return "one seed"
    seeds = " to ".join(dict.fromkeys(str(count) for count in (counts[0], counts[-1])))
    return f"median and {'95 % band' if counts[0] >= FEW else 'range'}\nover {seeds} seeds"
