"""Settings of a lab experiment: a small problem, and the algorithm that learns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from gaitopt.errors import InputError, unknown_name
from gaitopt.rl.algorithms.catalog import ALGORITHMS, resolve_options
from gaitopt.rl.mdps.catalog import find_problem
from gaitopt.run.settings.base import Name, Seed
from gaitopt.spec import Count, Spec


class LabSettings(Spec):
    """Settings of a lab experiment."""

    kind: ClassVar[str] = "lab"
    error_source: ClassVar[str | None] = ""

    problem: str
    """Problem; see `gaitopt list problems`."""
    algorithm: str
    """Algorithm; see `gaitopt list algorithms`."""
    options: dict[str, Any]
    """Options of the algorithm (default: those that suit the problem)."""
    steps: Count
    """Steps after which learning stops (default: the problem's own number)."""
    seed: Seed = 0
    """Random seed."""
    name: Name
    """Name of the experiment's folder."""

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or not {"problem", "algorithm"} <= set(given):
            return given
        values = {name: value for name, value in given.items() if value is not None}
        problem, algorithm = find_problem(given["problem"]), given["algorithm"]
        if algorithm not in ALGORITHMS:
            raise unknown_name("algorithm", algorithm, ALGORITHMS)
        if algorithm not in problem.options:
            learn = ", ".join(problem.options)
            raise InputError(f"{algorithm} cannot learn {given['problem']}; choose one of {learn}")
        own = {name: None if value == "none" else value for name, value in values.get("options", {}).items()}
        options = {**problem.options[algorithm], **own}
        return {
            "steps": problem.steps,
            "name": f"{given['problem']}-{algorithm}",
            **values,
            "options": resolve_options(algorithm, options),
        }

    @property
    def changes(self) -> dict[str, Any]:
        """The options that differ from those that suit the problem."""
        usual = resolve_options(self.algorithm, find_problem(self.problem).options[self.algorithm])
        return {name: value for name, value in self.options.items() if value != usual[name]}
