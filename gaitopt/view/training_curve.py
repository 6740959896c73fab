"""The picture of a training, drawn with matplotlib without a screen."""

from __future__ import annotations

from pathlib import Path

from gaitopt.run.train.folder import TrainFolder
from gaitopt.view.whole_file import whole_file

CURVE = "training_curve.png"
BELOW = ("entropy", "approximate_kl", "clip_fraction", "explained_variance", "td_error")
"""Metrics that are drawn where an algorithm tells them."""


def training_curve(run: TrainFolder) -> Path:
    """Draw mean return and metrics against steps, and write the picture into the run's folder."""
    from matplotlib.figure import Figure  # slow to import

    rows = run.read_progress()
    steps = [row["steps"] for row in rows]
    metrics = [name for name in BELOW if rows and name in rows[-1]]
    figure = Figure(figsize=(8, 3.6 + 1.3 * len(metrics)), layout="constrained")
    ratios = [3.0] + [1.0] * len(metrics)
    top, *others = figure.subplots(1 + len(metrics), 1, sharex=True, height_ratios=ratios, squeeze=False)[:, 0]
    top.plot(steps, [row["mean_return"] for row in rows], "k-")
    top.axhline(0.0, color="tab:gray", linestyle="--", label=f"the gait's pace, {run.config.pace_mps * 1e3:.0f} mm/s")
    top.set(ylabel="mean return of an episode [cm]")
    top.set_title(
        f"{run.config.algorithm}, {run.config.robot.name}, {run.config.scenario.name}, seed {run.config.seed}"
    )
    top.legend(loc="lower right")
    for axes, name in zip(others, metrics, strict=True):
        axes.plot(steps, [row[name] for row in rows], "tab:blue")
        axes.set(ylabel=name.replace("_", "\n"))
    (others[-1] if others else top).set(xlabel="environment steps")
    with whole_file(run.path / CURVE) as draft:
        figure.savefig(draft, dpi=110, format="png")
    return run.path / CURVE
