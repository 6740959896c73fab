"""Pictures of a run, drawn with matplotlib without a screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitopt.run.learn.folder import RunFolder
from gaitopt.scenario.objective import ScoreSpec
from gaitopt.view.whole_file import whole_file
from gaitopt.walk.evaluation import Evaluation, summarize
from gaitopt.walk.traversal import Status

CURVE = "learning_curve.png"


def learning_curve(run: RunFolder) -> Path:
    """Draw the score of every candidate against the traversals, and write it into the run's folder.

    Dots are candidates (means of their repeats), the line is the mean of an iteration, bands at the ends are the fresh
    traversals of start and winner.
    """
    from matplotlib.figure import Figure  # slow to import

    with run.open_store() as store:
        rows = store.rows("learn")
        fresh = {purpose: [row.traversal for row in store.rows(purpose)] for purpose in ("start", "best")}
    iteration = np.array([row.place.iteration for row in rows])
    candidate = np.array([row.place.candidate for row in rows])
    spec = run.config.score
    scale = 1e3 if spec.is_speed else 1.0
    scores = np.array([row.score for row in rows]) * scale
    fell = np.array([row.traversal.status is Status.FELL for row in rows])

    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.add_subplot()
    done = np.arange(1, len(rows) + 1)
    groups = [
        np.flatnonzero((iteration == i) & (candidate == c))
        for i, c in sorted(set(zip(iteration, candidate, strict=True)))
    ]
    axes.scatter(
        [done[g].mean() for g in groups],
        [scores[g].mean() for g in groups],
        s=12,
        c=["tab:red" if fell[g].any() else "tab:blue" for g in groups],
        alpha=0.5,
        label="candidate (red: fell at least once)",
    )
    steps = np.unique(iteration)
    axes.plot(
        [done[iteration == i].mean() for i in steps],
        [scores[iteration == i].mean() for i in steps],
        "k-",
        label="mean of an iteration",
    )
    for purpose, color in (("start", "tab:gray"), ("best", "tab:green")):
        if fresh[purpose]:
            _mark(axes, summarize(fresh[purpose], spec), purpose, color, spec)
    axes.set(
        title=f"{run.config.robot.title}: {run.config.optimizer} on {run.config.scenario.name}, seed {run.config.seed}",
        xlabel="traversals",
        ylabel="speed [mm/s]" if spec.is_speed else f"score: {spec}",
    )
    if spec.is_speed:
        axes.set_ylim(0, None)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    path = run.path / CURVE
    with whole_file(path) as draft:
        figure.savefig(draft, dpi=120)
    return path


def _mark(  # type: ignore[no-untyped-def]
    axes, evaluation: Evaluation, purpose: str, color: str, spec: ScoreSpec
) -> None:
    scale = 1e3 if spec.is_speed else 1.0
    low, high = (end * scale for end in evaluation.score_ci95)
    value = evaluation.score * scale
    words = f"{value:.0f} mm/s" if spec.is_speed else f"{value:.3f}"
    label = f"{'start' if purpose == 'start' else 'learned'}: {words} (fresh traversals, 95 % band)"
    axes.axhline(value, color=color, linestyle="--", label=label)
    axes.axhspan(low, high, color=color, alpha=0.25)
