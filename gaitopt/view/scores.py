"""Scores as people read them: speeds in mm/s, other scores as they are."""

from __future__ import annotations

from gaitopt.scenario.objective import ScoreSpec


def score_scale(spec: ScoreSpec) -> float:
    """Return the factor from a score to the number shown."""
    return 1e3 if spec.is_speed else 1.0


def score_label(spec: ScoreSpec) -> str:
    """Return the label of an axis of scores."""
    return "speed [mm/s]" if spec.is_speed else f"score: {spec}"


def score_number(score: float, spec: ScoreSpec) -> str:
    """Return a score, without its unit."""
    return f"{score * 1e3:.0f}" if spec.is_speed else f"{score:.3f}"
