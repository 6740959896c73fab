"""The learning curve of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gaitopt.run.learn.folder import RunFolder
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.view.figure import figure_file
from gaitopt.view.scores import score_label, score_number, score_scale
from gaitopt.walk.evaluation import Evaluation, summarize
from gaitopt.walk.traversal import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEARNING_CURVE = "learning_curve.png"


def learning_curve(run: RunFolder) -> Path:
    """Draw the score of every candidate over traversals, write the picture into the run's folder, return its path.

    Dots are candidates (means of their repeats), the line is the mean of an iteration, bands are the evaluation walks
    of start and learned gait.
    """
    with run.open_store() as store:
        rows = store.rows("learn")
        walks = {purpose: [row.traversal for row in store.rows(purpose)] for purpose in ("start", "best")}
    iteration = np.array([row.place.iteration for row in rows])
    candidate = np.array([row.place.candidate for row in rows])
    spec = run.config.score
    scores = np.array([row.score for row in rows]) * score_scale(spec)
    fell = np.array([row.traversal.status is Status.FELL for row in rows])
    done = np.arange(1, len(rows) + 1)
    groups = [
        np.flatnonzero((iteration == i) & (candidate == c))
        for i, c in sorted(set(zip(iteration, candidate, strict=True)))
    ]
    steps = np.unique(iteration)
    path = run.path / LEARNING_CURVE
    with figure_file(path, 8, 4.8) as figure:
        axes = figure.add_subplot()
        axes.scatter(
            [done[g].mean() for g in groups],
            [scores[g].mean() for g in groups],
            s=12,
            c=["tab:red" if fell[g].any() else "tab:blue" for g in groups],
            alpha=0.5,
            label="candidate (red: fell at least once)",
        )
        axes.plot(
            [done[iteration == i].mean() for i in steps],
            [scores[iteration == i].mean() for i in steps],
            "k-",
            label="mean of an iteration",
        )
        for purpose, color in (("start", "tab:gray"), ("best", "tab:green")):
            if walks[purpose]:
                _mark(axes, summarize(walks[purpose], spec), purpose, color, spec)
        config = run.config
        axes.set(
            title=f"{config.robot.title}: {config.optimizer} on {config.scenario.name}, seed {config.seed}",
            xlabel="traversals",
            ylabel=score_label(spec),
        )
        if spec.is_speed:
            axes.set_ylim(0, None)
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
    return path


def _mark(axes: Axes, evaluation: Evaluation, purpose: str, color: str, spec: ScoreSpec) -> None:
    """Draw what the evaluation walks of a gait measured."""
    low, high = (end * score_scale(spec) for end in evaluation.score_ci95)
    unit = " mm/s" if spec.is_speed else ""
    name = "start" if purpose == "start" else "learned"
    label = f"{name}: {score_number(evaluation.score, spec)}{unit} (evaluation walks, 95 % interval)"
    axes.axhline(evaluation.score * score_scale(spec), color=color, linestyle="--", label=label)
    axes.axhspan(low, high, color=color, alpha=0.25)
