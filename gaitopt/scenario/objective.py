"""The objective of learning: the score of a traversal, a weighted sum of its measures.

Given as a table `[score]` of weights in a scenario, or as text: `speed - 0.5*sway`. The grammar:

    score = [sign] term { sign term }
    term  = [number "*"] name ["*" number]
    sign  = "+" | "-"

The text is parsed by this grammar and never run as code.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, model_validator

from gaitopt.errors import InputError, unknown_name
from gaitopt.spec import Real, Spec, parse_spec

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TERM = re.compile(
    rf"(?P<sign>[+-])?\s*(?:(?P<before>{_NUMBER})\s*\*\s*)?(?P<name>[A-Za-z_]\w*)(?:\s*\*\s*(?P<after>{_NUMBER}))?\s*"
)


SMALLEST, LARGEST = 1e-6, 1e6
"""Range of the size of a weight that is not 0: optimizers compute squares of scores, which must stay meaningful."""
Weight = Annotated[Real, Field(ge=-LARGEST, le=LARGEST)]


class ScoreSpec(Spec):
    """Weight of each term; the score is the weighted sum. Higher is better."""

    speed: Weight = 0.0
    """Weight of the speed [1 / (m/s)]."""
    sway: Weight = 0.0
    """Weight of the sway, the root of the sum of the squared standard deviations of roll and pitch [1/rad]."""
    roll: Weight = 0.0
    """Weight of the standard deviation of the roll [1/rad]."""
    pitch: Weight = 0.0
    """Weight of the standard deviation of the pitch [1/rad]."""
    energy: Weight = 0.0
    """Weight of the mechanical work per meter of distance [1 / (J/m)]."""
    power: Weight = 0.0
    """Weight of the mean electrical power [1/W]."""
    drift: Weight = 0.0
    """Weight of the sideways drift, to either side [1/m]."""

    @model_validator(mode="after")
    def _has_weights(self) -> ScoreSpec:
        if not self.weights:
            raise ValueError(f"all weights are 0; give at least one of {', '.join(TERMS)}")
        for name, weight in self.weights.items():
            if abs(weight) < SMALLEST:
                raise ValueError(f"{name}: got {weight:g}; expected 0 or a size of at least {SMALLEST:g}")
        return self

    @property
    def weights(self) -> dict[str, float]:
        """Weights that are not 0, by term."""
        return {name: weight for name, weight in self.model_dump().items() if weight != 0}

    @property
    def is_speed(self) -> bool:
        """Whether the score is the speed and nothing else."""
        return self.weights == {"speed": 1.0}

    def __str__(self) -> str:
        """Return the text that `parse_score` reads: `speed - 0.5*sway`."""
        text = ""
        for name, weight in self.weights.items():
            sign = "-" if weight < 0 else "+"
            factor = "" if abs(weight) == 1 else f"{abs(weight)!r}*"
            text += f" {sign} {factor}{name}" if text else f"{'-' if weight < 0 else ''}{factor}{name}"
        return text


TERMS = tuple(ScoreSpec.model_fields)
"""Names of the terms."""
SPEED = ScoreSpec(speed=1.0)
"""The default score."""


def parse_score(text: str) -> ScoreSpec:
    """Return the score that a text describes; the weights of a repeated name add up.

    Raises:
        InputError: an unknown name, a syntax error, or weights out of range.
    """
    weights: dict[str, float] = {}
    left = text.strip()
    while left or not weights:
        term = _TERM.match(left)
        if term is None or not (term["sign"] or not weights):
            raise InputError(
                f"score {text!r}: {f'{left!r} cannot be read' if left else 'it is empty'}; "
                f"expected a weighted sum of {', '.join(TERMS)}, such as 'speed - 0.5*sway'"
            )
        name = term["name"]
        if name not in TERMS:
            raise InputError(f"score {text!r}: {unknown_name('term', name, TERMS)}")
        factor = float(term["before"] or 1) * float(term["after"] or 1)
        weights[name] = weights.get(name, 0.0) + (-factor if term["sign"] == "-" else factor)
        left = left[term.end() :]
    return parse_spec(ScoreSpec, weights, f"score {text!r}")
