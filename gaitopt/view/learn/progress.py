"""Live progress of a learning run: a bar for each stage on a terminal or in a notebook, plain lines elsewhere."""

from __future__ import annotations

import math

from gaitopt.run.learn.optimize import Progress
from gaitopt.view.progress_view import BarsView
from gaitopt.view.scores import score_number

STAGES = {"learning": "learning", "start": "start gait", "best": "learned gait"}


class LearnProgressView(BarsView):
    """Shows the reports of a learning run."""

    _iteration = 0
    """Number of iterations finished at the last report."""

    def __call__(self, progress: Progress) -> None:
        """Show how far the run is."""
        stage = STAGES[progress.stage]
        self._move(stage, progress.traversals, progress.budget, describe(progress, counted=False))
        if not self._live and self._worth_a_line(progress):
            self._print(f"{stage}: {describe(progress)}")

    def _worth_a_line(self, progress: Progress) -> bool:
        new_iteration = progress.iteration > self._iteration
        self._iteration = progress.iteration
        return new_iteration or (progress.stage != "learning" and progress.traversals == progress.budget)


def describe(progress: Progress, counted: bool = True) -> str:
    """Return the numbers of a report in words."""
    parts = [f"iteration {progress.iteration}"] if progress.stage == "learning" else []
    if counted:
        parts.append(f"{progress.traversals} of {progress.budget} traversals")
    if progress.per_second:
        parts.append(f"{progress.per_second:.1f}/s")
    if math.isfinite(progress.seconds_left):
        parts.append(f"{_clock(progress.seconds_left)} left")
    if progress.stage == "learning" and math.isfinite(progress.current_score):
        parts.append(_scores(progress))
    return ", ".join(parts)


def _scores(progress: Progress) -> str:
    now, best = (score_number(score, progress.score) for score in (progress.current_score, progress.best_score))
    unit = " mm/s" if progress.score.is_speed else f" of {progress.score}"
    return f"now {now}, highest {best}{unit}"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
