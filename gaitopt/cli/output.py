"""Output of a verb: text for people, or one JSON object for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaitopt.run.learn.noise import Noise
    from gaitopt.scenario.objective import ScoreSpec
    from gaitopt.walk.evaluation import Evaluation


@dataclass(frozen=True)
class Answer:
    """Result of a verb."""

    data: dict[str, Any]
    """For `--json`."""
    text: str
    """For people."""
    exit_code: int = 0


def claim_stdout() -> int:
    """Reserve standard output for one JSON object: anything else printed there goes to standard error.

    Returns the descriptor to write the object to. It works below Python, so it holds for libraries in C and workers.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def write_json(descriptor: int, data: dict[str, Any]) -> None:
    """Write one JSON object and close the descriptor; nan, which JSON lacks, becomes null."""
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        finite = json.loads(json.dumps(data), parse_constant=lambda name: None)
        stream.write(json.dumps(finite, allow_nan=False) + "\n")


def say(text: str, end: str = "\n") -> None:
    """Print something for people at once, on standard error."""
    print(text, end=end, file=sys.stderr, flush=True)


def interrupted(folder: Path, done: str, **data: Any) -> Answer:
    """Return the output of an experiment that was interrupted: what was done, and how to continue."""
    text = f"interrupted after {done}\ncontinue with: gaitopt resume {folder}"
    return Answer({"interrupted": True, **data, "run": str(folder)}, text, exit_code=130)


def speed_line(evaluation: Evaluation) -> str:
    """Return an evaluation's speed as text."""
    low, high = (end * 1e3 for end in evaluation.speed_ci95_mps)
    return (
        f"{evaluation.speed_mps * 1e3:.0f} mm/s (95 % interval {low:.0f} to {high:.0f}; "
        f"{evaluation.finished} of {evaluation.repeats} evaluation walks finished, {evaluation.fell} fell)"
    )


def gain_lines(**evaluations: Evaluation) -> list[str]:
    """Return the speeds of two evaluations by their labels, and the gain from the first to the second."""
    lines = [f"{label:10}{speed_line(evaluation)}" for label, evaluation in evaluations.items()]
    before, after = (evaluation.speed_mps for evaluation in evaluations.values())
    return [*lines, f"gain      {after / before - 1:+.0%}"] if before > 0 else lines


def score_words(evaluation: Evaluation) -> str:
    """Return an evaluation's score as text, where it is not the speed."""
    low, high = evaluation.score_ci95
    return f"{evaluation.score:.3f} (95 % interval {low:.3f} to {high:.3f})"


def noise_line(noise: Noise, score: ScoreSpec) -> str:
    """Return the noise of traversals, as a line of a report."""
    falls = f"{noise.fell} of {noise.traversals} traversals fell"
    if noise.std is None:
        return f"noise     unknown: no gait walked twice; {falls}"
    size = f"{noise.std * 1e3:.1f} mm/s" if score.is_speed else f"{noise.std:.3f}"
    return (
        f"noise     {size} from one traversal of a gait to the next "
        f"(standard deviation, {noise.degrees_of_freedom} degrees of freedom); {falls}"
    )


def artefact_lines(evaluation: Evaluation) -> list[str]:
    """Return the artefacts, one line each."""
    return [f"artefact  {line}" for line in evaluation.artefacts] or ["artefacts none"]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows, all with the same keys, under a header of their keys."""
    head = list(rows[0])
    cells = [head, *([_cell(row[key]) for key in head] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
