"""The training curve of a policy: its return and the algorithm's metrics over environment steps."""

from __future__ import annotations

from pathlib import Path

from gaitopt.run.train.folder import TrainFolder
from gaitopt.view.figure import figure_file

TRAINING_CURVE = "training_curve.png"
METRICS = ("entropy", "approximate_kl", "clip_fraction", "explained_variance", "td_error")
"""Metrics that are drawn, if the algorithm reports them."""


def training_curve(run: TrainFolder) -> Path:
    """Draw mean return and metrics over steps, write the picture into the run's folder, return its path."""
    config, rows = run.config, run.read_progress()
    steps = [row["steps"] for row in rows]
    metrics = [name for name in METRICS if rows and name in rows[-1]]
    path = run.path / TRAINING_CURVE
    with figure_file(path, 8, 3.6 + 1.3 * len(metrics)) as figure:
        ratios = [3.0] + [1.0] * len(metrics)
        top, *others = figure.subplots(1 + len(metrics), 1, sharex=True, height_ratios=ratios, squeeze=False)[:, 0]
        top.plot(steps, [row["mean_return"] for row in rows], "k.-", markersize=3)
        top.axhline(0.0, color="tab:gray", linestyle="--", label=f"gait alone, {run.pace_mps * 1e3:.0f} mm/s")
        top.set(ylabel="mean return of an episode [cm]")
        top.set_title(f"{config.robot.title}: {config.algorithm} on {config.scenario.name}, seed {config.seed}")
        top.legend(loc="lower right")
        for axes, name in zip(others, metrics, strict=True):
            axes.plot(steps, [row[name] for row in rows], ".-", color="tab:blue", markersize=3)
            axes.set(ylabel=name.replace("_", "\n"))
        (others[-1] if others else top).set(xlabel="environment steps")
    return path
